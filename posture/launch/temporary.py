"""A private PostgreSQL and Valkey that live as long as a context: for tests and measurements alone."""

import os
import secrets
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

import psycopg2
import redis

from posture.launch.account import Account, server_account
from posture.launch.port import free_port
from posture.launch.postgres import PROGRAMS
from posture.launch.valkey import find_program

LIMIT = 60.0


@dataclass
class Server:
    """A server process that can be stopped, started again and killed."""

    words: Sequence[str]
    account: Account
    folder: Path
    url: str
    environment: Mapping[str, str] = field(default_factory=dict)
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        """Start it and wait until it answers; RuntimeError with its log when it does not."""
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603 - our own programs, no shell
                self.account.command(list(self.words), dying="KILL"),
                cwd=self.folder,
                env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", **self.environment},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        end = time.monotonic() + LIMIT
        while not answers(self.url):
            if time.monotonic() > end or self.process.poll() is not None:
                raise RuntimeError((self.folder / "log").read_text(encoding="utf-8", errors="replace")[-2000:])
            time.sleep(0.05)

    def stop(self, how: signal.Signals) -> None:
        """End it with a signal and wait: for PostgreSQL SIGINT is fast, SIGQUIT immediate (as after a power cut)."""
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(LIMIT)
            self.process = None


def answers(url: str) -> bool:
    """Whether the server behind a URL of PostgreSQL or Redis takes our password."""
    try:
        if url.startswith("redis:"):
            with redis.Redis.from_url(url) as client:
                client.ping()
        else:
            psycopg2.connect(url, connect_timeout=2).close()
    except (psycopg2.OperationalError, redis.exceptions.ConnectionError):
        return False
    return True


@contextmanager
def postgres(*, settings: Mapping[str, str] | None = None, prefix: Sequence[str] = ()) -> Iterator[Server]:
    """A PostgreSQL with the database ``postgres``; ``prefix`` goes before its command ("taskset", "-c", "0")."""
    account = server_account(PROGRAMS)
    with TemporaryDirectory(prefix="posture-pg-") as name:
        folder = Path(name)
        account.own(folder)
        server = prepared_postgres(folder, account, settings or {}, prefix)
        server.start()
        try:
            yield server
        finally:
            server.stop(signal.SIGINT)


def prepared_postgres(folder: Path, account: Account, settings: Mapping[str, str], prefix: Sequence[str]) -> Server:
    """Make a data directory, and the server on it, not yet started."""
    password = secrets.token_urlsafe(24)
    secret = folder / "password"
    secret.touch(mode=0o600)
    secret.write_text(password, encoding="ascii")
    account.own(secret)
    words = [str(PROGRAMS / "initdb"), f"--pgdata={folder / 'data'}", "--encoding=UTF8"]
    words += [
        "--locale-provider=builtin",
        "--locale=C.UTF-8",
        "--auth=scram-sha-256",
        "--username=posture",
        f"--pwfile={secret}",
        "--no-sync",
    ]
    environment = {"PATH": os.defpath, "LC_ALL": "C.UTF-8"}
    subprocess.run(account.command(words), check=True, env=environment, cwd=folder, capture_output=True)  # noqa: S603 - our own program, no shell
    port = free_port()
    chosen = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "shared_buffers": "96MB", **settings}
    options = [word for name, value in chosen.items() for word in ("-c", f"{name}={value}")]
    command = [*prefix, str(PROGRAMS / "postgres"), "-D", str(folder / "data"), "-p", str(port), *options]
    url = f"postgres://posture:{quote(password, safe='')}@127.0.0.1:{port}/postgres"
    return Server(command, account, folder, url)


@contextmanager
def valkey(*, prefix: Sequence[str] = ()) -> Iterator[Server]:
    """A Valkey that keeps an append-only file, so that a restart loses nothing it has acknowledged."""
    account = server_account()
    with TemporaryDirectory(prefix="posture-valkey-") as name:
        folder = Path(name)
        account.own(folder)
        password, port = secrets.token_urlsafe(24), free_port()
        configuration = folder / "valkey.conf"
        configuration.touch(mode=0o600)
        lines = ["bind 127.0.0.1", f"port {port}", f"dir {folder}", "appendonly yes", f"requirepass {password}"]
        configuration.write_text("\n".join(lines) + "\n", encoding="ascii")
        account.own(configuration)
        words = [*prefix, find_program(), str(configuration)]
        server = Server(words, account, folder, f"redis://:{quote(password, safe='')}@127.0.0.1:{port}/0")
        server.start()
        try:
            yield server
        finally:
            server.stop(signal.SIGTERM)
