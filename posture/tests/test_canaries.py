"""Secrets planted wherever people leave them are found nowhere: not with the agent, the server, a page or a paper."""

import gzip
import json
import os
import secrets
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from posture.dashboard.tests.addresses import readable_pages
from posture.fleet.models import FactsBody, Host, Report, Role, Snapshot
from posture.fleet.queries.resources import host_resources
from posture.fleet.services.advance import Advanced, advance
from posture.fleet.services.enrolment_keys import create_enrolment_key
from posture.fleet.tests.factories import make_account, make_group
from posture.ingest import door
from posture.reports.making import produce_report, request_report
from posture.tests.engine import IMAGE, TestEngine

pytestmark = [pytest.mark.engine, pytest.mark.django_db(transaction=True)]
ROOT = Path(__file__).resolve().parents[2]
STEM = "Kanarienvogel"
EDITION = "posture"
PATIENCE = 60.0  # seconds until the agent tries again after it was sent away
GZIP = b"\x1f\x8b\x08"


def canary(place: str) -> str:
    """A secret that is named after its place, so that a failure says where the leak is."""
    return f"{STEM}{place.capitalize()}{secrets.token_hex(6)}"


@pytest.fixture(scope="module")
def planted() -> Iterator[TestEngine]:
    """An engine with a secret at every place that the agent passes by."""
    config = {
        "labels": [f"team={canary('daemonlabel')}"],
        "log-driver": "json-file",
        "log-opts": {"max-size": "10m", "tag": canary("daemonlog")},
    }
    with pytest.MonkeyPatch.context() as environment:
        for name in ("HTTP_PROXY", "HTTPS_PROXY"):
            environment.setenv(name, f"http://ops:{canary(name.lower())}@proxy.example:3128")
        with TestEngine(config=json.dumps(config)) as engine:
            plant(engine)
            yield engine
            engine.remove_containers()


def plant(engine: TestEngine) -> None:
    """An image, a container, a volume and a network with secrets."""
    dockerfile = f"""
FROM {IMAGE}
ARG TOKEN={canary("buildargument")}
ENV DB_PASSWORD={canary("imageenvironment")}
LABEL maintainer="{canary("imagelabel")}"
COPY secret.txt /etc/secret.txt
RUN echo {canary("history")} > /dev/null
HEALTHCHECK CMD wget --header "Authorization: {canary("health")}" localhost
CMD ["sleep", "3600", "{canary("imagecommand")}"]
"""
    engine.build("shop/web:1", dockerfile, {"secret.txt": canary("file")})
    engine.run(
        "web",
        "--env", f"API_TOKEN={canary('environment')}", "--env", f"HTTP_PROXY=http://u:{canary('envproxy')}@p:1",
        "--label", f"owner={canary('label')}", "--label", f"traefik.auth=admin:{canary('labelauth')}",
        "--log-opt", f"tag={canary('logoption')}", "--health-cmd", f"true {canary('healthtest')}",
        "--entrypoint", "sh", "--add-host", "h:192.0.2.9",
        image="shop/web:1", command=("-c", "sleep 3600", canary("argument")),
    )  # fmt: skip
    engine.docker("exec", "web", "sh", "-c", f"echo {canary('innerfile')} > /.pgpass")
    hidden = f"o=size=1m,password={canary('volumeoption')}"
    options = ("--label", f"a={canary('volumelabel')}", "--opt", "type=cifs", "--opt", "device=//h/s", "--opt", hidden)
    engine.docker("volume", "create", *options, "store")
    engine.docker("network", "create", "--label", f"a={canary('networklabel')}", "shop")


def run_agent(folder: Path, *words: str, secret: str = "") -> str:
    """Everything that the agent says on one run, whatever it comes to."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "POSTURE_ENROLMENT_KEY": secret}
    state = () if words[0] == "collect" else ("--state", str(folder / "state"))
    command = [sys.executable, "-m", "agents.posture_agent", *words, *state]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, timeout=90)
    return done.stdout.decode(errors="replace") + done.stderr.decode(errors="replace")


def kept_by_agent(folder: Path) -> Iterator[tuple[str, bytes]]:
    """The agent's files as they are, and opened where they are compressed."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            body = path.read_bytes()
            yield f"agent's {path.name}", body
            start = body.find(GZIP)
            while start >= 0:
                yield f"agent's {path.name}, opened", opened(body[start:])
                start = body.find(GZIP, start + 1)


def opened(body: bytes) -> bytes:
    """A gzip stream, whatever follows it."""
    try:
        return zlib.decompressobj(wbits=31).decompress(body)
    except zlib.error:
        return b""


