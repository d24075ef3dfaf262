"""Whether the loaded audit rules record changes of a file."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from posture.facts.audit import audit_trail, canonical
from posture.facts.normalise import normalise
from posture.facts.observed import NOT_COLLECTED
from posture.facts.tests.builders import host, snapshot
from posture.facts.values import Reason, Unseen, Value
from posture.facts.wire.snapshot import Source

JSON = "/etc/docker/daemon.json"
B64, B32 = "-F arch=3221225534", "-F arch=1073741827"


def records(rules: list[str], path: str = JSON, machine: str = "x86_64") -> bool | Unseen:
    return audit_trail(rules, machine).records(path)


@pytest.mark.parametrize(
    ("rules", "path"),
    [
        (["-w /etc/docker/daemon.json -p wa -k docker"], JSON),
        (["-w /etc/docker/daemon.json -p rwxa"], JSON),
        (["-w /etc/docker/daemon.json"], JSON),
        (["-w /etc/docker/ -p wa -k docker"], JSON),
        (["-w /etc/docker/ -p wa"], "/etc/docker"),
        (["-w /etc/docker -p wa"], "/etc/docker"),
        (["-a always,exit -F dir=/etc/docker -F perm=wa -F key=docker"], JSON),
        (["-a always,exit -S all -F path=/etc/docker/daemon.json -F perm=wa -F key=x"], JSON),
        (["-a exit,always -F dir=/ -F perm=rwa"], JSON),
        ([f"-a always,exit {B64} -F path={JSON} -F perm=wa", f"-a always,exit {B32} -F path={JSON} -F perm=wa"], JSON),
        (["-a always,exit -F arch=b64 -F dir=/etc -F perm=wa", "-a always,exit -F arch=b32 -F dir=/etc"], JSON),
        (["-w /run/docker.sock -p wa"], "/var/run/docker.sock"),
        (["-w /var/run/docker.sock -p wa"], "/run/docker.sock"),
        (["-w /lib/systemd/system/docker.service -p wa"], "/usr/lib/systemd/system/docker.service"),
        (["-w /usr/bin/docker -p wa"], "/bin/docker"),
        (["-w /etc//docker/../docker/daemon.json -p wa"], JSON),
        (["-w /a folder/x -p wa -k my key"], "/a folder/x"),
        (["-a never,exit -F path=/etc/other", "-w /etc/docker/ -p wa"], JSON),
        (["-a never,exit -F path=/etc/docker/daemon.json -F perm=r", "-w /etc/docker/ -p wa"], JSON),
        (["-w /etc/docker/ -p wa", "-a never,exit"], JSON),
        (["-a never,exclude -F msgtype=CWD", "-a always,exclude -F msgtype=1300", "-w /etc/docker/ -p wa"], JSON),
        (["-a never,filesystem -F fstype=tracefs", "-w /etc/docker/ -p wa"], JSON),
        (["-a always,exit -F dir=/etc -F perm=wa -F uid=0", "-w /etc/docker/ -p wa"], JSON),
        (["-e 1", "-w /etc/docker/ -p wa"], JSON),
        (["-e 2", "-w /etc/docker/ -p wa"], JSON),
    ],
)
def test_it_is_recorded(rules: list[str], path: str) -> None:
    assert records(rules, path) is True


@pytest.mark.parametrize(
    "rules",
    [
        [],
        ["No rules"],
        ["-w /etc/docker/daemon.json -p w"],
        ["-w /etc/docker/daemon.json -p rx -k docker"],
        ["-w /etc/docker/daemon.jso -p wa"],
        ["-w /etc/docker/daemon.json.d/ -p wa"],
        ["-w /etc/dock/ -p wa"],
        ["-a always,exit -F path=/etc/docker -F perm=wa"],
        ["-a always,exit -F dir=/etc/docker -F perm=wa -F uid=0"],
        ["-a always,exit -F dir=/etc/docker -F perm=wa -F success=1"],
        ["-a always,exit -F dir!=/etc/docker -F perm=wa"],
        ["-a always,exit -F dir=/etc/docker -F perm!=wa"],
        ["-a always,exit -F dir=/etc -F dir=/etc/docker -F perm=wa"],
        ["-a always,exit -F dir=/etc/docker -F perm=wa -F nonsense"],
        ["-a always,exit -S 2,59 -F dir=/etc/docker -F perm=wa"],
        ["-a always,exit -F perm=wa"],
        ["-a always,exit -F arch=b32 -F dir=/etc/docker -F perm=wa"],
        [f"-a always,exit {B64} -F dir=/etc/docker -F perm=wa"],
        ["-a always,user -F dir=/etc/docker -F perm=wa"],
        ["-a never,exit -F path=/etc/docker/daemon.json", "-w /etc/docker/ -p wa"],
        ["-a never,exit -F dir=/etc", "-w /etc/docker/ -p wa"],
        ["-a never,exit", "-w /etc/docker/ -p wa"],
        ["-a never,exit -F uid=1000", "-w /etc/docker/ -p wa"],
        ["-a never,exit -F arch=b32", "-w /etc/docker/ -p wa"],
        ["-w /etc/docker/ -p wa", "-a never,task"],
        ["-w /etc/docker/ -p wa", "-a never,exclude -F msgtype=PATH"],
        ["-w /etc/docker/ -p wa", "-a never,exclude -F uid=1000"],
        ["-w /etc/docker/ -p wa", "-a never,filesystem -F fstype=0xef53"],
        ["-e 0", "-w /etc/docker/ -p wa"],
        ["-e 0", "-w /etc/docker -p wa"],
    ],
)
def test_it_is_not_recorded(rules: list[str]) -> None:
    assert records(rules) is False


@pytest.mark.parametrize(
    "rules",
    [
        ["-w /etc/docker -p wa"],  # older agents wrote a directory so, with or without what is below
        ["-a never,exit -S 159", "-w /etc/docker/ -p wa"],  # which call that is depends on the machine
    ],
)
def test_it_cannot_be_told(rules: list[str]) -> None:
    assert records(rules) == NOT_COLLECTED


def test_a_32_bit_machine_has_one_word_size() -> None:
    rules = ["-a always,exit -F arch=1073741864 -F path=/etc/docker/daemon.json -F perm=wa"]
    assert records(rules, machine="armv7l") is True
    assert records(rules, machine="aarch64") is False
    assert records(rules, machine="") is False


def audited(rules: Any) -> Value:
    file = {"Purpose": "daemon-json", "Path": JSON, "Kind": "file"}
    sources = [Source(Name="host.audit", Status="failed", Reason="not_permitted")]
    found = normalise(snapshot(host=host(Files=[file], AuditRules=rules), sources=sources))
    return next(one for one in found.resources if one.key == f"file/daemon-json:{JSON}").facts["Audited"]


def test_a_file_takes_the_rules_of_its_host() -> None:
    assert audited(["-w /etc/docker/ -p wa"]) is True
    assert audited([]) is False
    assert audited(UNSET) == Unseen(Reason.NOT_PERMITTED)


NAMES = st.text("abcXYZ09._- é", min_size=1, max_size=8).filter(lambda name: name.strip(". ") == name)
PATHS = st.lists(NAMES, min_size=1, max_size=5).map(lambda names: "/" + "/".join(names))
RULES = st.lists(
    st.one_of(
        st.builds("-w {} -p {}".format, PATHS, st.sampled_from(("wa", "r", "rwxa", "w"))),
        st.builds("-w {}/ -p wa".format, PATHS),
        st.builds("-a {},exit -F dir={} -F perm=wa".format, st.sampled_from(("always", "never")), PATHS),
        st.builds("-a always,exit -F arch={} -F path={} -F perm=wa".format, st.sampled_from(("b64", "b32")), PATHS),
        st.sampled_from(("-a never,exit -S 5", "-a never,exit", "-a never,task", "-D", "")),
        st.text(max_size=30),
    ),
    max_size=5,
)


@given(PATHS, PATHS)
def test_a_directory_watches_what_is_below_and_nothing_else(folder: str, path: str) -> None:
    rules = [f"-w {folder}/ -p wa"]
    assert records(rules, folder + path) is True
    assert records(rules, path) is (canonical(path) + "/").startswith(canonical(folder) + "/")


@given(RULES, PATHS)
def test_fewer_rules_of_always_never_record_more(rules: list[str], path: str) -> None:
    if records(rules, path) is not True:
        for index, rule in enumerate(rules):
            if "never" not in rule:
                assert records(rules[:index] + rules[index + 1 :], path) is not True


@given(RULES, PATHS)
def test_a_rule_of_never_in_front_never_records_more(rules: list[str], path: str) -> None:
    assert records(["-a never,exit -F dir=/", *rules], path) is False


@given(RULES, PATHS)
def test_nothing_is_recorded_while_auditing_is_off(rules: list[str], path: str) -> None:
    assert records(["-e 0", *rules], path) is False


@given(PATHS)
def test_canonical_paths_stay(path: str) -> None:
    assert canonical(canonical(path)) == canonical(path)
