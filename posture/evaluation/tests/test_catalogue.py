"""The door of rules and editions: what is wrong does not load, and the error says where."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from posture.evaluation import catalogue
from posture.evaluation.catalogue import load, load_edition, load_rule, read_catalogue
from posture.evaluation.document import MAXIMUM_BYTES, read
from posture.evaluation.rule import LANGUAGES
from posture.evaluation.trouble import DataError

GOOD = """\
id: container-small
subject: container
severity: medium
title: {en: Small, fr: Petit}
why: {en: Why, fr: Pourquoi}
evidence: {en: Seen, fr: Vu}
parameters:
  maximum: {type: integer, default: 10, title: {en: Most, fr: Maximum}}
applies:
  check: {fact: Running, equals: true}
  because: {en: Stopped, fr: Arrêté}
check: {fact: HostConfig.Memory, at_most: {parameter: maximum}}
fix:
  effect: live
  breaks: {en: Nothing, fr: Rien}
  steps:
    - {via: live, text: "docker update --memory 10 {name}"}
references: ["Own: 1"]
examples:
  - {status: pass, facts: {Running: true, HostConfig.Memory: 10}}
  - {status: fail, facts: {Running: true, HostConfig.Memory: 11}}
  - {status: pass, parameters: {maximum: 20}, facts: {Running: true, HostConfig.Memory: 11}}
  - {status: not_applicable, facts: {Running: false}}
  - {status: unknown, reason: timed_out, facts: {Running: true, HostConfig.Memory: {unseen: timed_out}}}
"""
EDITION = """\
id: tiny-1
title: Tiny 1
publisher: Us
released: 2026-01-01
controls_total: 2
sections:
  - number: 1
    title: {en: One, fr: Un}
    controls:
      - {number: "1.10", level: 1, assessment: automated, rule: container-small, parameters: {maximum: 5}}
      - {number: "1.2", level: "1+2", assessment: manual, rule: container-small, parameters: {maximum: 5}}
