"""Who speaks: keys, numbers and links of messages, new credentials, and what the database knows of them."""

import base64
import json
from datetime import timedelta

import msgspec
import pytest
from django.core.management import call_command
from django.db import connection
from django.http import HttpResponse
from django.utils import timezone
from pytest_django import Settings

from posture.facts.tests.builders import container, snapshot, wire_moment
from posture.facts.wire.messages import Hello
from posture.fleet.models import Installation, SequenceGap, SshKey
from posture.fleet.services.credentials import PURPOSE, mac_of
from posture.fleet.services.rotation import ask_for_rotation
from posture.fleet.services.sealing import Unsealable, seal, unseal
from posture.fleet.services.tokens import revoke_installation
from posture.fleet.tests.cast import Machine, machine
from posture.ingest.tests.calls import CHECK_IN, HELLO, PASSAGES, ROTATE, SNAPSHOTS, call, problem_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def alpha() -> Machine:
    """A machine whose facts are known."""
    made = machine(now=timezone.now())
    made.report([container("web")], at=timezone.now() - timedelta(seconds=30))
    return made


def row() -> Installation:
    return Installation.objects.get()


def hello(of: Machine) -> Hello:
    return Hello(
        protocol=1,
        installation=str(of.agent.installation),
        message=of.next_message(),
        sent_at=wire_moment(timezone.now()),
        measurements=snapshot().measurements,
    )


def rotate(of: Machine) -> dict[str, str]:
    said = {name: value for name, value in msgspec.to_builtins(hello(of)).items() if name != "measurements"}
    answered = call(ROTATE, said, of=of)
    assert answered.status_code == 200, answered.content
    told: dict[str, str] = json.loads(answered.content)
    return told


def check_in(of: Machine) -> HttpResponse:
    return call(CHECK_IN, of.say(at=timezone.now()), of=of)


@pytest.mark.parametrize("address", [CHECK_IN, SNAPSHOTS, PASSAGES, HELLO, ROTATE])
@pytest.mark.parametrize("mac", [None, "", "0" * 64, "\u00e9"])
def test_a_token_without_its_key_is_a_forgery(alpha: Machine, address: str, mac: str | None) -> None:
    more = {} if mac is None else {"Posture-Mac": mac}
    answered = call(address, b"\x1f\x8b nothing of this is opened", token=alpha.token, more=more)
    assert answered.status_code == 401
    assert problem_of(answered)["type"].endswith("/forged")
    assert row().forged == 1


def test_the_key_is_of_path_and_body(alpha: Machine) -> None:
    body = msgspec.json.encode(hello(alpha))
    mac = mac_of(key=base64.b64decode(alpha.key), path=HELLO, body=body)
    assert call(HELLO, body, token=alpha.token, more={"Posture-Mac": mac}).status_code == 200
    assert call(ROTATE, body, token=alpha.token, more={"Posture-Mac": mac}).status_code == 401
    assert call(HELLO, body + b" ", token=alpha.token, more={"Posture-Mac": mac}).status_code == 401
    assert json.loads(call(HELLO, body, of=alpha).content)["host"] == "alpha"
    assert row().forged == 2
    assert row().repeated == 1


def test_new_credentials_hold_from_their_first_message_on(alpha: Machine) -> None:
    ask_for_rotation(installation=row(), actor="ops", now=timezone.now())
    assert json.loads(check_in(alpha).content)["rotate"] is True
    lost, told = rotate(alpha), rotate(alpha)
    assert "rotate" in json.loads(check_in(alpha).content), "the old ones hold until the new ones are seen"
    old = alpha.token, alpha.key
    alpha.token, alpha.key = lost["token"], lost["key"]
    assert check_in(alpha).status_code == 401, "an answer that was asked for again is forgotten"
    alpha.sequence -= 1
    alpha.last_link = row().last_link
    alpha.token, alpha.key = told["token"], told["key"]
    assert "rotate" not in json.loads(check_in(alpha).content)
    alpha.token, alpha.key = old
    assert check_in(alpha).status_code == 401, "whatever a process remembers, the old ones ended"
    assert row().next_token_digest is None


