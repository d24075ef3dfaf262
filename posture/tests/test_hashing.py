"""The product's passwords are hashed slowly, although the tests' are not."""

from django.contrib.auth.hashers import check_password, make_password
from django.test import override_settings

from posture.settings import PASSWORD_HASHERS

PASSWORD = "a long enough password"


def test_the_product_hashes_with_argon2_at_its_full_cost() -> None:
    with override_settings(PASSWORD_HASHERS=PASSWORD_HASHERS):
        hashed = make_password(PASSWORD)
        assert hashed.startswith("argon2$argon2id$v=19$m=102400,t=2,p=8$")
        assert check_password(PASSWORD, hashed)
        assert not check_password(PASSWORD.upper(), hashed)


def test_hashes_of_tests_are_of_the_same_kind() -> None:
    hashed = make_password(PASSWORD)
    assert hashed.startswith("argon2$argon2id$v=19$m=8,t=1,p=1$")
    assert check_password(PASSWORD, hashed)
