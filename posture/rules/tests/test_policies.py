"""Every contradiction between the documents is a policy or a note, and Posture holds every matter once."""

import csv
import re
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import pytest

from posture.evaluation.catalogue import OWN_EDITION, load
from posture.evaluation.counterparts import relations
from posture.evaluation.edition import Control
from posture.evaluation.policy import Policy
from posture.evaluation.rule import LANGUAGES, Words
from posture.rules.tests import policies_page

CATALOGUE = load()
POSTURE = CATALOGUE.editions[OWN_EDITION]
EVERY_POLICY = pytest.mark.parametrize("policy", CATALOGUE.policies.values(), ids=list(CATALOGUE.policies))

# By hand, from the reference table: what answers each contradiction. None: nothing to choose, see docs/policies.md.
CONTRADICTIONS: dict[int, tuple[str, ...] | None] = {
    1: ("packet-filter",),
    2: ("storage-driver",),
    3: ("image-trust",),
    4: ("privilege-tools", "root-user"),
    5: ("ssh-in-containers",),
    6: ("capabilities",),
    7: ("cpu",),
    8: ("memory",),
    9: ("default-bridge",),
    10: ("host-user-namespaces",),
    11: None,  # a wrong sentence
    12: ("userns-host",),
    13: None,  # nobody can have it
    14: ("namespaces",),
    15: ("data-partition", "disk-encryption"),
    16: ("seccomp",),
    17: ("apparmor",),
    18: ("privileged-ports",),
    19: ("restart",),
    20: ("authorization-plugin",),
    21: ("log-export",),
    22: ("image-freshness",),
    23: None,  # engines that could are out of maintenance
    24: ("privileged-containers",),
    25: ("docker-in-docker",),
    26: ("kernel-floor",),
}

# Rules that Posture leaves out, and what stands there for the same matter.
STANDS_FOR: dict[str, set[str]] = {
    "container-cpu-weight": {"cpu"},
    "container-devices": {"container-device-permissions"},
    "container-disk-quota": {"data-partition", "container-read-only-root"},
    "container-host-trees": {"container-no-sensitive-mounts", "privileged-containers"},
    "container-no-publish-all": {"container-bound-address", "container-only-needed-ports"},
    "container-own-apparmor-profile": {"apparmor"},
    "container-own-namespaces": {
        "container-no-host-pid",
        "container-no-host-ipc",
        "container-no-host-uts",
        "namespaces",
    },
    "container-own-userns": {"userns-host", "seccomp", "privileged-containers"},
    "container-small-writable-layer": {"container-read-only-mounts"},
    "container-tmpfs-scratch": {"container-read-only-root"},  # leaves passing files no other place
    "daemon-base-device-size": {"storage-driver"},  # only devicemapper has one
    "daemon-legacy-registry": {"daemon-supported-version"},
    "daemon-minimum-version": {"daemon-supported-version"},
    "daemon-no-new-privileges": {"container-no-new-privileges"},  # the truth of each container
    "daemon-seccomp": {"seccomp"},  # the truth of each container
    "daemon-storage-devicemapper": {"storage-driver"},
    "daemon-unused-images": {"daemon-dangling-images"},
    "file-audit-docker-client": {"file-audit-dockerd"},
    "host-benchmark-repeated": {"host-security-audits"},
    "host-few-services": {"host-declared-services"},
    "host-kernel-hardening": {"host-hardened"},
    "host-own-firewall": {"host-hardened"},
    "host-podman-considered": {"host-user-namespaces"},
    "host-policy-reload": {"apparmor"},  # what is in force is read from the kernel
    "host-volume-ownership": {"userns-host"},
    "image-few-packages": {"image-no-superfluous-programs"},
    "image-healthcheck": {"container-healthcheck"},
    "image-recent": {"image-freshness", "image-supported-release"},
    "image-signing-key-backup": {"host-data-backups"},
    "image-small": {"image-no-superfluous-programs"},
}
WAYS_OF_WORKING = {"daemon-change-plan"}  # how one works, not how a host stands

