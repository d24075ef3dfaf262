"""The fixes of rules on accounts, typed as they are shown: exactly the accounts that were found lose what they had."""

import json
import sys
from collections.abc import Iterator

import msgspec
import pytest

from posture.evaluation.catalogue import load
from posture.evaluation.rule import ParameterValue
from posture.facts.normalise import normalise
from posture.facts.resource import Resource
from posture.facts.tests.builders import snapshot
from posture.facts.vocabulary import Kind
from posture.facts.wire.snapshot import Facts
from posture.remediation.plan import fix
from posture.rules.tests.private_host import PrivateHost, available
from posture.tests.requirements import require

PYTHON = sys.executable
# "podman" is one more group that may use an engine; eve is in both.
PEOPLE = """
set -e
for group in docker podman; do getent group $group >/dev/null || groupadd --system $group; done
gpasswd --members '' docker
gpasswd --members '' podman
for name in alice eve mallory pi; do useradd --shell /bin/bash $name; done
gpasswd --members alice,eve,mallory docker
gpasswd --members eve podman
printf 'pi:raspberry\\nalice:secret\\n' | chpasswd
"""
COLLECT = """
import json
from agents.posture_agent.collectors import accounts, groups, sudoers
from agents.posture_agent.hostfiles import HostFiles
files = HostFiles("/")
found = groups.collect(files, [int(row[2]) for row in groups.records(files, "/etc/group", 4) if row[0] == "podman"])
print(json.dumps({"Groups": found, "Accounts": accounts.collect(files, found, False), "Sudoers": []}))
"""


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateHost]:
    require("a root user and unshare", available())
    with PrivateHost(tmp_path_factory.mktemp("host")) as one:
        made = one.run(PEOPLE)
        assert made.returncode == 0, made.stderr
        yield one


def look(host: PrivateHost) -> Resource:
    """The host as the agent sees its accounts."""
    done = host.enter([PYTHON, "-c", COLLECT])
    assert done.returncode == 0, done.stderr
    sent = msgspec.to_builtins(snapshot([], []))
    sent["facts"]["Host"].update(json.loads(done.stdout))
    facts = msgspec.convert(sent["facts"], Facts)
    seen = normalise(msgspec.structs.replace(snapshot([], []), facts=facts))
    return next(one for one in seen.resources if one.kind is Kind.HOST)


def type_fix(host: PrivateHost, rule: str, seen: Resource, parameters: dict[str, ParameterValue]) -> str:
    """What was typed. Nobody's session ends in this place: the machine's services cannot be reached from it."""
    script = fix(load().rules[rule], seen, {}, (), parameters).steps[0].text
    host.run(script)
    return script


def test_members_that_are_not_allowed_lose_the_group_and_others_stay(host: PrivateHost) -> None:
    seen = look(host)
    assert seen.facts["EngineGroupMembers"] == ("alice", "eve", "mallory")
    typed = type_fix(host, "host-trusted-engine-users", seen, {"allowed": ("alice",)})
    assert "alice" not in typed
    assert look(host).facts["EngineGroupMembers"] == ("alice",)


def test_default_accounts_that_are_not_accepted_are_locked_and_others_stay(host: PrivateHost) -> None:
    seen = look(host)
    assert seen.facts["DefaultAccounts"] == ("pi",)
    before = host.run("getent shadow alice root").stdout
    type_fix(host, "host-default-accounts", seen, {"accepted": ()})
    assert look(host).facts["DefaultAccounts"] == ()
    assert host.run("getent shadow alice root").stdout == before