def kept_by_database() -> Iterator[tuple[str, bytes]]:
    """Every row of every table as text, and facts as they were sent."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT t::text FROM "{table}" t')  # noqa: S608 - names of our own tables
            yield f"table {table}", "\n".join(line for (line,) in cursor.fetchall()).encode()
    for body in FactsBody.objects.values_list("body", flat=True):
        yield "facts", gzip.decompress(bytes(body))


def shown(host: Host) -> Iterator[tuple[str, bytes]]:
    """Every page that an administrator can read about the host, in both languages."""
    client = Client()
    client.force_login(make_account(Role.ADMINISTRATOR), backend="django.contrib.auth.backends.ModelBackend")
    resources = [
        one.id
        for kind in ("container", "image", "daemon", "network", "file", "host")
        for one in host_resources(host=host.pk, at=None, kind=kind, edition=EDITION)
    ]
    pages = {name: address for name, (address, _role) in readable_pages(host).items()}
    pages.update({f"resource {one}": f"/hosts/{host.pk}/resources/{one}" for one in resources})
    pages.update({f"host, {status}": f"/hosts/{host.pk}?status={status}" for status in ("pass", "manual", "unknown")})
    del pages["live"]  # says nothing but whether something changed
    for language in ("en", "fr"):
        for name, address in pages.items():
            answered = client.get(address, headers={"Accept-Language": language})
            assert answered.status_code == 200, address
            yield f"page {name} in {language}", answered.content


def printed(host: Host, folder: Path) -> Iterator[tuple[str, bytes]]:
    """The report of the host in both languages, its text and what is in its streams."""
    for language in ("en", "fr"):
        report = request_report(
            subject=host, edition=EDITION, as_of=timezone.now(), language=language, actor="auditor", address=None
        )
        produce_report(report=report.pk)
        body = bytes(Report.objects.get(pk=report.pk).body or b"")
        assert body.startswith(b"%PDF")
        path = folder / f"{language}.pdf"
        path.write_bytes(body)
        text = subprocess.run(["pdftotext", str(path), "-"], capture_output=True, check=True)
        yield f"report in {language}", text.stdout
        yield f"file of the report in {language}", body


def exported(snapshot: Path, folder: Path) -> Iterator[tuple[str, bytes]]:
    """What ``assess`` prints of a collection."""
    for form in ("bench", "json"):
        target = folder / f"assessed.{form}"
        with target.open("w", encoding="utf-8") as file:
            call_command("assess", str(snapshot), "--format", form, "--fail-on", "never", stdout=file)
        yield f"export as {form}", target.read_bytes()


def leaks(found: Iterator[tuple[str, bytes]]) -> list[str]:
    """Where a canary was seen, with its name."""
    seen = []
    for place, body in found:
        for form in (STEM.encode(), STEM.lower().encode(), STEM.encode().hex().encode()):
            index = body.find(form)
            if index >= 0:
                seen.append(f"{place}: {body[max(0, index - 60) : index + 60]!r}")
    return seen


def test_planted_secrets_are_found_nowhere(
    planted: TestEngine,
    live_server: LiveServer,
    tmp_path: Path,
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level("DEBUG")
    monkeypatch.setattr(door, "FROZEN_PAUSE", 1)
    _key, secret = create_enrolment_key(group=make_group(edition=EDITION), actor="test")
    collected = run_agent(tmp_path, "collect", "-H", planted.endpoint)
    said = collected + run_agent(tmp_path, "enrol", live_server.url, secret=secret)
    settings.FREEZE_INGEST = True
    said += run_agent(tmp_path, "send", "-H", planted.endpoint)
    kept = leaks(kept_by_agent(tmp_path / "state"))
    assert list((tmp_path / "state" / "spool").iterdir()), "the report waits on the agent's disk"
    settings.FREEZE_INGEST = False
    planted.run("another")
    end = time.monotonic() + PATIENCE
    while not Snapshot.objects.exists() and time.monotonic() < end:
        time.sleep(1)
        said += run_agent(tmp_path, "send", "-H", planted.endpoint)
    host = Host.objects.get()
    assert advance(host=host.pk, now=timezone.now()) is Advanced.DONE
    assert "API_TOKEN" in collected, "the agent saw the container, and the names it may tell"
    snapshot = tmp_path / "snapshot.json"
    snapshot.write_text(collected[collected.index("{") : collected.rindex("}") + 1], encoding="utf-8")
    found = [
        *kept,
        *leaks(iter([("what the agent said", said.encode()), ("the server's log", caplog.text.encode())])),
        *leaks(kept_by_agent(tmp_path / "state")),
        *leaks(shown(host)),
        *leaks(printed(host, tmp_path)),
        *leaks(exported(snapshot, tmp_path)),
        *leaks(kept_by_database()),
    ]
    assert not found, "\n".join(found)