def test_old_credentials_are_to_be_replaced(alpha: Machine, settings: Settings) -> None:
    settings.TOKEN_DAYS = 30
    assert "rotate" not in json.loads(check_in(alpha).content)
    Installation.objects.update(credential_at=timezone.now() - timedelta(days=30, seconds=1))
    assert json.loads(check_in(alpha).content)["rotate"] is True


def test_revocation_holds_at_once(alpha: Machine) -> None:
    assert check_in(alpha).status_code == 200
    revoke_installation(installation=row(), actor="ops")
    answered = check_in(alpha)
    assert (answered.status_code, problem_of(answered)["type"]) == (401, "/problems/unknown-token")


def test_what_is_missing_is_noted_until_it_comes(alpha: Machine) -> None:
    late = [alpha.say(at=timezone.now()) for _count in range(3)]
    assert check_in(alpha).status_code == 200
    assert list(SequenceGap.objects.values_list("first", "last")) == [(2, 4)]
    assert call(CHECK_IN, late[1], of=alpha).status_code == 200
    assert sorted(SequenceGap.objects.values_list("first", "last")) == [(2, 2), (4, 4)]
    for said in (late[0], late[2], late[2]):
        assert call(CHECK_IN, said, of=alpha).status_code == 200
    assert not SequenceGap.objects.exists()
    assert row().repeated == 4


def test_a_copied_disk_is_seen_by_its_chain(alpha: Machine) -> None:
    """Two machines with one state go on from the same number; facts and boots are alike."""
    twin = Machine(**{**vars(alpha), "sent": []})
    twin.sequence, twin.last_link = alpha.sequence, alpha.last_link
    assert check_in(alpha).status_code == 200
    twin.say(at=timezone.now() + timedelta(seconds=5))
    answered = check_in(twin)
    assert (answered.status_code, problem_of(answered)["type"]) == (409, "/problems/cloned")
    assert (row().clone_reason, row().clone_address) == ("broken_chain", "127.0.0.1")
    assert check_in(alpha).status_code == 200, "the one that was there goes on"


def test_a_restored_disk_is_seen_by_its_numbers(alpha: Machine) -> None:
    restored = Machine(**{**vars(alpha), "sent": []})
    for minutes in (9, 6, 3):
        now = timezone.now() - timedelta(minutes=minutes)
        alpha.check_in(at=now)
    Installation.objects.update(last_effective_at=timezone.now() - timedelta(minutes=3))
    said = restored.say(at=timezone.now(), age=0.2)
    assert call(CHECK_IN, said, of=restored).status_code == 409
    assert row().clone_reason == "went_back"


def test_the_database_knows_neither_tokens_nor_keys(alpha: Machine, settings: Settings) -> None:
    told = rotate(alpha)
    key = SshKey.objects.create(
        name="ops",
        public="ssh-ed25519 AAAA",
        fingerprint="SHA256:x",
        private_sealed=seal(b"PRIVATE PART", purpose="ssh key"),
        created_at=timezone.now(),
        created_by="ops",
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
        tables = [name for (name,) in cursor.fetchall()]
        text = ""
        for table in tables:
            cursor.execute(f'SELECT t::text FROM "{table}" t')  # noqa: S608 - names of our own tables
            text += "\n".join(line for (line,) in cursor.fetchall())
    assert str(alpha.agent.installation) in text
    for secret in (alpha.token, told["token"], "PRIVATE PART", b"PRIVATE PART".hex()):
        assert secret not in text
    for raw in (base64.b64decode(alpha.key), base64.b64decode(told["key"])):
        assert raw.hex() not in text
        assert base64.b64encode(raw).decode() not in text
    settings.ENCRYPTION_KEYS = ["a new key", *settings.ENCRYPTION_KEYS]
    before = row().key_sealed, row().next_key_sealed
    call_command("reseal")
    settings.ENCRYPTION_KEYS = settings.ENCRYPTION_KEYS[:1]
    assert unseal(bytes(row().key_sealed), purpose=PURPOSE) == base64.b64decode(alpha.key)
    assert unseal(bytes(row().next_key_sealed), purpose=PURPOSE) == base64.b64decode(told["key"])
    key.refresh_from_db()
    assert unseal(bytes(key.private_sealed), purpose="ssh key") == b"PRIVATE PART"
    with pytest.raises(Unsealable):
        unseal(bytes(before[0]), purpose=PURPOSE)
