"""Editions and policies on the pages: chosen by group, seen one at a time, and explained."""

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from posture.dashboard import controls, rulebook
from posture.dashboard.tests.conftest import ClientOf
from posture.dashboard.tests.page import read
from posture.evaluation.catalogue import Catalogue
from posture.facts.tests.builders import container
from posture.fleet.models import AuditEntry, Group, Host, OpenCheckState, OpenScore, PolicySetting, Role
from posture.fleet.services.choices import editions_of
from posture.fleet.services.editions import set_editions
from posture.fleet.tests.cast import machine, make_key, minute
from posture.fleet.tests.factories import EDITION, make_group
from posture.fleet.tests.small_catalogue import small_catalogue

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def small(db: None) -> Iterator[Catalogue]:
    """Our own small edition with a policy, a strict one, and the product's."""
    with small_catalogue() as found:
        forget()
        yield found
    forget()


def forget() -> None:
    """What pages looked up in another catalogue."""
    rulebook._places.cache_clear()
    controls.judged_by_machine.cache_clear()


@pytest.fixture
def group() -> Group:
    """A group of one host, judged by our own edition and by the strict one."""
    made = make_group(edition="posture")
    set_editions(group=made, editions=["strict"], now=timezone.now(), actor="test", address=None)
    alpha = machine("alpha", key=make_key())
    alpha.report([container("web")], at=minute(0))
    alpha.advance(now=minute(1))
    return Group.objects.get(pk=made.pk)


def text(client: Client, name: str, *args: object, **query: str | int) -> str:
    answer = client.get(reverse(name, args=args), query)
    assert answer.status_code == 200, (name, answer.status_code)
    return answer.content.decode()


def actions() -> list[str]:
    return list(AuditEntry.objects.filter(actor="operator").values_list("action", flat=True))


def test_an_operator_chooses_editions_and_the_primary_one_for_a_group(operator: Client, group: Group) -> None:
    address = f"{reverse('settings-benchmarks')}?group={group.pk}"
    data = {"kind": "editions", "own": "yes", "edition": [EDITION], "primary": "strict"}
    assert operator.post(address, data).status_code == 302
    group.refresh_from_db()
    assert (group.primary_edition, group.editions) == ("strict", [EDITION])
    operator.post(address, {**data, "own": "no"})
    group.refresh_from_db()
    assert group.editions is None
    assert actions() == ["group.primary_edition", "group.editions", "group.editions"]
    for wrong in ({"primary": "none"}, {"edition": ["none"]}):
        operator.post(address, {**data, **wrong})
    group.refresh_from_db()
    assert (group.primary_edition, group.editions) == ("strict", None)
    assert operator.get(f"{reverse('settings-benchmarks')}?group=987654").status_code == 404


def test_ticks_count_though_the_list_from_above_stays_chosen(operator: Client, group: Group, small: Catalogue) -> None:
    set_editions(group=group, editions=None, now=timezone.now(), actor="test", address=None)
    address = f"{reverse('settings-benchmarks')}?group={group.pk}"
    data = {"kind": "editions", "own": "no", "primary": "posture"}
    in_force = editions_of([Group.objects.get(pk=group.pk)])
    other = next(one for one in small.editions if one not in in_force)
    operator.post(address, {**data, "edition": in_force})
    group.refresh_from_db()
    assert group.editions is None
    operator.post(address, {**data, "edition": [*in_force, other]})
    group.refresh_from_db()
    assert group.editions == sorted([*in_force, other])


