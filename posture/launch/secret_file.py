"""Small files that only their owner may read."""

import os
import secrets
from pathlib import Path

from posture.launch.account import Account


def keep(path: Path, account: Account, *, text: str | None = None) -> str:
    """The content of a secret file; where there is none it is made, with `text` or 256 random bits."""
    if not path.exists():
        write(path, account, text=text or secrets.token_urlsafe(32))
    return path.read_text(encoding="utf-8").strip()


def write(path: Path, account: Account, *, text: str) -> None:
    """Put `text` in place of the file at once: a reader sees the old or the new one, never a half."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    account.own(fresh)
    fresh.replace(path)