# Pairs of Posture that judge related matters, and why both are there.
RELATED: dict[frozenset[str], str] = {
    frozenset(pair): why
    for *pair, why in (
        ("host-trusted-engine-users", "host-engine-account-alone", "who they are, and what else they may do"),
        ("host-trusted-engine-users", "host-default-accounts", "people we know, and those who read the manual"),
        ("host-engine-account-alone", "host-default-accounts", "our own accounts, and those that came with a board"),
        ("host-hardened", "host-default-accounts", "hardening is a person's word on all the rest"),
        ("host-hardened", "host-os-supported", "hardening is a person's word on all the rest"),
        ("host-hardened", "disk-encryption", "hardening is a person's word on all the rest"),
        ("host-os-supported", "daemon-supported-version", "two products with two ends of support"),
        ("host-os-supported", "kernel-floor", "a supported release may still run the kernel of its first day"),
        ("daemon-supported-version", "kernel-floor", "two products with two lives"),
        ("kernel-floor", "host-kernel-options", "how old it is, and what it was built with"),
        ("host-kernel-options", "seccomp", "what the kernel can, and what a container gets"),
        ("default-bridge", "network-dedicated", "the second accepts the default bridge here"),
        ("daemon-shared-volumes", "container-read-only-mounts", "volumes of many, and host paths of one"),
        ("file-registry-certificates-mode", "file-registry-keys-mode", "what all may read, and what nobody else may"),
        ("file-audit-socket-unit", "file-audit-engine-socket", "two files: what makes the socket, and the socket"),
        ("image-approved-source", "image-trust", "whose image it is, and that it is that one"),
        ("image-approved-source", "image-trusted-base", "whose image it is, and what it was built on"),
        ("image-trust", "image-freshness", "which image it is, and how old"),
        ("image-trust", "image-versioned-tag", "what engines compare, and what people read"),
        ("image-scanned", "image-supported-release", "known flaws, and those that nobody will mend"),
        ("privilege-tools", "root-user", "a way to become root, and being root"),
        ("privilege-tools", "container-no-new-privileges", "one way to become root, and all ways"),
        ("privilege-tools", "capabilities", "only where 'absent' and 'none' are chosen: programs, and powers"),
        ("privilege-tools", "image-no-setuid", "only where 'absent' is chosen: sudo cannot be put on the list"),
        ("image-no-setuid", "image-no-world-writable", "files that give rights, and files that anybody changes"),
    )
}

FRENCH_SPACES = re.compile("[^\u00a0\u202f][?!;](?=\\s|$)|[^\u00a0\u202f:\\w/]:(?=\\s|$)|«[^\u00a0]|[^\u00a0]»")


def name(control: Control) -> str:
    """What judges a control: a policy or a rule."""
    return control.policy.id if control.policy is not None else str(control.rule)


def words(policy: Policy) -> Iterator[tuple[str, Words]]:
    """Those that are sentences, then titles."""
    yield "contradiction", policy.contradiction
    for choice in policy.choices.values():
        yield f"{choice.id}.tradeoff", choice.tradeoff
    yield "question", policy.question
    yield "title", policy.title
    for choice in policy.choices.values():
        yield f"{choice.id}.title", choice.title


def test_every_contradiction_is_a_policy_or_a_note() -> None:
    assert list(CONTRADICTIONS) == list(range(1, 27))
    answers = [policy for policies in CONTRADICTIONS.values() for policy in policies or ()]
    assert sorted(answers) == sorted(CATALOGUE.policies)


def test_every_policy_acts_once_and_only_in_our_own_edition() -> None:
    acting = [control.policy.id for control in POSTURE.controls() if control.policy is not None]
    assert sorted(acting) == sorted(CATALOGUE.policies)
    for edition in CATALOGUE.editions.values():
        assert edition is POSTURE or all(control.policy is None for control in edition.controls())


@EVERY_POLICY
def test_the_choices_of_a_policy_differ(policy: Policy) -> None:
    judging = [(choice.rule, tuple(choice.parameters.items())) for choice in policy.choices.values()]
    assert len(set(judging)) == len(judging)
    assert policy.default in policy.choices