def test_a_policy_is_chosen_explained_and_taken_back(operator: Client, viewer: Client, group: Group) -> None:
    page = reverse("settings-benchmarks")
    assert "by default" in text(viewer, "settings-benchmarks")
    operator.post(page, {"kind": "policy", "policy": "limits", "choice": "pids"})
    assert "chosen for the fleet" in text(viewer, "settings-benchmarks")
    html = text(viewer, "settings-benchmarks", group=group.pk)
    assert "from the fleet" in html
    for words in ("What bounds a container?", "One source asks", "A fork bomb ends its own", "Source 001"):
        assert words in html
    operator.post(f"{page}?group={group.pk}", {"kind": "policy", "policy": "limits", "choice": "nothing"})
    assert "chosen for this group" in text(viewer, "settings-benchmarks", group=group.pk)
    for wrong in ({"policy": "limits", "choice": "all"}, {"policy": "none", "choice": "pids"}):
        operator.post(page, {"kind": "policy", **wrong})
    operator.post(f"{page}?group={group.pk}", {"kind": "policy", "policy": "limits", "choice": ""})
    assert list(PolicySetting.objects.filter(group=None).values_list("choice", flat=True)) == ["pids"]
    assert PolicySetting.objects.count() == 1
    assert actions() == ["policy.chosen", "policy.chosen", "policy.cleared"]


@pytest.mark.parametrize("role", [Role.VIEWER, Role.AUDITOR])
def test_those_who_only_read_may_not_choose(client_of: ClientOf, group: Group, role: Role) -> None:
    address = f"{reverse('settings-benchmarks')}?group={group.pk}"
    for data in ({"kind": "policy", "policy": "limits", "choice": "pids"}, {"kind": "editions", "own": "no"}):
        assert client_of(role).post(address, data).status_code == 403
    assert not PolicySetting.objects.exists()
    forms = read(client_of(role).get(address).content.decode())
    assert not [one for one in forms.all("input") if one.attributes.get("name") == "primary"]


def test_pages_follow_the_group_or_the_address_and_carry_the_edition_on(viewer: Client, group: Group) -> None:
    html = text(viewer, "findings")
    assert "container-memory-limit" in html
    assert "container-pids-limit" not in html  # judged for the sake of “strict” alone
    strict = text(viewer, "findings", edition="strict")
    assert "container-pids-limit" in strict
    assert "container-memory-limit" not in strict
    links = [one.attributes.get("href", "") for one in read(strict).all("a")]
    carried = [link for link in links if link.startswith(("/hosts", "/changes", "/inventory", "/rules"))]
    assert carried
    assert all("edition=strict" in link for link in carried)
    assert "container-memory-limit" in text(viewer, "findings", edition="no such edition")
    make_group("Other", edition="strict")
    assert "container-memory-limit" in text(viewer, "findings", group=group.pk)


@pytest.mark.parametrize(
    "name", ["overview", "hosts", "findings", "containers", "changes", "search", "settings-benchmarks"]
)
@pytest.mark.parametrize("edition", ["posture", "strict", EDITION])
def test_every_page_names_the_edition_that_it_shows(viewer: Client, group: Group, name: str, edition: str) -> None:
    titles = {"posture": "Posture", "strict": "Strict", EDITION: "CIS Docker Benchmark 1.6.0"}
    shown = [one.attributes.get("title") for one in read(text(viewer, name, edition=edition)).all("strong")]
    assert titles[edition] in shown


def test_hosts_that_an_edition_does_not_judge_are_named_beside_the_score(viewer: Client, group: Group) -> None:
    for name in ("overview", "hosts", "findings"):
        assert "1 host in view is not judged by CIS Docker Benchmark 1.6.0" in text(viewer, name, edition=EDITION)
        assert "not judged by" not in text(viewer, name, edition="strict")
    assert "Not by this benchmark" in text(viewer, "hosts", edition=EDITION)
    host = Host.objects.get(name="alpha")
    assert "does not judge this host" in text(viewer, "host", host.pk, edition=EDITION)


def test_the_controls_of_an_edition_stand_in_its_order_with_what_the_publisher_says(
    viewer: Client, group: Group
) -> None:
    page = read(text(viewer, "findings", view="control"))
    numbers = [one.words for one in page.all("td") if one.attributes.get("data-label") == "Control"]
    assert numbers == ["1.1", "1.2", "1.3", "1.4"]
    assert "No control fits" in text(viewer, "findings", view="control", q="zzz")
    failing = read(text(viewer, "findings", view="control", status="fail"))
    assert "1.1" in [one.words for one in failing.all("td") if one.attributes.get("data-label") == "Control"]
    assert "1.4" not in [one.words for one in failing.all("td") if one.attributes.get("data-label") == "Control"]


