"""Which engines a visit looks for: those that answered once, until somebody forgets them."""

from pathlib import Path
from uuid import UUID

import pytest
from django.core.cache import cache
from django.utils import timezone

from posture.fleet.models import AuditEntry, Engine, Host, Source
from posture.fleet.services.advance import advance
from posture.fleet.services.engines import forget_engine
from posture.remote.delivering import installation_of
from posture.remote.tests.conftest import MakeReach
from posture.remote.tests.test_visiting import facts_of
from posture.remote.visiting import collect_from, wishes_for
from posture.tests.engine import TestEngine
from posture.tests.sshd import TestNetwork

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("agent_file")]
NOTHING = "rm -rf run/docker.sock var/run/docker.sock run/podman\n"
# A socket where Podman's is that answers nothing.
LISTEN = """mkdir -p /run/podman; exec >/dev/null 2>&1 </dev/null; python3 -c '
import socket, time
listening = socket.socket(socket.AF_UNIX)
listening.bind("/run/podman/podman.sock")
listening.listen(5)
while True:
    listening.accept()[0].close()
' &"""


def keys() -> list[str]:
    return list(Engine.objects.order_by("key").values_list("key", flat=True))


def visit(reach: UUID) -> None:
    """One more visit, judged."""
    cache.clear()
    stored = collect_from(Host.objects.get().reaches.get(pk=reach), step=lambda _step: None)
    advance(host=stored.host, now=timezone.now())


def test_an_engine_that_never_was_does_not_stay(network: TestNetwork, reach_to: MakeReach) -> None:
    machine = network.machine("phantom", setup=NOTHING)
    reach = reach_to(machine)
    collect_from(reach, step=lambda _step: None)
    assert keys() == ["docker"], "something has to stand for what is not there"
    assert wishes_for(*installation_of(reach)).engines == []
    machine.sh(LISTEN)
    machine.sh("for n in 1 2 3 4 5 6 7 8 9; do test -S /run/podman/podman.sock && break; sleep 0.3; done")
    visit(reach.pk)
    assert keys() == ["podman"]


@pytest.mark.engine
def test_an_engine_that_went_is_missed_until_it_is_forgotten(
    network: TestNetwork, engine: TestEngine, reach_to: MakeReach
) -> None:
    machine = network.machine("gone", binds={"/run/docker.sock": Path(engine.socket)})
    reach = reach_to(machine)
    collect_from(reach, step=lambda _step: None)
    version = Engine.objects.get().version
    assert version
    machine.sh("umount /run/docker.sock && rm -f /run/docker.sock")
    machine.sh(LISTEN)
    for _twice in range(2):
        visit(reach.pk)
        assert keys() == ["docker", "podman"]
    gone = Engine.objects.get(key="docker")
    assert (gone.readable, gone.version) == (False, version)
    host = Host.objects.get()
    assert not forget_engine(host=host.pk, key="nothing", actor="alice", address=None)
    assert forget_engine(host=host.pk, key="docker", actor="alice", address=None)
    assert AuditEntry.objects.get(action="engine.forgotten").details["endpoint"] == gone.endpoint
    visit(reach.pk)
    assert keys() == ["podman"]
    assert [one["Key"] for one in facts_of(reach)["Engines"]] == ["podman"]


def test_what_an_agent_remembers_is_not_forgotten_here(reach_to: MakeReach, network: TestNetwork) -> None:
    reach = reach_to(network.machine("kept", setup=NOTHING))
    collect_from(reach, step=lambda _step: None)
    host = Host.objects.get()
    Engine.objects.update(version="29.0.0")
    Host.objects.update(source=Source.AGENT)
    assert not forget_engine(host=host.pk, key="docker", actor="alice", address=None)
    assert keys() == ["docker"]
