"""Password hashes for tests: the product's, which are slow on purpose, with the least work that Argon2 allows."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class CheapArgon2(Argon2PasswordHasher):
    """Argon2 in a millisecond."""

    time_cost = 1
    memory_cost = 8  # KiB
    parallelism = 1
