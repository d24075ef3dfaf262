"""The imaginary fleet: it speaks the real protocol, is the same for the same seed, and has a story worth showing."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import msgspec
import pytest

from agents.posture_agent.engine_api import unanswered
from agents.simulator.fleet import plan_fleet
from agents.simulator.history import History, Message
from agents.simulator.machine import NO_SOCKET
from posture.facts.digest import facts_digest
from posture.facts.normalise import normalise
from posture.facts.tests.builders import snapshot
from posture.facts.wire.host import HostFacts
from posture.facts.wire.snapshot import CheckIn, Enrolment, Snapshot

END = datetime(2026, 3, 31, 12, tzinfo=UTC)


def tell(hosts: int, days: int, seed: int = 1) -> list[list[Message]]:
    return [list(History(plan, END).messages()) for plan in plan_fleet(seed=seed, hosts=hosts, days=days, end=END)]


def test_every_message_has_the_shape_of_the_protocol() -> None:
    for plan in plan_fleet(seed=1, hosts=30, days=90, end=END):
        history = History(plan, END)
        msgspec.convert(history.enrolment("pek_x"), Enrolment)
        for message in history.messages():
            if message.kind == "check-in":
                msgspec.convert(message.body, CheckIn)
            else:
                snapshot = msgspec.convert(message.body, Snapshot)
                assert facts_digest(snapshot.facts) == snapshot.digest


def test_equal_seeds_tell_equal_stories() -> None:
    first, second, other = ([[one.body for one in told] for told in tell(8, 30, seed)] for seed in (1, 1, 2))
    assert first == second
    assert first != other


def test_sequences_follow_and_a_boot_never_comes_back() -> None:
    for told in tell(30, 90):
        assert [one.body["sequence"] for one in told] == list(range(1, len(told) + 1))
        assert all(after.body["previous_digest"] == before.body["digest"] for before, after in pairwise(told))
        boots = [one.body["boot_id"] for one in told]
        assert boots == sorted(boots, key=boots.index)


@pytest.mark.slow
def test_the_whole_fleet_keeps_within_its_bounds() -> None:
    plans = plan_fleet(seed=1, hosts=200, days=90, end=END)
    assert len(plans) == 200
    assert {"aarch64", "armv7l", "x86_64"} == {plan.machine.model.architecture for plan in plans}
    boards = {plan.machine.model.board for plan in plans}
    assert {"Hardkernel Odroid XU4", "Hardkernel ODROID-C1+"} <= boards
    counts = Counter(message.kind for plan in plans for message in History(plan, END).messages())
    assert 1500 < counts["snapshot"] <= 5000
    silent = [plan for plan in plans if plan.silent_from]
    assert silent
    absent = [plan for plan in plans if plan.absences]
    assert any(end - start > timedelta(hours=24) for plan in absent for start, end in plan.absences)


def test_some_hosts_scan_their_images_and_releases_age() -> None:
    machines = [plan.machine for plan in plan_fleet(seed=1, hosts=60, days=30, end=END)]
    scanning = [one for one in machines if one.scanned is not None]
    assert 0 < len(scanning) < len(machines)
    images = [image for one in scanning for image in one.facts()["Engines"][0]["Images"]]
    assert any(image["Scan"]["High"] for image in images)
    assert all("Scan" not in image for one in machines if one.scanned is None for image in one.images())
    releases = {image["Release"]["VersionId"] for one in machines for image in one.images() if "Release" in image}
    assert {"12", "10", ""} <= releases
    assert any(
        layer["Traits"] == ["committed"] for one in machines for image in one.images() for layer in image["History"]
    )


def test_hosts_differ_in_people_disks_and_kernels() -> None:
    machines = [plan.machine for plan in plan_fleet(seed=1, hosts=60, days=30, end=END)]
    found = [normalise(snapshot(host=msgspec.convert(one.host_facts(), HostFacts))).resources for one in machines]
    hosts = [resources[0].facts for resources in found]
    assert {(), ("alarm",)} <= {facts["DefaultAccounts"] for facts in hosts}
    assert ("alarm: wheel, sudoers",) in {facts["PrivilegedEngineAccounts"] for facts in hosts}
    assert {facts["KernelMissing"] == () for facts in hosts} == {True, False}
    assert all(isinstance(facts["KernelBuilt"], str) for facts in hosts)
    assert any("2375/tcp" in facts["ListeningPorts"] for facts in hosts if isinstance(facts["ListeningPorts"], tuple))
    daemons = [next(one for one in resources if one.kind == "daemon").facts for resources in found]
    assert {facts["DataRootEncrypted"] for facts in daemons} == {True, False}
    assert {facts["DataRootOwnFilesystem"] for facts in daemons} == {True, False}
    untold = {one.key for resources in found for one in resources if one.kind == "file" and one.key.endswith(":")}
    assert untold == set()


def test_what_it_could_not_read_is_said_as_by_a_real_agent() -> None:
    """So that the pages know the words, in each of their languages."""
    assert unanswered(PermissionError(), "unix:///var/run/docker.sock").detail == NO_SOCKET
