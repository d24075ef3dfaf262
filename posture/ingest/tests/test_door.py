"""What agents are told, and what each call costs."""

import base64
import hashlib
import json
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import msgspec
import pytest
from celery import Celery
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from kombu import pools
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks, Settings

from posture.celery import app
from posture.facts.digest import facts_digest
from posture.facts.tests.builders import container, wire_moment
from posture.facts.wire.snapshot import CheckIn, Snapshot
from posture.fleet.models import FactsBody, Host, Installation, PresenceSpan
from posture.fleet.models import Snapshot as SnapshotRow
from posture.fleet.services.credentials import mac_of, sender_of
from posture.fleet.services.sweeping import find_due_hosts
from posture.fleet.tests.cast import Machine, enrolment, machine, make_key
from posture.ingest.tests.calls import CHECK_IN, ENROL, SNAPSHOTS, call, problem_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def alpha() -> Machine:
    return machine(now=timezone.now())


def look(of: Machine, *names: str) -> Snapshot:
    """A snapshot of a moment ago."""
    found = of.look([container(name) for name in names], at=timezone.now() - timedelta(seconds=2))
    return msgspec.structs.replace(found, sent_at=wire_moment(timezone.now()))


def say(of: Machine) -> CheckIn:
    return of.say(at=timezone.now())


def test_a_machine_comes_in_reports_and_checks_in() -> None:
    told = call(ENROL, enrolment(make_key(), name="web-1"))
    assert told.status_code == 201
    answer = json.loads(told.content)
    assert answer["limits"] == {"compressed": 2 * 2**20, "expanded": 16 * 2**20}
    assert answer["interval"] == 300
    installation = Installation.objects.get(host=answer["host"])
    web = Machine(name="web-1", token=answer["token"], key=answer["key"], agent=None)  # type: ignore[arg-type]  # set on the next line
    web.agent = type(machine("other").agent)(installation.pk, installation.host_id, 300)
    sent = look(web, "web")
    asked = call(CHECK_IN, web.say(at=timezone.now(), sequence=1, observed_at=sent.observed_at), of=web)
    assert json.loads(asked.content)["deliver"] is True
    for status in (201, 200):
        answered = call(SNAPSHOTS, sent, of=web, zipped=True)
        assert answered.status_code == status
        assert json.loads(answered.content)["id"] == sent.id
    unchanged = call(CHECK_IN, say(web), of=web)
    assert json.loads(unchanged.content)["deliver"] is False
    assert PresenceSpan.objects.get(host=answer["host"]).last_sequence == 2