@EVERY_POLICY
def test_both_languages_are_set_as_they_should(policy: Policy) -> None:
    for place, text in words(policy):
        french = text["fr"]
        assert text["en"] != french, place
        assert 0.5 < len(french) / len(text["en"]) < 2.2, place
        assert "'" not in french, f"{place}: a typewriter apostrophe"
        assert not re.search(" [:;?!»]|« ", french), f"{place}: an ordinary space at a French mark"
        assert not FRENCH_SPACES.search(french), f"{place}: a French mark without its no-break space"
        for language in LANGUAGES:
            assert "  " not in text[language], place
            assert text[language].endswith("?") is (place == "question"), place
            assert text[language].endswith(".") is (place == "contradiction" or place.endswith(".tradeoff")), place


@EVERY_POLICY
def test_the_controls_that_a_policy_cites_are_there(policy: Policy) -> None:
    numbers = {
        edition.title["en"]: {control.number for control in edition.controls()}
        for edition in CATALOGUE.editions.values()
    }
    for source in policy.sources:
        cited, _, number = source.partition(": ")
        if cited.startswith("CIS Docker "):
            assert number in numbers[cited.replace("CIS Docker", "CIS Docker Benchmark")], source
        elif cited == "ANSSI-FT-082":
            assert number in {control.number for control in CATALOGUE.editions["anssi-ft-082"].controls()}, source
        else:
            assert re.fullmatch(r"Source 00[0-4]", cited), source


def test_the_page_answers_every_contradiction() -> None:
    page = policies_page.written_by_hand()
    table = {int(number): row for number, row in re.findall(r"^\| (\d+) \| (.+) \|$", page, re.MULTILINE)}
    assert list(table) == list(CONTRADICTIONS)
    headings = {
        heading.lower().replace(".", "").replace(" ", "-") for heading in re.findall(r"^### (.+)$", page, re.MULTILINE)
    }
    for number, policies in CONTRADICTIONS.items():
        linked = re.findall(r"\(#([a-z0-9-]+)\)", table[number])
        if policies is None:
            assert linked == [heading for heading in headings if heading.startswith(f"{number}-")]
        else:
            assert tuple(linked) == policies


def test_the_page_tells_every_policy_as_it_is() -> None:
    page = policies_page.PAGE.read_text(encoding="utf-8")
    assert page.endswith(policies_page.START + "\n" + policies_page.generated()), policies_page.__doc__


def test_every_matter_stands_in_posture() -> None:
    """A rule is judged there, may be chosen there, or something there stands for its matter."""
    used = {rule for control in POSTURE.controls() for rule in control.rules()}
    assert set(CATALOGUE.rules) - used == STANDS_FOR.keys() | WAYS_OF_WORKING
    names = {name(control) for control in POSTURE.controls()}
    assert all(there <= names for there in STANDS_FOR.values())


def test_nothing_stands_twice_in_posture_without_a_reason() -> None:
    related = relations(CATALOGUE.rules)
    found = {
        frozenset((name(one), name(other)))
        for one, other in combinations(POSTURE.controls(), 2)
        if any(related[rule] & set(other.rules()) for rule in one.rules())
    }
    assert found - RELATED.keys() == set()
    rules = [rule for control in POSTURE.controls() for rule in set(control.rules())]
    assert len(rules) == len(set(rules))


def test_numbers_of_posture_are_for_ever() -> None:
    """posture_numbers.csv only grows: a line stays when its control goes, so that its number is never given again."""
    with Path(__file__).with_name("posture_numbers.csv").open(encoding="utf-8", newline="") as file:
        given = {line["number"]: line["judged by"] for line in csv.DictReader(file)}
    found = {control.number: name(control) for control in POSTURE.controls()}
    assert {number: given.get(number) for number in found} == found


def test_numbers_and_levels_of_posture() -> None:
    for section in POSTURE.sections:
        assert all(re.fullmatch(f"{section.number}[1-9][0-9]*", control.number) for control in section.controls)
    assert {control.level for control in POSTURE.controls()} == {"L1", "L2"}
    assert len(list(POSTURE.controls())) == POSTURE.controls_total


def test_assessments_of_posture_are_those_of_its_rules() -> None:
    for control in POSTURE.controls():
        judged = control.judged_by({})
        by_person = judged is not None and CATALOGUE.rules[judged[0]].manual is not False and not judged[1]
        assert (control.assessment.value == "manual") is by_person, control.number
