"""A label may hold NUL, which ends a word for xargs: what follows it must not become an option of the new container."""

import json

import pytest

from agents.posture_agent import dial
from agents.posture_agent.http1 import Connection
from agents.posture_agent.reading import Deadline
from agents.posture_agent.request import Request
from posture.facts.tests.builders import container
from posture.remediation.blueprint import read_blueprint
from posture.remediation.run_command import run_command
from posture.tests.engine import IMAGE, TestEngine

pytestmark = pytest.mark.engine

LABEL = "x\0--privileged\0--volume\0/:/host"


def create(engine: TestEngine, name: str) -> None:
    """Make a container as only the API lets one: no command line can hold NUL."""
    deadline = Deadline(20.0)
    body = json.dumps({"Image": IMAGE, "Cmd": ["sleep", "9"], "Labels": {"a": LABEL}}).encode()
    connection = Connection(dial.unix(str(engine.socket), deadline), "localhost")
    answer = connection.ask(
        Request("POST", f"/containers/create?name={name}", {"Content-Type": "application/json"}, body), deadline
    )
    assert answer.status == 201
    connection.close()


def test_nul_in_a_label_adds_no_option(engine: TestEngine) -> None:
    create(engine, "hostile-before")
    text = run_command(read_blueprint(container("hostile")))
    template = text.partition("--format '")[2].partition("'")[0]
    words = engine.docker("inspect", "--format", template, "hostile-before").split("\0")
    assert words[:2] == ["--label", "a=" + LABEL.replace("\0", "")]
    assert "--privileged" not in words