"""


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_good_rule_loads(tmp_path: Path) -> None:
    rule = load_rule(written(tmp_path, "container-small.yaml", GOOD))
    assert rule.parameters["maximum"].default == 10
    assert len(rule.examples) == 5


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("severity: medium", "severity: urgent", "3: severity: wants one of critical, high, medium, low"),
        ("severity: medium", "severity: medium\nsevere: yes", "4: severe: unknown key"),
        ("severity: medium", "severity: medium\nseverity: low", "4: severity: this key stands twice"),
        ("title: {en: Small, fr: Petit}", "title: {en: Small}", "4: fr: this key is missing"),
        ("why: {en: Why, fr: Pourquoi}", f"why: {{en: {'x' * 401}, fr: y}}", "5: en: wants 1 to 400 characters"),
        ("fact: HostConfig.Memory", "fact: HostConfig.Memori", "12: check.fact: HostConfig.Memori is no fact"),
        ("at_most:", "atmost:", "found atmost"),
        ("{parameter: maximum}", "{parameter: most}", "{parameter: name of this rule}"),
        ("{parameter: maximum}", "many", "'many' is not an integer"),
        ("default: 10", "default: ten", "8: default: the parameter maximum wants integer"),
        ("{name}", "{nome}", "text: unknown placeholder {nome}"),
        ("effect: live", "effect: reboot", "14: effect: wants one of"),
        ("Memory: 10}}", "Memory: 12}}", "20: examples: this example says pass, the rule says fail"),
        ("reason: timed_out", "reason: absent", "24: examples: this example says unknown (absent)"),
        ("Memory: 11}}\n  - {status: pass, p", "Memory: big}}\n  - {status: pass, p", "wants integer, not 'big'"),
        ("{maximum: 20}", "{most: 20}", "this rule has no such parameter"),
        ("status: not_applicable", "status: done", "23: status: wants one of"),
        ("id: container-small", "id: container-little", "is not the file's name"),
        ("id: container-small", "id: Container_small", "lower-case words joined by hyphens"),
        ("applies:", "supported: 3\napplies:", "supported: wants a mapping"),
        ("subject: container", "subject: [container]", "2: subject: wants one of"),
        ("evidence:", "evidence: &a {en: x, fr: y}\nwhy2: *a\nother:", "aliases"),
        ("evidence:", "evidence: [", "not YAML"),
        ("evidence:", "evidence: !!python/object/apply:os.system [x]\nother:", "plain values only"),
    ],
)
def test_a_wrong_rule_does_not_load(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in GOOD
    path = written(tmp_path, "container-small.yaml", GOOD.replace(old, new, 1))
    with pytest.raises(DataError) as caught:
        load_rule(path)
    assert message in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("status", ["pass", "fail", "unknown"])
def test_every_status_needs_an_example(tmp_path: Path, status: str) -> None:
    kept = "".join(line for line in GOOD.splitlines(keepends=True) if f"status: {status}" not in line)
    with pytest.raises(DataError, match=f"no example whose status is {status}"):
        load_rule(written(tmp_path, "container-small.yaml", kept))


def test_sizes_are_bounded(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="at most"):
        load_rule(written(tmp_path, "a.yaml", GOOD + "# " + "x" * MAXIMUM_BYTES))
    with pytest.raises(DataError, match="nesting"):
        load_rule(written(tmp_path, "a.yaml", "a: " + "[" * 40 + "]" * 40))
    (tmp_path / "b.yaml").write_bytes(b"id: \xff")
    with pytest.raises(DataError, match="UTF-8"):
        load_rule(tmp_path / "b.yaml")


@pytest.mark.parametrize("opener", ["[", "{a: ", "- ", "? "])
def test_no_depth_ends_the_process(tmp_path: Path, opener: str) -> None:
    deep = opener * ((MAXIMUM_BYTES - 10) // len(opener))
    with pytest.raises(DataError, match="nesting"):
        load_rule(written(tmp_path, "a.yaml", f"a:\n {deep}"))


def test_no_number_is_endless(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="large"):
        load_rule(written(tmp_path, "a.yaml", GOOD.replace("severity: medium", "severity: 1" + ":59" * 5000)))


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.yaml")
    for path in (tmp_path / "a.yaml", tmp_path, Path("/dev/zero")):
        with pytest.raises(DataError, match="no file"):
            load_rule(path)


def test_editions(tmp_path: Path) -> None:
    rules = {"container-small": load_rule(written(tmp_path, "container-small.yaml", GOOD))}
    edition = load_edition(written(tmp_path, "tiny-1.yaml", EDITION), rules, {})
    assert [control.number for control in edition.controls()] == ["1.10", "1.2"]
    assert edition.title == {"en": "Tiny 1", "fr": "Tiny 1"}
    for old, new, message in (
        ("rule: container-small", "rule: container-big", "there is no rule container-big"),
        ("maximum: 5", "most: 5", "has no such parameter"),
        ("maximum: 5", "maximum: a", "wants integer"),
        ("parameters: {maximum: 5}}\n      - ", "parameters: {maximum: 6}}\n      - ", "judged in two ways"),
        ('"1.2"', '"1.10"', "stands twice"),
        ("controls_total: 2", "controls_total: 1", "has 2 controls"),
        ("controls_total: 2", "controls_total: 3", "has 2 controls"),
        ("released: 2026-01-01", "released: soon", "wants a day"),
        ('"1.10"', "1.10", "quote it"),
    ):
        with pytest.raises(DataError) as caught:
            load_edition(written(tmp_path, "tiny-1.yaml", EDITION.replace(old, new, 1)), rules, {})
        assert message in str(caught.value)


def test_the_products_own_catalogue() -> None:
    found = load()
    assert load() is found
    assert {path.stem for path in catalogue.RULES.rglob("*.yaml")} == set(found.rules)
    for rule in found.rules.values():
        assert set(rule.title) == set(rule.why) == set(LANGUAGES)
        assert rule.fix.steps


def test_an_id_stands_once(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        written(tmp_path / name, "container-small.yaml", GOOD)
    with pytest.raises(DataError, match="another one has the id"):
        read_catalogue(tmp_path, tmp_path / "none", tmp_path / "none")


def test_checking_costs_no_more_than_reading() -> None:
    """Compiling every rule and trying its examples is cheap beside parsing the files; a ratio in one run."""
    folders = (catalogue.RULES, catalogue.POLICIES, catalogue.EDITIONS)
    paths = [path for folder in folders for path in folder.rglob("*.yaml")]

    def seconds(work: Callable[[], object]) -> float:
        began = time.process_time()
        work()
        return time.process_time() - began

    rounds = [
        (seconds(lambda: [read(path) for path in paths]), seconds(lambda: read_catalogue(*folders))) for _ in "123"
    ]
    assert min(whole / reading for reading, whole in rounds) < 3


def test_the_command_names_what_is_wrong(tmp_path: Path) -> None:
    good = written(tmp_path, "container-small.yaml", GOOD)
    bad = written(tmp_path, "container-bad.yaml", GOOD)
    command = [sys.executable, "-m", "posture.evaluation.check_rules", str(good), str(bad)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=catalogue.ROOT.parent, check=False)
    assert done.returncode == 1
    assert done.stdout == "1 of 2 rules are right\n"
    assert done.stderr == f"{bad}: id: the id container-small is not the file's name\n"


def test_words_change_no_digest(tmp_path: Path) -> None:
    one = load_rule(written(tmp_path, "container-small.yaml", GOOD))
    other = load_rule(written(tmp_path, "container-small.yaml", GOOD.replace("Why", "Because").replace("Most", "Top")))
    assert one.digest == other.digest
    stricter = GOOD.replace("default: 10", "default: 9").replace("Memory: 10}}", "Memory: 9}}")
    assert load_rule(written(tmp_path, "container-small.yaml", stricter)).digest != one.digest


def test_the_form_is_plain_yaml() -> None:
    """What our loader reads is what any YAML reader reads."""
    plain: dict[str, Any] = yaml.safe_load(GOOD)
    assert plain["check"] == {"fact": "HostConfig.Memory", "at_most": {"parameter": "maximum"}}
