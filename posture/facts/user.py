"""Users as containers and images name them."""

import re

_NUMBER = re.compile(r"[+-]?[0-9]+", re.ASCII)


def is_root(user: str) -> bool:
    """Whether a ``User`` setting means uid 0: nothing, root, 0, 00, and any of them with a group after a colon."""
    name = user.partition(":")[0].strip()
    if name in ("", "root"):
        return True
    return _NUMBER.fullmatch(name) is not None and not name.strip("+-0")
