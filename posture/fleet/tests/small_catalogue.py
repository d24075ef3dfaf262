"""A catalogue for tests of editions and policies: the product's rules, one edition of its own, and two made here.

``posture``: a policy, and three controls, one of which ``strict`` has with a parameter. ``strict``: that one, and the
rule of the policy's second choice, whoever chose what.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from shutil import copy
from tempfile import TemporaryDirectory
from unittest.mock import patch

from posture.evaluation import catalogue
from posture.fleet.services.rulesets import build_with, read_ruleset
from posture.fleet.tests.factories import EDITION, judging

POLICY = """\
id: limits
title: {en: Limits, fr: Limites}
question: {en: What bounds a container?, fr: "Qu’est-ce qui borne un conteneur ?"}
contradiction: {en: "One source asks for memory limits, another for limits of processes.", fr: Les sources diffèrent.}
sources: ["Source 001", "Source 002"]
default: memory
choices:
  - id: memory
    title: {en: Memory, fr: Mémoire}
    tradeoff: {en: A leak ends its own container., fr: Une fuite n’arrête que son conteneur.}
    rule: container-memory-limit
  - id: pids
    title: {en: Processes, fr: Processus}
    tradeoff: {en: A fork bomb ends its own container., fr: Une bombe fork n’arrête que son conteneur.}
    rule: container-pids-limit
  - id: nothing
    title: {en: Nothing, fr: Rien}
    tradeoff: {en: Nothing is judged., fr: Rien n’est évalué.}
"""
HEAD = "publisher: Tests\nreleased: 2026-01-01\ncontrols_total: {total}\nsections:\n"
OWN = (
    "id: posture\ntitle: Posture\n"
    + HEAD.format(total=4)
    + """\
  - number: "1"
    title: {en: Containers, fr: Conteneurs}
    controls:
      - {number: "1.1", level: "L1", assessment: automated, policy: limits}
      - {number: "1.2", level: "L1", assessment: automated, rule: container-not-privileged}
      - {number: "1.3", level: "L2", assessment: manual, rule: container-restart-bounded}
      - {number: "1.4", level: "L1", assessment: automated, rule: container-no-sshd}
"""
)
STRICT = (
    "id: strict\ntitle: Strict\n"
    + HEAD.format(total=2)
    + """\
  - number: "9"
    title: {en: Containers, fr: Conteneurs}
    controls:
      - {number: "9.1", level: "1", assessment: automated, rule: container-pids-limit}
      - {number: "9.2", level: "2", assessment: manual, rule: container-restart-bounded, parameters: {maximum: 5}}
"""
)


@contextmanager
def small_catalogue() -> Iterator[catalogue.Catalogue]:
    """The product with these editions for a while."""
    made = read_small()
    forget()
    with patch.object(catalogue, "load", lambda: made):
        yield made
    forget()


@cache
def read_small() -> catalogue.Catalogue:
    """Reading takes half a second, and no test changes a catalogue."""
    with TemporaryDirectory() as place:
        folder = Path(place)
        for name, text in {
            "policies/limits.yaml": POLICY,
            "editions/posture.yaml": OWN,
            "editions/strict.yaml": STRICT,
        }.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        copy(catalogue.EDITIONS / f"{EDITION}.yaml", folder / "editions")
        return catalogue.read_catalogue(catalogue.RULES, folder / "policies", folder / "editions")


def forget() -> None:
    """What was built from another catalogue."""
    for one in (build_with, read_ruleset, judging):
        one.cache_clear()
