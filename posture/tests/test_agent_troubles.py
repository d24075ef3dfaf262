"""From a file that rotted on a host's disk to the words on the page of the host: the real agent, a live server."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from posture.fleet.models import Host, Role
from posture.fleet.services.enrolment_keys import create_enrolment_key
from posture.fleet.tests.factories import make_account, make_group
from posture.ingest import door

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60  # seconds for pauses of the agent's own choosing


def run_agent(folder: Path, *words: str, secret: str = "") -> int:
    """Run the agent's command line once, as a host does; its exit status."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "POSTURE_ENROLMENT_KEY": secret}
    command = [sys.executable, "-m", "agents.posture_agent", *words, "--state", str(folder / "state")]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, timeout=60).returncode


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_a_file_damaged_on_the_disk_is_told_on_the_page(
    live_server: LiveServer, tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "FROZEN_PAUSE", 1)
    _key, secret = create_enrolment_key(group=make_group(), actor="test")
    send = ("send", "-H", f"unix://{tmp_path}/none.sock")
    assert run_agent(tmp_path, "enrol", live_server.url, secret=secret) == 0
    assert run_agent(tmp_path, *send) == 0
    assert "Troubles" not in Host.objects.get().measurements
    settings.FREEZE_INGEST = True
    assert run_agent(tmp_path, *send) == 4
    waiting = [path for path in (tmp_path / "state" / "spool").iterdir() if path.is_file()]
    assert waiting, "what could not be sent waits on the agent's disk"
    for path in waiting:
        data = path.read_bytes()
        path.write_bytes(data[:80] + bytes([data[80] ^ 1]) + data[81:])
    settings.FREEZE_INGEST = False
    end = time.monotonic() + PATIENCE
    # Where this machine has changed, the facts were packed before the damage was found: the next collection tells.
    while time.monotonic() < end and "Troubles" not in Host.objects.get().measurements:
        run_agent(tmp_path, *send)
        time.sleep(1)
    host = Host.objects.get()
    (trouble,) = host.measurements["Troubles"]
    assert trouble["Kind"] == "spool_damaged"
    assert trouble["At"][:10] == timezone.now().date().isoformat()
    viewer = Client()
    account = make_account(Role.VIEWER)
    viewer.force_login(account, backend="django.contrib.auth.backends.ModelBackend")
    page = viewer.get(reverse("host", args=[host.pk])).content.decode()
    assert "A file that waited on the machine’s disk was damaged; what it held is lost." in page
    assert "A worn card or disk does this" in page
    assert waiting[0].name not in page
