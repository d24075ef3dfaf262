"""`bin/test`: every check of the house, then pytest against a real PostgreSQL and Valkey of their own."""

import os
import secrets
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from posture.launch.account import own_account, server_account
from posture.launch.child import Command
from posture.launch.console import Console
from posture.launch.guardian import guard
from posture.launch.places import CHECKOUT, make_places
from posture.launch.port import free_port
from posture.launch.postgres import PROGRAMS, UNSAFE_BUT_FAST, Postgres
from posture.launch.supervisor import Supervisor
from posture.launch.translations import compile_translations
from posture.launch.trouble import Stopped, Trouble, in_words
from posture.launch.valkey import Valkey

HEAVY_MARKS = "engine or browser or compose or slow"
TOGETHER = ["-n", "2"]
LIGHT = ["-m", f"not ({HEAVY_MARKS})", *TOGETHER]
PLAIN = ["-m", f"not ({HEAVY_MARKS} or long)", *TOGETHER]
HEAVY = ["-m", HEAVY_MARKS]  # one after the other: engines and browsers want the machine for themselves
TOOLS = Path(sys.executable).parent
# Test engines keep their layers below this; overlay on overlay does not mount, so a container's own disk will not do.
DISKS = ("/var/tmp", "/tmp", "/dev/shm")  # noqa: S108 - candidates for a private directory made by mkdtemp
STATIC = (
    ("Lint", ["ruff", "check", "."]),
    ("Format", ["ruff", "format", "--check", "."]),
    ("Types", ["mypy", "--strict"]),
    ("Layers", ["lint-imports"]),
)


@dataclass
class Checks:
    """One run of `bin/test`; `words` are what was said on its command line."""

    words: list[str]
    console: Console
    supervisor: Supervisor
    environment: dict[str, str]

    def run(self) -> int:
        """Pytest's exit status; 1 where a check before it failed."""
        whole = self.words in ([], ["plain"])
        failed = [name for name, words in STATIC if whole and not self.passes(name, self.tool(*words))]
        compile_translations()
        with self.stores():
            if whole and not self.passes("Migrations", self.python("manage.py", "makemigrations", "--check")):
                failed.append("Migrations")
            if failed:
                self.console.note(f"Failed: {', '.join(failed)}. The tests follow all the same.")
            status = self.pytest()
        return status or int(bool(failed))

    def passes(self, name: str, command: Command) -> bool:
        """Run one check; what it says is shown when it finds something."""
        try:
            with self.console.step(name):
                self.supervisor.run(command)
        except Trouble as trouble:
            self.console.trouble(f"{name}: {trouble}", trouble.details)
            return False
        return True

    def pytest(self) -> int:
        """Run pytest on our terminal, for everything twice; its closing line is the last one. The first bad status."""
        runs = {(): [LIGHT, HEAVY], ("plain",): [PLAIN]}.get(tuple(self.words), [self.words])
        statuses = [self.supervisor.status_of(self.python("-m", "pytest", *words)) for words in runs]
        return next((status for status in statuses if status), 0)

    @contextmanager
    def stores(self) -> Iterator[None]:
        """PostgreSQL and Valkey in a directory of their own, unless the environment names others."""
        folder = Path(tempfile.mkdtemp(prefix="posture-test-", dir=self.environment["POSTURE_TEST_DISK"]))
        try:
            account = server_account(CHECKOUT, folder, PROGRAMS)
            places = make_places(folder / "var", account)
            folder.chmod(0o711)
            with self.console.step("PostgreSQL and Valkey"):
                if "DATABASE_URL" not in self.environment:
                    postgres = Postgres(places.postgres, account, free_port(), extra=UNSAFE_BUT_FAST)
                    postgres.create(self.supervisor)
                    postgres.start(self.supervisor)
                    self.environment["DATABASE_URL"] = postgres.url
                if "REDIS_URL" not in self.environment:
                    valkey = Valkey(places.valkey, account, free_port())
                    valkey.start(self.supervisor)
                    self.environment["REDIS_URL"] = valkey.url
            yield
        finally:
            self.supervisor.end_all()
            shutil.rmtree(folder)

    def tool(self, name: str, *words: str) -> Command:
        return self.command(name, [str(TOOLS / name), *words])

    def python(self, *words: str) -> Command:
        return self.command(words[-1], [sys.executable, *words])

    def command(self, name: str, words: list[str]) -> Command:
        # Pytest ends its own engines and browsers on SIGINT.
        return Command(name, words, own_account(), self.environment, CHECKOUT, stage=2, ending=signal.SIGINT)


def test_environment() -> dict[str, str]:
    """Our own environment, with what the settings want and a real disk for test engines."""
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "posture.settings",
        "POSTURE_SECRET_KEY": secrets.token_urlsafe(32),
        "POSTURE_TEST_DISK": os.environ.get("POSTURE_TEST_DISK") or real_disk(),
    }
    environment.pop("PYTHONPATH", None)
    # Each of pytest's processes would compile every module of the tests and of the product anew.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    return environment


def real_disk() -> str:
    """A directory whose file system is not an overlay; the first one where every one is."""
    mounts = [line.split() for line in Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()]
    kinds = {fields[1]: fields[2] for fields in mounts}
    for disk in DISKS:
        place = next(part for part in (Path(disk), *Path(disk).parents) if str(part) in kinds)
        if kinds[str(place)] != "overlay" and os.access(disk, os.W_OK):
            return disk
    return DISKS[0]


def check(words: list[str]) -> int:
    console = Console()
    try:
        with Supervisor(console) as supervisor:
            return Checks(words, console, supervisor, test_environment()).run()
    except Stopped:
        console.line("Ended by a signal.")
    except Trouble as trouble:
        console.trouble(str(trouble), trouble.details)
    except OSError as error:
        console.trouble(in_words(error), [])
    return 1


if __name__ == "__main__":
    sys.exit(guard(lambda: check(sys.argv[1:])))
