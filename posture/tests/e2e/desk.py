"""The product as a user started it, on an engine of the test's own, and the person in front of it."""

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from posture.launch.port import free_port
from posture.launch.tests.test_up import Running, up
from posture.tests.e2e.browser import visit
from posture.tests.engine import TestEngine

NAME = re.compile(r"Sign in as:\s+(\S+)")
PASSWORD = re.compile(r"Password:\s+(\S+)")
OWN_PASSWORD = "three quiet lanterns 47"

WEB = "web-shop"
HARDENED = (
    "--user", "1000:1000", "--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges",
    "--memory", "64m", "--cpu-shares", "512", "--pids-limit", "50", "--restart", "on-failure:5",
)  # fmt: skip


@dataclass(frozen=True)
class Desk:
    """A running product, a browser, and the session of its administrator."""

    engine: TestEngine
    product: Running
    browser: Browser
    session: Path

    @property
    def url(self) -> str:
        return self.product.url


def start_containers(engine: TestEngine) -> None:
    """A careless one, a hardened one, and one that only restarts for ever."""
    engine.run(WEB)
    engine.run("db", *HARDENED)
    engine.run("cache", "--restart", "always", "--memory", "64m")


@contextmanager
def product(engine: TestEngine, folder: Path) -> Iterator[Running]:
    """`bin/up` on a port and a directory of its own. Its end is checked: no process may be left."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DOCKER_HOST", engine.endpoint)
        with up(folder, "--port", str(free_port())) as running:
            yield running


def sign_in(browser: Browser, running: Running, session: Path, *, trusting: bool = False) -> None:
    """Sign in with the password of the box and change it, as the product demands; keep the session."""
    name, password = found(NAME, running), found(PASSWORD, running)
    with visit(browser, running.url, trusting=trusting) as page:
        page.goto("/hosts")
        assert page.url.startswith(f"{running.url}/sign-in"), "strangers see the sign-in page alone"
        page.get_by_label("User name").fill(name)
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("heading", name="Change password", level=1).wait_for()
        page.goto("/hosts")
        assert page.url == f"{running.url}/password", "a first password opens nothing but its change"
        page.get_by_label("Old password").fill(password)
        page.get_by_label("New password", exact=True).fill(OWN_PASSWORD)
        page.get_by_label("New password confirmation").fill(OWN_PASSWORD)
        page.get_by_role("button", name="Change password").click()
        page.get_by_role("heading", name="Overview", level=1).wait_for()
        page.context.storage_state(path=session)


def found(pattern: re.Pattern[str], running: Running) -> str:
    match = pattern.search(running.text)
    assert match is not None, running.text
    return match[1]


def open_finding(page: Page, container: str, rule: str) -> None:
    """By the links: inventory, the container, what it does not pass."""
    page.get_by_role("link", name="Inventory").first.click()
    page.get_by_role("link", name=container, exact=True).click()
    page.get_by_role("link", name=rule).click()
    page.get_by_role("heading", name=rule, level=1).wait_for()


def type_in_shell(engine: TestEngine, script: str) -> None:
    """What the page says, typed on the host."""
    environment = {"PATH": os.environ["PATH"], "DOCKER_HOST": engine.endpoint, "HOME": str(engine.folder)}
    done = subprocess.run(
        ["sh", "-e", "-c", script], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
