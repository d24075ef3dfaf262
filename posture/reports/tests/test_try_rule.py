"""``manage.py try-rule``: what a rule would say on a fleet, on a host, on a file; and what is wrong with it."""

from collections.abc import Sequence
from io import StringIO
from pathlib import Path

import msgspec
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from posture.facts.tests import builders
from posture.facts.tests.builders import container
from posture.fleet.models import Group, Host
from posture.fleet.queries.ledger_dump import ledger_dump
from posture.fleet.tests.cast import START, machine, make_key, minute

RULE = """\
id: site-memory
subject: container
severity: medium
title: {en: Memory is limited}
why: {en: One container may take all of it.}
evidence: {en: The limit in bytes.}
check: {fact: HostConfig.Memory, greater_than: 0}
fix:
  effect: none
  breaks: {en: Nothing.}
  steps:
    - {via: host, text: ask the owner}
examples:
  - {status: pass, facts: {HostConfig.Memory: 1}}
  - {status: fail, facts: {HostConfig.Memory: 0}}
  - {status: unknown, facts: {}}
"""
LIMITED = {"Memory": 2**28}


@pytest.fixture
def rule(tmp_path: Path) -> Path:
    path = tmp_path / "site-memory.yaml"
    path.write_text(RULE, encoding="utf-8")
    return path


def said(rule: Path, *words: str) -> str:
    out = StringIO()
    call_command("try_rule", str(rule), *words, stdout=out)
    return out.getvalue()


def found_fleet(numbers: Sequence[int] = (0,)) -> None:
    """By number, a host of each kind: limited, unlimited, and one of which containers cannot be read; one is silent."""
    key = make_key()
    for number in numbers:
        machine(f"good-{number}", key=key).report([container("web", HostConfig=LIMITED)], at=minute(1))
        machine(f"bad-{number}", key=key).report(
            [container("db"), container("web"), container("x", HostConfig=LIMITED)], at=START
        )
        hidden = [container("web", HostConfig={"Memory": msgspec.UNSET})]
        machine(f"blind-{number}", key=key).report(hidden, at=minute(2))
    machine(f"silent-{numbers[0]}", key=key)


@pytest.mark.django_db
def test_a_fleet_in_english_and_french(rule: Path) -> None:
    found_fleet()
    assert said(rule).splitlines() == [
        "site-memory is right: Memory is limited",
        "would fail on 1 of 3 hosts",
        "  fail: hosts 1, resources 2",
        "  unknown: hosts 1, resources 1",
        "  pass: hosts 1, resources 2",
        "Why something is unknown:",
        "  1 × not collected",
        "Hosts on which most fails:",
        "  bad-0: fails 2 of 3",
        "    first db; HostConfig.Memory is 0, wanted > 0",
        "hosts that have not reported yet: 1",
    ]
    french = said(rule, "--language", "fr")
    assert "échouerait sur 1 des 3 hôtes" in french
    assert "  1 × non collecté" in french


@pytest.mark.django_db
def test_one_host_says_each_resource(rule: Path) -> None:
    found_fleet()
    assert said(rule, "--host", "bad-0").splitlines()[1:] == [
        "fail  db",
        "  HostConfig.Memory is 0, wanted > 0",
        "fail  web",
        "  HostConfig.Memory is 0, wanted > 0",
        "pass  x",
        "  HostConfig.Memory is 256 MiB, wanted > 0",
    ]
    with pytest.raises(CommandError, match="silent-0 has not reported yet"):
        said(rule, "--host", "silent-0")
    with pytest.raises(CommandError, match="There is no host nobody"):
        said(rule, "--host", "nobody")


@pytest.mark.django_db
def test_a_group_with_those_below_it(rule: Path) -> None:
    found_fleet()
    below = Group.objects.create(name="Below", parent=Group.objects.get(name="Fleet"))
    Host.objects.filter(name="bad-0").update(group=below)
    other = Group.objects.create(name="Other")
    Host.objects.filter(name="good-0").update(group=other)
    assert "would fail on 1 of 2 hosts" in said(rule, "--group", "Fleet")
    assert "would fail on 1 of 1 hosts" in said(rule, "--group", "Below")
    assert "would fail on 0 of 1 hosts" in said(rule, "--group", "Other")


@pytest.mark.django_db
def test_many_hosts_cost_no_more_statements_and_nothing_is_written(rule: Path) -> None:
    found_fleet()
    with CaptureQueriesContext(connection) as few:
        said(rule)
    found_fleet(range(1, 13))
    before = ledger_dump()
    with CaptureQueriesContext(connection) as many:
        assert "would fail on 13 of 39 hosts" in said(rule)
    assert len(many) == len(few) <= 3
    assert {words["sql"].split()[0] for words in many} <= {"SAVEPOINT", "RELEASE", "DECLARE", "WITH"}
    assert ledger_dump() == before


def test_a_snapshot_needs_no_database(rule: Path, tmp_path: Path) -> None:
    path = tmp_path / "snapshot.json"
    path.write_bytes(msgspec.json.encode(builders.snapshot([container("web")])))
    assert "fail  web" in said(rule, "--facts", str(path))
    path.write_bytes(msgspec.json.encode(builders.snapshot([])))
    assert said(rule, "--facts", str(path)).splitlines()[1:] == ["this host has nothing of this kind"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "HostConfig.Memory, greater_than",
            "HostConfig.Memry, greater_than",
            r"site-memory.yaml:7: .*HostConfig.Memry",
        ),
        ("severity: medium", "severity: grave", r"site-memory.yaml:3: severity: "),
        ("status: pass, facts: {HostConfig.Memory: 1", "status: pass, facts: {HostConfig.Memory: 0", r"yaml:14: "),
        ("id: site-memory", "id: site-other", r"site-memory.yaml: id: "),
        ("title: {en: Memory is limited}", "title: {en: Memory is limited", r"site-memory.yaml:\d+: not YAML"),
        ("references", "references", ""),
    ],
)
def test_what_is_wrong_is_named_by_file_line_and_field(rule: Path, old: str, new: str, message: str) -> None:
    if not message:
        rule.write_text(RULE + "related: [no-such-rule]\n", encoding="utf-8")
        old, message = "", "site-memory.yaml: related: .*no-such-rule"
    else:
        rule.write_text(RULE.replace(old, new), encoding="utf-8")
    with pytest.raises(CommandError, match=message) as raised:
        said(rule)
    assert raised.value.returncode == 1


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="could not be read"):
        said(tmp_path / "site-none.yaml")


@pytest.mark.django_db
def test_a_rule_for_people(rule: Path) -> None:
    text = RULE.replace("check: {fact: HostConfig.Memory, greater_than: 0}", "manual: true")
    rule.write_text(text[: text.index("examples:")], encoding="utf-8")
    found_fleet()
    assert "a person has to look" in said(rule)
    assert "a person has to look" in said(rule, "--host", "bad-0")
