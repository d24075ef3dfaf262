"""Whatever is sent: an answer that says what is wrong, never a failure of ours, never half a write."""

import gzip
import hashlib
import json
import zlib
from typing import Any

import msgspec
import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from posture.facts.tests.builders import container
from posture.fleet.models import Cursor, Engine, FactsBody, PresenceSpan, Snapshot
from posture.fleet.tests.cast import Machine, machine
from posture.ingest.tests.calls import CHECK_IN, ENROL, SNAPSHOTS, call, problem_of

pytestmark = pytest.mark.django_db
FUZZ = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)


@pytest.fixture
def alpha() -> Machine:
    return machine(now=timezone.now())


def good(of: Machine) -> dict[str, Any]:
    """A snapshot that would be taken, as builtins."""
    sent = of.look([container("web", Mounts=[{"Type": "bind", "Source": "/", "Destination": "/h"}])], at=timezone.now())
    of.sequence, of.last_digest, of.last_link = 0, None, ""
    built: dict[str, Any] = msgspec.to_builtins(sent)
    return built


def refused(of: Machine, body: bytes, address: str = SNAPSHOTS, **more: Any) -> int:
    """Send it: a problem, and nothing is left behind."""
    with transaction.atomic():
        answer = call(address, body, of=of, **more)
        assert 400 <= answer.status_code < 500, answer.content
        problem_of(answer)
        for model in (FactsBody, Snapshot, PresenceSpan, Engine):
            assert not model._default_manager.exists()
        assert not Cursor.objects.filter(pending=True).exists()
    return answer.status_code


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a document."""
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, one in below for place in paths(one, (*path, key)))]


def put(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    """The document with another value at a place."""
    if not path:
        return value
    copy = dict(document) if isinstance(document, dict) else list(document)
    copy[path[0]] = put(copy[path[0]], path[1:], value)
    return copy


@given(data=st.data())
@FUZZ
def test_any_value_at_any_place(alpha: Machine, data: st.DataObject) -> None:
    document = good(alpha)
    document = put(document, data.draw(st.sampled_from(paths(document))), data.draw(JSON))
    body = json.dumps(document).encode("utf-8", "surrogatepass")
    with transaction.atomic():
        answer = call(SNAPSHOTS, body, of=alpha, zipped=data.draw(st.booleans()))
        assert answer.status_code < 500, answer.content
        if answer.status_code >= 300:
            problem_of(answer)
        transaction.set_rollback(True)


@given(
    body=st.binary(min_size=1, max_size=300),
    address=st.sampled_from([SNAPSHOTS, CHECK_IN, ENROL]),
    gzipped=st.booleans(),
)
@FUZZ
def test_any_bytes(alpha: Machine, body: bytes, address: str, gzipped: bool) -> None:
    headers = {"Content-Encoding": "gzip"} if gzipped else {}
    answer = call(address, body, of=alpha, more=headers)
    assert answer.status_code in {401, 413, 422, 429}
    problem_of(answer)


@given(text=st.text(st.characters(codec=None), max_size=20), data=st.data())
@FUZZ
def test_any_text_that_a_host_can_hold(alpha: Machine, text: str, data: st.DataObject) -> None:
    """Names of containers, labels, paths: all come from strangers. What JSON can say is taken and judged."""
    text = text.encode("utf-8", "replace").decode() or "x"
    sent = alpha.look(
        [container(text, Config={"User": text, "Labels": {text[:9]: text}, "EnvNames": [text]}, AppArmorProfile=text)],
        at=timezone.now(),
    )
    sent.facts.Host.OperatingSystem = text
    sent = alpha.told_anew(sent, digest=digest_of(sent.facts))
    alpha.sequence, alpha.last_digest, alpha.last_link = 0, None, ""
    with transaction.atomic():
        answer = call(SNAPSHOTS, sent, of=alpha)
        assert answer.status_code == 201, answer.content
        alpha.advance(now=timezone.now())
        transaction.set_rollback(True)


def digest_of(facts: Any) -> str:
    return "sha256:" + hashlib.sha256(msgspec.json.encode(facts, order="sorted")).hexdigest()


@pytest.mark.parametrize(
    "body",
    [
        b"null",
        b"[" * 100_000,
        b'{"facts":' + b"[" * 200_000,
        b'{"facts":' + b'{"a":' * 100_000,
        b'{"sequence": NaN}',
        b'{"sequence": 1e999}',
        b'{"sequence": ' + b"9" * 5_000 + b"}",
        b'{"id": "\xed\xa0\x80"}',
        b'{"id": "\\ud800"}',
        b'{"id": "\\u0000"}',
        b"\xff\xfe{\x00}\x00",
        b"\x00" * 1000,
    ],
    ids=range(12),
)
@pytest.mark.parametrize("zipped", [False, True])
def test_nasty_bodies(alpha: Machine, body: bytes, zipped: bool) -> None:
    assert refused(alpha, body, zipped=zipped) == 422
    if len(body) <= 5_100:
        assert refused(alpha, body, CHECK_IN, zipped=zipped) == 422


def test_identifiers_with_a_line_break_are_refused(alpha: Machine) -> None:
    for name in ("id", "installation", "boot_id", "digest", "observed_at"):
        document = good(alpha)
        document[name] += "\n"
        assert refused(alpha, json.dumps(document).encode()) == 422


@pytest.mark.long
def test_gzip_that_is_cut_short_followed_or_a_bomb(alpha: Machine) -> None:
    whole = gzip.compress(json.dumps(good(alpha)).encode())
    for body in (whole[:-4], whole[: len(whole) // 2], whole[:5], whole + b"more", whole + whole, b"\x1f\x8b"):
        assert refused(alpha, body, more={"Content-Encoding": "gzip"}) == 422
    bomb = zlib.compressobj(9, wbits=31)
    bytes_of_bomb = b"".join(bomb.compress(bytes(2**20)) for _mebibyte in range(1000)) + bomb.flush()
    assert len(bytes_of_bomb) < 2 * 2**20
    assert refused(alpha, bytes_of_bomb, more={"Content-Encoding": "gzip"}) == 413


def test_two_engines_or_containers_of_one_name(alpha: Machine) -> None:
    document = good(alpha)
    document["facts"]["Engines"] *= 2
    refused(alpha, json.dumps(document).encode())
    twice = alpha.look([container("web"), container("web", HostConfig={"Memory": 1})], at=timezone.now())
    assert call(SNAPSHOTS, twice, of=alpha).status_code == 201
    alpha.advance(now=timezone.now())
