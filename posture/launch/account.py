"""The account that the server processes run as when `bin/up` is started by root."""

import os
import pwd
import shutil
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from posture.launch.trouble import Trouble

NAME = "posture"
FALLBACK = "nobody"
# Their numbers in capabilities(7): read and search anywhere; write anywhere, too.
PASSING = ((2, "dac_read_search"), (1, "dac_override"))


@dataclass(frozen=True)
class Account:
    """A user of this machine; `changes` says whether processes have to change to it.

    `barred` is a directory that only root may enter and that they have to pass all the same (the checkout lies
    in /root, say): they keep the one capability that this takes, `right`, and no other of root's.
    """

    name: str
    uid: int
    gid: int
    changes: bool
    barred: Path | None = None
    right: str = ""

    def own(self, path: Path) -> None:
        """Make the account the owner of a file or directory."""
        if self.changes:
            os.chown(path, self.uid, self.gid)

    def command(self, command: list[str], *, dying: str = "TERM") -> list[str]:
        """The command, started as this account and with nothing of root's.

        `dying` names the signal that the kernel sends when the parent dies; changing the user clears the one
        that was set before.
        """
        if not self.changes:
            return command
        user = [f"--reuid={self.uid}", f"--regid={self.gid}", "--clear-groups", "--no-new-privs"]
        rights = ["--inh-caps=-all", "--bounding-set=-all"]
        if self.barred:
            # access(2) asks what the account may do without its capabilities, unless this bit is set.
            bits = "--securebits=+no_setuid_fixup"
            rights = [bits, f"--inh-caps=-all,+{self.right}", f"--ambient-caps=+{self.right}"]
        return ["setpriv", *user, *rights, f"--pdeathsig={dying}", "--", *command]


def own_account() -> Account:
    """The account that started this process."""
    uid = os.geteuid()
    try:
        entry = pwd.getpwuid(uid)
    except KeyError as error:
        raise Trouble(
            f"User number {uid} has no name on this machine, and PostgreSQL needs one: add it to /etc/passwd, "
            "or set DATABASE_URL."
        ) from error
    return Account(entry.pw_name, uid, entry.pw_gid, changes=False)


def server_account(*paths: Path) -> Account:
    """The account for the database and the server: one's own, or as root a system account made for this.

    `paths` are what it has to reach: the checkout, the libraries, the interpreter, the data.
    """
    if os.geteuid() != 0:
        return own_account()
    if shutil.which("setpriv") is None:
        raise Trouble("As root, bin/up needs the command setpriv (package util-linux) to lower its rights.")
    entry = find_or_add(NAME)
    barriers = (barrier(path, entry.pw_uid) for path in (*paths, Path(sys.base_prefix)))
    barred = next((path for path in barriers if path is not None), None)
    right = right_to_pass(barred, entry.pw_name) if barred else ""
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, changes=True, barred=barred, right=right)


def right_to_pass(barred: Path, name: str) -> str:
    """The weakest capability that we can hand on and that passes any directory (containers often lack the first)."""
    held = effective_capabilities()
    for number, right in PASSING:
        if held & 1 << number:
            return right
    raise Trouble(
        f"PostgreSQL does not run as root, and the account {name} may not enter {barred}: move the checkout to /opt "
        "or /srv, or set DATABASE_URL and REDIS_URL and start as an ordinary user."
    )


def effective_capabilities() -> int:
    """The capabilities of this process, one bit each, numbered as in capabilities(7)."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    line = next(line for line in status.splitlines() if line.startswith("CapEff:"))
    return int(line.split()[1], 16)


def find_or_add(name: str) -> pwd.struct_passwd:
    """The passwd entry of the system account, added where there is none, else that of `nobody`."""
    try:
        return pwd.getpwnam(name)
    except KeyError:
        add(name)
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return pwd.getpwnam(FALLBACK)


def add(name: str) -> None:
    """Add a system account without home, shell and password; a machine that refuses keeps to `nobody`."""
    program = shutil.which("useradd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if program is None:
        return
    options = ["--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
    subprocess.run([program, *options, "--shell", "/usr/sbin/nologin", name], check=False, capture_output=True)  # noqa: S603 - a fixed command of the system


def name_of(uid: int) -> str:
    """The user's name, or the number where it has none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user number {uid}"


def barrier(path: Path, uid: int) -> Path | None:
    """The first directory on the way to the path that does not let this user pass (it has no group but its own)."""
    path = path.resolve()
    for place in reversed((path, *path.parents)):
        if not place.exists():
            continue
        status = place.stat()
        allowed = stat.S_IXUSR if status.st_uid == uid else stat.S_IXOTH
        if place.is_dir() and not status.st_mode & allowed:
            return place
    return None
