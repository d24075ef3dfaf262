"""The agent rolled out to five machines over SSH, in a real browser: approved, installed, verified, left alone the
second time, and taken back."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from posture.launch.descendants import descendants_of
from posture.launch.places import CHECKOUT
from posture.launch.port import free_port
from posture.launch.tests.test_up import Running, up
from posture.tests import sshd
from posture.tests.e2e.browser import PROGRAM, SECONDS, chromium, visit
from posture.tests.e2e.desk import sign_in
from posture.tests.requirements import require
from posture.tests.sshd import TestMachine, TestNetwork

pytestmark = [pytest.mark.browser, pytest.mark.slow]

NAMES = ("north", "east", "south", "west", "middle")
AGENT = "/usr/local/bin/posture-agent"
# What this very machine may hold of an agent of its own is not theirs.
BARE = f"rm -rf var/lib/posture-agent etc/posture-agent.conf etc/cron.d/posture-agent .{AGENT}; mkdir -p etc/cron.d\n"
# A process that is called cron: what starts the agent is running, as the roll-out demands. It starts nothing here.
CLOCK = "mkdir /run/clock; cp /bin/sleep /run/clock/cron; /run/clock/cron 3600 >/dev/null 2>&1 &"
LONG = 150 * SECONDS
MAKE_KEY = """import django; django.setup()
from posture.remote.keys import make_ssh_key
print(make_ssh_key(name="fleet", actor="test", address=None).public)"""


@dataclass(frozen=True)
class Yard:
    """Five machines, the product that they can reach, and a browser in which its administrator has signed in."""

    machines: list[TestMachine]
    product: Running
    browser: Browser
    session: Path

    def open(self) -> AbstractContextManager[Page]:
        return visit(self.browser, self.product.url, session=self.session, trusting=True)


@pytest.fixture(scope="module")
def yard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Yard]:
    require("sshd", sshd.available())
    require("chromium", PROGRAM is not None)
    folder = tmp_path_factory.mktemp("rollout")
    with TestNetwork() as network, chromium() as browser:
        machines = [network.machine(name, setup=BARE) for name in NAMES]
        with up(folder, "--listen", f"{network.gateway}:{free_port()}", "--no-agent") as running:
            for machine in machines:
                machine.authorize(key_of(running))
                machine.sh(CLOCK)
            sign_in(browser, running, folder / "session.json", trusting=True)
            yield Yard(machines, running, browser, folder / "session.json")


def key_of(running: Running, known: dict[str, str] = {}) -> str:  # noqa: B006 - made once a product
    """The public part of the server's SSH key."""
    if running.url not in known:
        worker = next(pid for pid in descendants_of(running.process.pid) if "DATABASE_URL" in environment_of(pid))
        environment = {**environment_of(worker), "DJANGO_SETTINGS_MODULE": "posture.settings"}
        command = [sys.executable, "-c", MAKE_KEY]
        done = subprocess.run(command, env=environment, cwd=CHECKOUT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        known[running.url] = done.stdout.strip()
    return known[running.url]


def environment_of(pid: int) -> dict[str, str]:
    try:
        words = Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")
    except OSError:
        return {}
    return dict(word.split("=", 1) for word in words if "=" in word)


def french_list(machines: list[TestMachine]) -> bytes:
    """As a French Excel writes it; of two machines the fingerprint is known."""
    lines = ["adresse;nom;empreinte"]
    for place, machine in enumerate(machines):
        known = machine.sh("ssh-keygen -lf /etc/ssh/test_host_key").split()[1] if place < 2 else ""
        lines.append(f"{machine.address};{machine.name};{known}")
    return b"\xef\xbb\xbf" + "\r\n".join(lines).encode()


def begin(page: Page, machines: list[TestMachine]) -> None:
    """Fill in the form and send it."""
    page.goto("/settings/rollouts")
    page.get_by_label("… or a CSV file").set_input_files(
        {"name": "hôtes.csv", "mimeType": "text/csv", "buffer": french_list(machines)}
    )
    send(page)


def send(page: Page) -> None:
    """Say how machines are reached, and begin."""
    page.get_by_label("SSH key").select_option("fleet")
    page.get_by_label("User", exact=True).fill(sshd.USER)
    page.get_by_label("Use sudo").check()
    keep(page, "form")
    page.get_by_role("button", name="Begin the roll-out").click()


def wait_for_all(page: Page) -> None:
    expect(page.get_by_text("5 of 5 hosts finished")).to_be_visible(timeout=LONG)


def paths(machine: TestMachine) -> set[str]:
    """Everything that was written on the machine. What lies below it is this very machine, which others change too."""
    written = machine.sh(
        "find /mnt/upper -not -type d; find /tmp /run /dev/shm /var/tmp; ls -d /var/lib/posture-* || true"
    )
    return set(written.splitlines())


def stamps(machine: TestMachine) -> str:
    """When the files of the installation were written."""
    return machine.sh(f"stat -c '%n %Y %i' {AGENT} /etc/posture-agent.conf /etc/cron.d/posture-agent")


def keep(page: Page, name: str) -> None:
    """A picture for people, where one is asked for."""
    if folder := os.environ.get("POSTURE_PICTURES"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def test_five_machines_there_and_back(yard: Yard) -> None:
    before = {machine.name: paths(machine) for machine in yard.machines}
    with yard.open() as page:
        page.goto("/settings/groups")
        page.locator("main tbody th a").first.click()
        page.get_by_role("button", name="Save the schedule").wait_for()
        keep(page, "group")
        begin(page, yard.machines)
        approve = page.get_by_role("button", name="Approve these 3 host keys")
        approve.wait_for(timeout=LONG)
        keep(page, "approve")
        approve.click()
        wait_for_all(page)
        expect(page.locator(".rollout-sum")).to_contain_text("done (5)")
        keep(page, "done")
        rollout = page.url
        check_machines(yard)
        written = {machine.name: stamps(machine) for machine in yard.machines}

        begin(page, yard.machines)
        wait_for_all(page)
        expect(page.locator(".rollout-sum")).to_contain_text("nothing to do (5)")
        assert {machine.name: stamps(machine) for machine in yard.machines} == written

        old = yard.machines[0]
        old.sh(f"printf old >> {AGENT}")
        page.get_by_role("link", name="All roll-outs").click()
        page.get_by_label("… or machines that are known").select_option(old.name)
        send(page)
        expect(page.locator(".rollout-sum")).to_contain_text("1 of 1 host finished · done (1)", timeout=LONG)
        assert old.sh(f"tail -c 3 {AGENT}") != "old"

        page.goto("/hosts")
        assert page.locator("tbody tr").count() == 5
        page.goto(rollout)
        page.get_by_role("button", name="Remove the agent from these hosts").click()
        wait_for_all(page)
        expect(page.locator(".rollout-sum")).to_contain_text("done (5)")
        keep(page, "removed")
        page.goto("/hosts?state=retired")
        assert page.locator("tbody tr").count() == 5
    for machine in yard.machines:
        assert paths(machine) ^ before[machine.name] == set()
    assert "pek_" not in yard.product.text, "no enrolment key in a log"


def check_machines(yard: Yard) -> None:
    """Each has an agent of its own that is enrolled with this server, and a clock that starts it."""
    installations = set()
    for machine in yard.machines:
        found = json.loads(machine.sh(f"{AGENT} status --json || true"))
        assert found["server"] == yard.product.url
        assert found["contact"]["ok"] is True
        assert found["runs"] == {"by": "cron", "active": True}
        installations.add(found["installation"])
        assert "send --due" in machine.sh("cat /etc/cron.d/posture-agent")
    assert len(installations) == len(yard.machines)
