"""What happens to containers on a real engine, and what the ledger makes of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django.live_server_helper import LiveServer

from posture.fleet.models import Host, OpenFinding, PresenceSpan, Resource
from posture.fleet.queries.findings import host_findings
from posture.fleet.queries.hosts import find_host
from posture.fleet.queries.resources import host_resources
from posture.fleet.queries.scope import Scope
from posture.fleet.queries.trend import trend_host
from posture.tests.engine import TestEngine
from posture.tests.lifecycle.story import EDITION, Story, begin

pytestmark = [pytest.mark.engine, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

MEMORY = "container-memory-limit"
# What each container honours beyond its defaults; everything else about it fails in the same way.
CAST = {
    "web": ("--pids-limit", "50"),
    "db": ("--memory", "64m", "--user", "1000:1000", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"),
    "cache": ("--read-only", "--restart", "always"),
}
# Rules that read the processes of a running container. All that stopping `web` may change, and how. Written by hand:
# 5.7 looks for an SSH server among the processes and sees none; 4.1 sees the root process no longer but the user that
# the next start will have, 5.4, 5.22 and 5.26 likewise fall back to the settings, with the same answers; 6.2 counts.
ABOUT_PROCESSES = {
    "container-no-sshd",
    "container-user-not-root",
    "container-capabilities",
    "container-seccomp",
    "container-no-new-privileges",
}
STOPPED_CHANGES = {("web", "container-no-sshd"): ("pass", "unknown")}


@pytest.fixture
def story(engine: TestEngine, live_server: LiveServer, tmp_path: Path) -> Iterator[Story]:
    """A freshly enrolled host with three containers."""
    for name, options in CAST.items():
        engine.run(name, "--stop-timeout", "0", *options)
    yield begin(engine, tmp_path, live_server.url)
    engine.remove_containers()


def test_the_first_look_finds_what_each_does_wrong(story: Story) -> None:
    first = story.look()
    assert {name for name in CAST if (name, MEMORY) in first.findings} == {"web", "cache"}
    assert {name for name in CAST if (name, "container-pids-limit") in first.findings} == {"db", "cache"}
    assert {name for name in CAST if (name, "container-user-not-root") in first.findings} == {"web", "cache"}
    assert {name for name in CAST if (name, "container-read-only-root") in first.findings} == {"web", "db"}
    assert {name for name in CAST if (name, "container-restart-bounded") in first.findings} == {"cache"}
    assert first.findings["web", MEMORY].evidence[0][1] == "0"
    host = find_host(scope=Scope(), host=story.host, at=None)
    assert host is not None
    assert host.standing is not None
    assert host.standing.score == pytest.approx(float(first.score))
    again = story.look()
    assert (again.findings, again.score) == (first.findings, first.score), "nothing changed, so nothing is written"


def test_a_fix_closes_one_finding_and_moves_the_score(story: Story) -> None:
    before = story.look()
    story.engine.docker("update", "--memory", "64m", "--memory-swap", "128m", "web")
    after = story.look()
    assert before.findings.keys() - after.findings.keys() == {("web", MEMORY)}
    assert after.findings.keys() <= before.findings.keys()
    assert story.ended("web") == {MEMORY: "passed"}
    assert after.score > before.score


def test_breaking_it_again_opens_a_new_finding(story: Story) -> None:
    first = story.look()
    story.engine.docker("update", "--restart", "always", "web")
    broken = story.look()
    assert broken.findings.keys() - first.findings.keys() == {("web", "container-restart-bounded")}
    assert broken.score < first.score
    assert first.at < broken.findings["web", "container-restart-bounded"].since_at <= broken.at


def test_a_removed_container_takes_its_findings_along(story: Story) -> None:
    before = story.look()
    story.engine.docker("rm", "-f", "cache")
    after = story.look()
    assert before.of("cache")
    assert not after.of("cache")
    assert story.ended("cache") == dict.fromkeys(before.of("cache"), "gone")
    assert before.findings.keys() - after.findings.keys() == {("cache", rule) for rule in before.of("cache")}
    assert after.score != before.score
    assert {row.name for row in host_resources(host=story.host, at=None, kind="container")} == {"web", "db"}
    assert {row.name for row in host_resources(host=story.host, at=before.at, kind="container")} == set(CAST)


def test_stopping_changes_only_rules_about_processes(story: Story) -> None:
    before = story.look()
    story.engine.docker("stop", "--time", "0", "web")
    after = story.look()
    differing = {
        cell: (before.judged.get(cell, "nothing"), after.judged.get(cell, "nothing"))
        for cell in before.judged.keys() | after.judged.keys()
        if before.judged.get(cell) != after.judged.get(cell)
    }
    host = {cell: change for cell, change in differing.items() if cell[0] not in CAST}
    assert {cell: change for cell, change in differing.items() if cell[0] in CAST} == STOPPED_CHANGES
    assert {rule for _name, rule in host} <= {"daemon-stopped-containers"}
    rewritten = {
        cell
        for cell in before.findings.keys() & after.findings.keys()
        if before.findings[cell].evidence != after.findings[cell].evidence
    }
    assert rewritten <= {("web", rule) for rule in ABOUT_PROCESSES}
    assert {rule for rule in before.states if before.states[rule] != after.states[rule]} <= {
        "container-no-sshd",
        "daemon-stopped-containers",
    }
    story.engine.docker("start", "web")
    assert story.look().judged == before.judged


def test_a_recreated_container_continues_its_findings(story: Story) -> None:
    before = story.look()
    old = Resource.objects.get(host=story.host, name="web", kind="container")
    story.engine.docker("rm", "-f", "web")
    story.engine.run("web", "--stop-timeout", "0", *CAST["web"], "--memory", "64m")
    after = story.look()
    new = Resource.objects.get(host=story.host, name="web", kind="container")
    assert (new.pk, new.gone_at) == (old.pk, None)
    assert new.incarnation != old.incarnation
    assert after.of("web") == before.of("web") - {MEMORY}
    for rule in after.of("web"):
        assert after.findings["web", rule].since_at == before.findings["web", rule].since_at
    assert story.ended("web") == {MEMORY: "passed"}


def test_an_unreadable_engine_makes_everything_unknown(story: Story) -> None:
    before = story.look()
    with story.refused():
        blind = story.look()
    assert before.findings.keys() <= blind.findings.keys(), "what failed is not forgotten"
    containers = {cell: row for cell, row in blind.findings.items() if cell[0] in CAST}
    assert {row.status for row in containers.values()} == {"unknown"}
    assert all(row.reason for row in containers.values())
    assert all(
        row.since_at == before.findings[cell].since_at for cell, row in containers.items() if cell in before.findings
    )
    assert blind.score <= before.score
    assert not Host.objects.get(pk=story.host).engine_readable
    assert {row.name for row in host_resources(host=story.host, at=None, kind="container")} == set(CAST)
    seeing = story.look()
    assert {cell: row.status for cell, row in seeing.findings.items()} == {
        cell: row.status for cell, row in before.findings.items()
    }
    assert seeing.score == before.score


def test_the_trend_and_the_past_show_each_step(story: Story) -> None:
    first = story.look()
    story.engine.docker("update", "--memory", "64m", "--memory-swap", "128m", "web")
    second = story.look()
    story.engine.docker("rm", "-f", "cache")
    third = story.look()
    points = trend_host(host=story.host, edition=EDITION, from_at=first.at, to_at=third.at)
    assert [point.score for point in points] == [pytest.approx(float(look.score)) for look in (first, second, third)]
    assert first.at < points[1].at < second.at < points[2].at < third.at
    for look in (first, second, third):
        rows = host_findings(host=story.host, at=look.at)
        assert {(row.resource_name, row.check_key) for row in rows} == look.findings.keys()
        seen = find_host(scope=Scope(), host=story.host, at=look.at)
        assert seen is not None
        assert seen.standing is not None
        assert seen.standing.score == pytest.approx(float(look.score))
    assert PresenceSpan.objects.filter(host=story.host).count() == 3, "three digests, three spans"
    assert OpenFinding.objects.filter(host=story.host).count() == len(third.findings)