def test_the_matrix_shows_a_sign_for_each_control_and_host(viewer: Client, group: Group) -> None:
    page = read(text(viewer, "findings", view="matrix"))
    rows = [one for one in page.all("tr") if "tbody" in one.parents]
    assert len(rows) == 4
    assert any("Fail" in row.words and "Limits" in row.words for row in rows)
    past = text(viewer, "findings", view="matrix", as_of=minute(0.5).isoformat())
    assert 'class="status fail small"' in past


def test_an_edition_shows_levels_counterparts_and_standing(viewer: Client, group: Group) -> None:
    html = text(viewer, "benchmark", "strict")
    assert 'aria-label="Strict 9.1"' not in html
    for words in ("9.1", "9.2", 'aria-label="Posture 1.3"', 'aria-label="CIS 1.6.0 5.15"', "judges 1 host in view"):
        assert words in html
    assert viewer.get(reverse("benchmark", args=["none"])).status_code == 404


def test_a_control_whose_policy_asks_for_nothing_says_so(operator: Client, group: Group) -> None:
    operator.post(reverse("settings-benchmarks"), {"kind": "policy", "policy": "limits", "choice": "nothing"})
    OpenCheckState.objects.filter(check_key="container-memory-limit").delete()  # as the next fold leaves it
    assert "not asked for" in text(operator, "findings", view="control")


def test_a_rule_names_its_controls_parameters_and_relatives(viewer: Client, group: Group, small: Catalogue) -> None:
    html = text(viewer, "rule", "container-restart-bounded", edition="strict")
    for words in ("9.2", "5.15", "fixed by the benchmark"):
        assert words in html
    assert "by default" in text(viewer, "rule", "container-restart-bounded", edition="posture")
    outside = text(viewer, "rule", "container-not-privileged", edition="strict")
    assert "Strict does not ask for this" in outside
    related = next(rule for rule in small.rules.values() if rule.related)
    assert small.rules[related.related[0]].title["en"] in text(viewer, "rule", related.id).replace("&amp;", "&")


def test_a_host_shows_its_score_in_every_edition_and_tells_causes_apart(viewer: Client, group: Group) -> None:
    host = Host.objects.get(name="alpha")
    html = text(viewer, "host", host.pk)
    assert "In every benchmark" in html
    assert OpenScore.objects.filter(host=host).count() == 2
    key = "container-memory-limit"
    OpenCheckState.objects.filter(check_key=key).update(status="fail", reason="unsupported_by_kernel", failed=1)
    OpenCheckState.objects.filter(check_key="container-no-sshd").update(
        status="unknown", reason="not_permitted", unknown=1
    )
    found = text(viewer, "host", host.pk, cause="unsupported")
    assert f'id="check-{key}"' in found
    assert "this kernel lacks what it takes" in found
    unread = text(viewer, "host", host.pk, cause="unread")
    assert 'id="check-container-no-sshd"' in unread
    assert f'id="check-{key}"' not in unread
    assert "the agent has no right to read it" in unread


def test_a_report_is_made_for_an_edition_that_judges_its_subject(client_of: ClientOf, group: Group) -> None:
    auditor = client_of(Role.AUDITOR)
    data = {"group": group.pk, "language": "en"}
    refused = auditor.post(reverse("reports"), {**data, "edition": EDITION})
    assert "This benchmark does not judge it" in refused.content.decode()
    assert auditor.post(reverse("reports"), {**data, "edition": "strict"}).status_code == 302
    host = {"host": Host.objects.get(name="alpha").pk, "language": "en", "edition": "posture"}
    assert auditor.post(reverse("reports"), host).status_code == 302
