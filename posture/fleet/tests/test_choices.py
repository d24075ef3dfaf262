"""Editions and policies by group: who chose wins, the rest follows, and hosts are judged so from now on."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone

from posture.evaluation.catalogue import Catalogue
from posture.facts.tests.builders import container
from posture.fleet.models import (
    AuditEntry,
    ClosedFinding,
    Group,
    OpenScore,
    ParameterSetting,
    PolicySetting,
    RulesetControl,
)
from posture.fleet.queries.checks import check_rows, host_checks
from posture.fleet.queries.editions import judging_editions, primary_edition
from posture.fleet.queries.findings import FindingFilter, list_findings
from posture.fleet.queries.scope import Scope
from posture.fleet.services.choices import chain, editions_of, fits, policies_of
from posture.fleet.services.editions import set_editions, set_primary_edition
from posture.fleet.services.policies import set_policy
from posture.fleet.services.rulesets import current_ruleset
from posture.fleet.tests.cast import Machine, machine, make_key, minute
from posture.fleet.tests.factories import EDITION, make_group
from posture.fleet.tests.small_catalogue import small_catalogue

pytestmark = pytest.mark.django_db
BY: dict[str, Any] = {"actor": "alice", "address": None}


@pytest.fixture(autouse=True)
def small(db: None) -> Iterator[Catalogue]:
    with small_catalogue() as found:
        yield found


@pytest.fixture
def group() -> Group:
    return Group.objects.create(name="Fleet")


def judged(group: Group) -> dict[str, dict[str, str]]:
    """Check by number, by edition, of the ruleset that judges a group today."""
    found: dict[str, dict[str, str]] = {}
    for edition, number, key in RulesetControl.objects.filter(ruleset=current_ruleset(group=group)).values_list(
        "edition", "number", "check_key"
    ):
        found.setdefault(edition, {})[number] = key
    return found


def test_a_new_group_is_judged_by_our_own_edition_and_the_defaults_that_are_there(group: Group) -> None:
    assert (group.primary_edition, group.editions) == ("posture", None)
    assert editions_of(chain(group=group)) == ["posture"]
    assert judged(group) == {
        "posture": {
            "1.1": "container-memory-limit",
            "1.2": "container-not-privileged",
            "1.3": "container-restart-bounded",
            "1.4": "container-no-sshd",
        }
    }


def test_editions_come_from_the_nearest_group_that_names_some_and_the_primary_one_always_judges(group: Group) -> None:
    below = Group.objects.create(name="Below", parent=group, primary_edition=EDITION)
    set_editions(group=group, editions=["strict", "strict"], now=timezone.now(), **BY)
    below.refresh_from_db()
    assert editions_of(chain(group=below)) == [EDITION, "strict"]
    set_editions(group=below, editions=[], now=timezone.now(), **BY)
    assert editions_of(chain(group=below)) == [EDITION]
    assert judged(group)["strict"] == {"9.1": "container-pids-limit", "9.2": "container-restart-bounded~strict"}
    with pytest.raises(ValueError, match="there is no edition cis-9"):
        set_editions(group=group, editions=["cis-9"], now=timezone.now(), **BY)
    Group.objects.filter(pk=group.pk).update(editions=["cis-9", "strict"])  # as an update leaves it that takes one away
    group.refresh_from_db()
    assert editions_of(chain(group=group)) == ["posture", "strict"]


def test_a_policy_is_chosen_for_fleet_or_group_and_the_nearest_choice_holds(group: Group, small: Catalogue) -> None:
    policy = small.policies["limits"]
    below = Group.objects.create(name="Below", parent=group)
    set_policy(group=None, policy=policy, choice="pids", now=timezone.now(), **BY)
    set_policy(group=below, policy=policy, choice="nothing", now=timezone.now(), **BY)
    assert policies_of(chain(group=group)) == {"limits": "pids"}
    assert policies_of(chain(group=below)) == {"limits": "nothing"}
    assert judged(group)["posture"]["1.1"] == "container-pids-limit"
    assert "1.1" not in judged(below)["posture"]
    set_policy(group=below, policy=policy, choice=None, now=timezone.now(), **BY)
    assert policies_of(chain(group=below)) == {"limits": "pids"}
    with pytest.raises(ValueError, match="offers no choice"):
        set_policy(group=None, policy=policy, choice="all", now=timezone.now(), **BY)
    PolicySetting.objects.create(group=below, policy="gone", choice="pids")
    PolicySetting.objects.create(group=below, policy="limits", choice="gone")
    assert policies_of(chain(group=below)) == {"limits": "pids"}
    assert list(AuditEntry.objects.values_list("action", flat=True)) == [
        "policy.chosen", "policy.chosen", "policy.cleared"
    ]  # fmt: skip


def alpha() -> Machine:
    """A host of the group, with a container that fails both choices of the policy."""
    found = machine("alpha", key=make_key())
    found.report([container("web")], at=minute(0))
    found.advance(now=minute(1))
    return found


def test_what_another_edition_judges_is_not_shown_and_a_choice_judges_from_now_on(small: Catalogue) -> None:
    group = make_group(edition="posture")
    host = alpha()
    waiting = set_editions(group=group, editions=["strict"], now=minute(2), **BY)
    assert waiting == [host.agent.host]
    host.advance(now=minute(3))
    assert set(OpenScore.objects.values_list("edition", flat=True)) == {"posture", "strict"}
    own, strict = (Scope(edition=edition) for edition in ("posture", "strict"))
    # The rule of the other choice fails for the sake of “strict” alone.
    assert "container-pids-limit" not in {row.check_key for row in check_rows(scope=own, at=None, critical=())}
    assert {row.check_key for row in check_rows(scope=strict, at=None, critical=())} == {
        "container-pids-limit", "container-restart-bounded~strict"
    }  # fmt: skip
    keys = {row.check_key for row in host_checks(host=host.agent.host, at=None, edition="posture")}
    assert keys == set(judged(group)["posture"].values())
    found = list_findings(scope=own, at=None, wanted=FindingFilter(status="fail")).rows
    assert "container-memory-limit" in {row.check_key for row in found}
    assert "container-pids-limit" not in {row.check_key for row in found}

    set_policy(group=group, policy=small.policies["limits"], choice="pids", now=minute(4), **BY)
    host.advance(now=minute(5))
    assert "container-pids-limit" in {row.check_key for row in check_rows(scope=own, at=None, critical=())}
    ended = ClosedFinding.objects.filter(check_key="container-memory-limit")
    assert set(ended.values_list("ended", flat=True)) == {"ruleset"}
    assert "container-memory-limit" in {row.check_key for row in check_rows(scope=own, at=minute(1.5), critical=())}


def test_the_primary_edition_is_always_judged_and_a_change_is_one_action(group: Group) -> None:
    set_primary_edition(group=group, edition="strict", now=timezone.now(), **BY)
    assert editions_of(chain(group=group)) == ["posture", "strict"]
    with pytest.raises(ValueError, match="there is no edition"):
        set_primary_edition(group=group, edition="none", now=timezone.now(), **BY)
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.details) == ("group.primary_edition", {"from": "posture", "to": "strict"})


def test_a_scope_is_seen_by_its_groups_edition_or_the_one_that_most_hosts_have() -> None:
    assert primary_edition(scope=Scope()) == "posture"
    one, many = make_group("One", edition="strict"), make_group("Many", edition=EDITION)
    machine("a", key=make_key(group="One"))
    for name in "bc":
        machine(name, key=make_key(group="Many"))
    assert primary_edition(scope=Scope()) == EDITION
    assert primary_edition(scope=Scope(group=one.pk)) == "strict"
    assert primary_edition(scope=Scope(group=10**6)) == "posture"
    assert judging_editions(scope=Scope()) == {"strict": 1, EDITION: 2}
    assert judging_editions(scope=Scope(group=many.pk)) == {EDITION: 2}


def test_a_stored_value_that_a_rule_cannot_compare_with_is_passed_over() -> None:
    with_value: dict[str, Any] = {"group": None, "rule": "container-restart-bounded", "name": "maximum"}
    assert fits(setting=ParameterSetting(**with_value, value=4))
    assert not fits(setting=ParameterSetting(**with_value, value="four"))
    version: dict[str, Any] = {"group": None, "rule": "daemon-minimum-version", "name": "minimum"}
    assert fits(setting=ParameterSetting(**version, value="24.0"))
    assert not fits(setting=ParameterSetting(**version, value="soon"))
