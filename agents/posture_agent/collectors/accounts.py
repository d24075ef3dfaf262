"""Default accounts of boards' images, and members of the engines' groups. The hash of a password stays here."""

from __future__ import annotations

from ..clock import date_of
from ..hostfiles import HostFiles
from ..reading import TOO_LARGE, Unreadable, reason_of
from ..shape import words
from .groups import records

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Accounts that images of boards ship with a password that everybody can look up.
DEFAULTS = words("alarm bananapi debian khadas linaro odroid orangepi osmc pi radxa rock rock64 ubuntu volumio")
# Programs that let nobody in. An empty shell is /bin/sh.
CLOSED_SHELLS = words("nologin false true sync halt shutdown")
MAX_ACCOUNTS = 4096


def collect(files: HostFiles, groups: list[dict[str, Any]], root_is_default: bool) -> list[dict[str, Any]]:
    """Accounts by name. ``groups``: those that may use an engine; ``root_is_default``: the image ships root's password.

    Raises OSError where /etc/passwd or /etc/group cannot be read, Unreadable where the accounts are too many.
    """
    rows = records(files, "/etc/passwd", 7)
    gids = {row[0]: int(row[2]) for row in records(files, "/etc/group", 4)}
    listed = {row[0]: set(row[3].split(",")) for row in records(files, "/etc/group", 4)}
    members = {name for group in groups for name in group["Members"]}
    defaults = DEFAULTS | ({"root"} if root_is_default else set())
    shadow, error = shadows(files)
    accounts = {}
    for row in rows:
        name = row[0]
        if name not in accounts and (name in defaults or name in members):
            own = {group for group, gid in gids.items() if gid == int(row[3]) or name in listed[group]}
            accounts[name] = {
                "Name": name[:256],
                "Uid": int(row[2]),
                "LoginShell": row[6].rpartition("/")[2] not in CLOSED_SHELLS,
                "Groups": sorted(own),
                "Default": name in defaults,
            }
            accounts[name].update(password(row[1], shadow.get(name), error))
    if len(accounts) > MAX_ACCOUNTS:
        raise Unreadable(TOO_LARGE, "More than %d accounts may use an engine." % MAX_ACCOUNTS)
    return [accounts[name] for name in sorted(accounts)]


def shadows(files: HostFiles) -> tuple[dict[str, list[str]], str | None]:
    """Records of /etc/shadow by name, or why it cannot be read."""
    try:
        rows = [line.split(":") for line in files.text("/etc/shadow").splitlines()]
    except OSError as error:
        return {}, reason_of(error)
    # Of several records of one name the first counts: getspnam(3).
    return {row[0]: row for row in reversed(rows) if len(row) >= 3}, None


def password(field: str, shadow: list[str] | None, error: str | None) -> dict[str, Any]:
    """Unlocked and PasswordChanged, or Error. ``field``: the second of /etc/passwd, mostly ``x`` for "see shadow"."""
    if field != "x":
        return {"Unlocked": opens(field)}
    if error is not None:
        return {"Error": error}
    if shadow is None:
        return {"Unlocked": False}  # no record, no password that opens it
    facts: dict[str, Any] = {"Unlocked": opens(shadow[1])}
    if shadow[2].isdigit() and 0 < int(shadow[2]) < 100000:
        facts["PasswordChanged"] = "%04d-%02d-%02dT00:00:00Z" % date_of(int(shadow[2]))
    return facts


def opens(field: str) -> bool:
    """Whether a password field lets somebody in: a hash, or nothing at all. ``!``, ``*``, ``x`` match nothing."""
    return not field.startswith(("!", "*")) and field != "x"


def root_is_default(release: dict[str, str], board: str | None, machine: str) -> bool:
    """Whether images of this system ship a known password for root: Arch Linux ARM, and those of ODROID boards."""
    arch = release.get("ID") == "archarm" or (release.get("ID") == "arch" and machine.startswith(("arm", "aarch")))
    return arch or "odroid" in (board or "").lower()