def test_what_an_unchanged_check_in_costs(alpha: Machine, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    call(SNAPSHOTS, look(alpha, "web"), of=alpha)
    said = say(alpha)
    with django_assert_num_queries(1):
        assert call(CHECK_IN, said, of=alpha).status_code == 200


@pytest.mark.parametrize("containers", [1, 50])
def test_what_a_snapshot_costs(
    alpha: Machine, containers: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    sent = look(alpha, *(f"c{count}" for count in range(containers)))
    sender_of(token=alpha.token)  # kept in the process after the first message
    with django_assert_num_queries(9):
        assert call(SNAPSHOTS, sent, of=alpha).status_code == 201
    with django_assert_num_queries(6):
        assert call(SNAPSHOTS, sent, of=alpha).status_code == 200


def test_what_enrolment_costs(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    machine("first")
    said = enrolment(make_key(), name="second")
    with django_assert_num_queries(18):
        assert call(ENROL, said).status_code == 201


@pytest.mark.parametrize("address", [CHECK_IN, SNAPSHOTS])
@pytest.mark.parametrize("token", [None, "", "pat_made-up", "\u00e9", "x" * 5000])
def test_strangers_get_401(address: str, token: str | None) -> None:
    answer = call(address, b"{}", token=token)
    assert answer.status_code == 401
    assert problem_of(answer)["type"].endswith("/unknown-token")


def test_a_wrong_key_gets_401() -> None:
    answer = call(ENROL, enrolment("pek_made-up"))
    assert (answer.status_code, problem_of(answer)["type"]) == (401, "/problems/key-refused")
    assert not Host.objects.exists()


def test_many_attempts_to_enrol_get_429() -> None:
    statuses = [call(ENROL, enrolment("pek_made-up")).status_code for _attempt in range(31)]
    assert statuses == [401] * 30 + [429]
    answer = call(ENROL, enrolment("pek_made-up"), more={"X-Forwarded-For": "192.0.2.7"})
    assert answer.status_code == 429, "nobody's own word about their address counts"
    assert 0 < int(answer["Retry-After"]) <= 60


def test_a_wrong_shape_gets_422_with_the_field(alpha: Machine) -> None:
    sent = msgspec.to_builtins(look(alpha, "web"))
    sent["facts"]["Engines"][0]["Containers"][0]["HostConfig"]["Memory"] = "much"
    answer = call(SNAPSHOTS, sent, of=alpha)
    assert answer.status_code == 422
    assert problem_of(answer)["field"] == "facts.Engines[0].Containers[0].HostConfig.Memory"
    answer = call(CHECK_IN, {**msgspec.to_builtins(say(alpha)), "sequence": -1}, of=alpha)
    assert (answer.status_code, problem_of(answer)["field"]) == (422, "sequence")
    answer = call(ENROL, {**msgspec.to_builtins(enrolment("k")), "hostname": ""})
    assert (answer.status_code, problem_of(answer)["field"]) == (422, "hostname")
    assert not SnapshotRow.objects.exists()


def test_facts_without_an_engine_are_refused(alpha: Machine) -> None:
    found = look(alpha, "web")
    found = msgspec.structs.replace(found, facts=msgspec.structs.replace(found.facts, Engines=[]))
    found = msgspec.structs.replace(found, digest=facts_digest(found.facts))
    answer = call(SNAPSHOTS, msgspec.to_builtins(found), of=alpha)
    assert (answer.status_code, problem_of(answer)["field"]) == (422, "facts.Engines")


def test_a_clone_gets_409(alpha: Machine) -> None:
    call(SNAPSHOTS, look(alpha, "web"), of=alpha)
    alpha.sequence = 0
    answer = call(SNAPSHOTS, look(alpha, "evil"), of=alpha)
    assert answer.status_code == 409
    assert problem_of(answer)["type"].endswith("/cloned")
    assert SnapshotRow.objects.count() == 1


def test_too_large_gets_413_with_the_limits(alpha: Machine, settings: Settings) -> None:
    settings.INGEST_MAX_COMPRESSED, settings.INGEST_MAX_EXPANDED = 5_000, 50_000
    zeros = b" " * 60_000
    for zipped in (True, False):
        answer = call(SNAPSHOTS, zeros, of=alpha, zipped=zipped)
        assert answer.status_code == 413
        assert problem_of(answer)["limits"] == {"compressed": 5_000, "expanded": 50_000}
    answer = call(SNAPSHOTS, b"x" * 5_001, of=alpha, more={"Content-Encoding": "gzip"})
    assert answer.status_code == 413
    assert call(CHECK_IN, b" " * 16_385, of=alpha).status_code == 413
    assert call(ENROL, b" " * 16_385).status_code == 413


def test_other_methods_media_and_addresses(alpha: Machine) -> None:
    for method in ("get", "put", "delete"):
        answer = call(SNAPSHOTS, b"", of=alpha, method=method)
        assert (answer.status_code, answer["Allow"]) == (405, "POST")
        problem_of(answer)
    answer = call(SNAPSHOTS, b"{}", of=alpha, content_type="text/plain")
    assert problem_of(answer)["status"] == 415
    answer = call(SNAPSHOTS, b"{}", of=alpha, more={"Content-Encoding": "br"})
    assert problem_of(answer)["status"] == 415
    assert problem_of(call("/api/v1/agent/elsewhere", b"{}"))["status"] == 404


def test_frozen_ingest_sends_agents_away(alpha: Machine, settings: Settings) -> None:
    settings.FREEZE_INGEST = True
    for address in (ENROL, CHECK_IN, SNAPSHOTS):
        answer = call(address, b"{}", of=alpha)
        assert (answer.status_code, answer["Retry-After"]) == (503, "300")
        problem_of(answer)


@pytest.mark.long
def test_a_broker_that_is_away_loses_nothing(
    alpha: Machine,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    caplog: pytest.LogCaptureFixture,
) -> None:
    before = app.conf.broker_url
    try:
        app.conf.broker_url = app.conf.broker_write_url = "redis://127.0.0.1:9/0"
        app.set_current()
        reset_pools(app)
        with django_capture_on_commit_callbacks(execute=True):
            assert call(SNAPSHOTS, look(alpha, "web"), of=alpha).status_code == 201
    finally:
        app.conf.broker_url, app.conf.broker_write_url = before, None
        reset_pools(app)
    assert "The broker cannot be reached" in caplog.text
    assert find_due_hosts(now=timezone.now()) == [alpha.agent.host]


def reset_pools(of: Celery) -> None:
    """Forget the connections to the broker that was configured before."""
    pools.reset()  # type: ignore[no-untyped-call]  # kombu ships few types
    of.amqp._producer_pool = None
    of._pool = None


def test_downloads(settings: Settings, tmp_path: Path) -> None:
    settings.AGENT_FILE, settings.CA_FILE = tmp_path / "agent.pyz", ""
    for address in ("posture-agent.pyz", "posture-agent.pyz.sha256", "ca.pem"):
        assert call(f"/agent/{address}", b"", method="get").status_code == 404
    settings.AGENT_FILE.write_bytes(b"PK agent")
    settings.CA_FILE = str(tmp_path / "ca.pem")
    Path(settings.CA_FILE).write_text("-----BEGIN CERTIFICATE-----")
    answer = Client().get("/agent/posture-agent.pyz")
    assert b"".join(answer.streaming_content) == b"PK agent"  # type: ignore[attr-defined]
    assert answer["Content-Type"] == "application/zip"
    digest = Client().get("/agent/posture-agent.pyz.sha256").content.decode()
    assert digest == f"{hashlib.sha256(b'PK agent').hexdigest()}  posture-agent.pyz\n"
    assert Client().get("/agent/ca.pem").content.startswith(b"-----BEGIN")


def test_half_a_delivery_leaves_nothing(alpha: Machine) -> None:
    sent = msgspec.json.encode(look(alpha, "web"))
    assert call(SNAPSHOTS, sent[:-10], of=alpha).status_code == 422
    assert not FactsBody.objects.exists()
    assert not PresenceSpan.objects.exists()


def test_agents_meet_no_sessions_but_the_same_refusal_of_hosts(alpha: Machine) -> None:
    answered = call(SNAPSHOTS, look(alpha, "web"), of=alpha)
    assert answered.status_code == 201
    assert not answered.cookies
    assert set(answered.headers) == {"Content-Type", "Content-Length"}, "a check-in is to take 1 KB both ways"
    assert int(answered["Content-Length"]) == len(answered.content)
    assert call(CHECK_IN, say(alpha), of=alpha, more={"Host": "elsewhere.example"}).status_code == 400
    assert call(CHECK_IN, say(alpha), token="x")["X-Content-Type-Options"] == "nosniff"


def test_a_body_that_is_cut_short_is_no_forgery(alpha: Machine) -> None:
    """The connection broke in the middle: the agent comes again, and nobody is suspected."""
    body = msgspec.json.encode(look(alpha, "web"))
    mac = mac_of(key=base64.b64decode(alpha.key), path=SNAPSHOTS, body=body)
    answer = Client().generic(
        "POST",
        SNAPSHOTS,
        body,
        content_type="application/json",
        headers={"Authorization": f"Bearer {alpha.token}", "Posture-Mac": mac},
        **{"wsgi.input": BytesIO(body[:-7])},  # type: ignore[arg-type]  # the stubs know no further parts of the request
    )
    assert isinstance(answer, HttpResponse)
    assert (answer.status_code, problem_of(answer)["type"]) == (408, "/problems/cut-short")
    assert Installation.objects.get().forged == 0
