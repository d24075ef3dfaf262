"""Where everything that `bin/up` makes is kept."""

import os
from dataclasses import dataclass
from pathlib import Path

from posture.launch.account import Account, name_of
from posture.launch.trouble import Trouble

CHECKOUT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Places:
    """The paths below `var` (or the directory given with --var).

    `server` belongs to the account of the server processes; `authority` and `agent_state` only to who started.
    """

    var: Path

    @property
    def lock(self) -> Path:
        return self.var / "up.lock"

    @property
    def server(self) -> Path:
        return self.var / "server"

    @property
    def environment(self) -> Path:
        return self.server / "environment.json"

    @property
    def secret_key(self) -> Path:
        return self.server / "secret-key"

    @property
    def home(self) -> Path:
        return self.server / "home"

    @property
    def tls(self) -> Path:
        return self.server / "tls"

    @property
    def postgres(self) -> Path:
        return self.var / "postgres"

    @property
    def valkey(self) -> Path:
        return self.var / "valkey"

    @property
    def authority(self) -> Path:
        return self.var / "authority"

    @property
    def agent_file(self) -> Path:
        return self.var / "agent" / "posture-agent.pyz"

    @property
    def agent_state(self) -> Path:
        return self.var / "agent-state"


def make_places(var: Path, account: Account) -> Places:
    """Make the directories, each with its owner and mode, and give their paths."""
    require_own(var)
    places = Places(var)
    # Others may pass through but not list: the server's account has to reach its own directories.
    make_directory(places.var, mode=0o711)
    for path in (places.authority, places.agent_state):
        make_directory(path, mode=0o700)
    make_directory(places.agent_file.parent, mode=0o755)
    for path in (places.server, places.home, places.tls, places.postgres, places.valkey):
        make_directory(path, mode=0o700)
        account.own(path)
    return places


def require_own(var: Path) -> None:
    """Refuse data that another user began: PostgreSQL would refuse its files, and secrets would change hands."""
    if var.exists() and var.stat().st_uid != os.geteuid():
        owner = name_of(var.stat().st_uid)
        raise Trouble(f"{var} belongs to {owner}: start as {owner}, or keep the data elsewhere with --var DIRECTORY.")


def make_directory(path: Path, *, mode: int) -> None:
    """Make a directory where there is none; an existing one of ours gets its mode back."""
    path.mkdir(parents=True, exist_ok=True)
    if path.stat().st_mode & 0o777 != mode:
        os.chmod(path, mode)
