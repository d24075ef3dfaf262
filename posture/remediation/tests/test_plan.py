"""The fix of one finding."""

import json
from dataclasses import replace

import pytest
import yaml

from posture.evaluation.catalogue import load
from posture.evaluation.rule import Effect, Via
from posture.facts.resource import Resource
from posture.facts.tests.builders import container
from posture.facts.vocabulary import Kind
from posture.remediation.fix import Fix, Language
from posture.remediation.plan import fix
from posture.remediation.tests.samples import CONTEXT, composed, of_kind, resource, wire


def fixed(rule: str, one: Resource, **context: object) -> Fix:
    return fix(load().rules[rule], one, {**CONTEXT, **context})  # type: ignore[dict-item]  # tests give plain values


def vias(one: Fix) -> list[Via]:
    return [step.via for step in one.steps]


def text(one: Fix, via: Via) -> str:
    return next(step.text for step in one.steps if step.via is via)


def test_a_live_fix_names_the_container_and_its_values() -> None:
    one = fixed("container-memory-limit", resource())
    assert one.effect is Effect.LIVE
    assert one.steps[0].text == "docker update --memory 512m --memory-swap 512m web\n"
    assert one.steps[0].language is Language.SHELL
    assert set(one.breaks) == {"en", "fr"}


def test_compose_comes_first_for_what_compose_made() -> None:
    one = fixed("container-memory-limit", composed())
    assert vias(one)[:2] == [Via.COMPOSE, Via.LIVE]
    assert yaml.safe_load(one.steps[0].text) == {"services": {"web": {"mem_limit": "512m", "memswap_limit": "512m"}}}
    assert one.steps[0].then == (
        "docker compose --project-name shop --file /srv/shop/compose.yaml --file /srv/shop/more.yaml up --detach web"
    )
    assert one.steps[1].note  # it holds only until compose creates it anew


def test_the_command_line_comes_first_for_what_it_made() -> None:
    assert vias(fixed("container-read-only-root", resource()))[:3] == [Via.RUN, Via.LIVE, Via.COMPOSE]


def test_a_swarm_task_is_fixed_through_its_service() -> None:
    labels = {"com.docker.swarm.service.name": "shop_web"}
    one = fixed("container-pids-limit", resource(wire(Config={"Labels": labels}), SwarmTask=True))
    assert vias(one) == [Via.SWARM, Via.COMPOSE]
    assert one.steps[0].text == "docker service update --limit-pids 256 shop_web\n"


def test_what_the_daemon_must_do_stays_first() -> None:
    one = fixed("container-no-host-userns", composed())
    assert one.steps[0].via is Via.DAEMON_JSON
    assert one.steps[0].then == "systemctl restart docker"
    assert json.loads(one.steps[0].text) == {"userns-remap": "default"}


def test_a_rootless_daemon_is_restarted_by_its_user() -> None:
    one = fixed("container-no-new-privileges", resource(), **{"engine.Rootless": True})
    step = next(step for step in one.steps if step.via is Via.DAEMON_JSON)
    assert step.then == "systemctl --user restart docker"


def test_the_other_engine_is_called_by_its_name() -> None:
    one = fixed("container-memory-limit", resource(), **{"engine.Kind": "podman"})
    assert text(one, Via.LIVE).startswith("podman update ")
    assert text(one, Via.RUN).startswith("podman rename ")


def test_lists_become_items_of_the_compose_file() -> None:
    one = fixed("container-no-sensitive-mounts", resource(SensitiveMounts=("/etc:/host/etc:rw",)))
    volumes = yaml.safe_load(text(one, Via.COMPOSE))["services"]["web"]["volumes"]
    assert volumes == [
        {"type": "volume", "source": "data", "target": "/data"},
        {"type": "bind", "source": "/srv/site", "target": "/site", "read_only": True},
    ]
    ports = yaml.safe_load(text(fixed("container-bound-address", resource()), Via.COMPOSE))["services"]["web"]["ports"]
    assert ports == ["192.0.2.1:5353:53/udp", "127.0.0.1:80:80"]


def test_an_empty_list_stays_a_list() -> None:
    one = fixed("container-no-engine-socket", resource(container("web")))
    assert yaml.safe_load(text(one, Via.COMPOSE)) == {"services": {"web": {"volumes": []}}}


def test_a_container_that_was_not_inspected_gets_no_guessed_command() -> None:
    bare = Resource(Kind.CONTAINER, "k", "web", "docker", {}, "0" * 64)
    assert Via.RUN not in vias(fixed("container-memory-limit", bare))
    assert vias(fixed("container-bound-address", bare)) == [Via.DAEMON_JSON]


@pytest.mark.parametrize(
    ("peak", "total", "wanted"),
    [("", 8 * 2**30, "512m"), (str(300 * 2**20), 8 * 2**30, "600m"), ("", 512 * 2**20, "256m"), ("1", 2**30, "16m")],
)
def test_the_memory_suggested(peak: str, total: int, wanted: str) -> None:
    one = resource()
    one = Resource(one.kind, one.key, one.name, one.engine, one.facts, one.digest, "", {"memory_peak": peak})
    assert f"--memory {wanted} " in text(fixed("container-memory-limit", one, **{"engine.MemTotal": total}), Via.LIVE)


def test_a_rule_on_an_image_names_the_image() -> None:
    rules = [rule for rule in load().rules.values() if rule.subject is Kind.IMAGE]
    texts = [step.text for rule in rules for step in fix(rule, of_kind(Kind.IMAGE, "shop/web:2"), CONTEXT).steps]
    assert any("shop/web:2" in one for one in texts)


@pytest.mark.parametrize(
    ("path", "word"),
    [
        ("/etc/docker/daemon.json", "/etc/docker/daemon.json"),
        ("/srv/my files/$(id).json", "'/srv/my files/$(id).json'"),
        ("daemon.json", "PATH"),  # another file in the reader's shell
        ("-R", "PATH"),
    ],
)
def test_a_rule_on_a_file_names_its_path(path: str, word: str) -> None:
    one = fixed("file-daemon-json-mode", of_kind(Kind.FILE, path))
    assert text(one, Via.HOST) == f"chmod 0644 {word}\n"


def test_no_command_reaches_a_device() -> None:
    """A file that is switched off by a link to /dev/null: chmod would follow it."""
    one = of_kind(Kind.FILE, "/etc/default/docker")
    assert not fixed("file-defaults-mode", replace(one, facts={**one.facts, "Kind": "other"})).steps
