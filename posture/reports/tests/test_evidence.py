"""Evidence for what passes, does not apply or waits for a person; and that a report counts its own hosts only."""

import io
from datetime import timedelta

import pypdf
import pytest
from msgspec import UNSET

from posture.evaluation import catalogue
from posture.facts.tests.builders import container, hardened
from posture.facts.wire.snapshot import Source
from posture.fleet.models import Group, Host
from posture.fleet.tests.cast import START, machine, minute
from posture.reports import observations
from posture.reports.asked import say_seen, say_wanted
from posture.reports.binder import make_pdf
from posture.reports.content import Content, Control
from posture.reports.detail import Detail
from posture.reports.figures import Numerals
from posture.reports.gather import TREND, Wanted, gather_content, trend_start
from posture.reports.observations import GROUP, HOST, Collector
from posture.reports.phrases import phrases_in
from posture.reports.repeats import Repeats
from posture.reports.rows import BESIDE, NAMES, Rows

EDITION = "cis-docker-1.6.0"
NAMES_OF_MANY = [f"job-{number:02}" for number in range(60)]


def told(subject: Host | Group, *, language: str = "en") -> Content:
    return gather_content(
        Wanted(
            subject=subject,
            edition=EDITION,
            as_of=minute(30),
            language=language,
            zone="UTC",
            made_at=minute(31),
            made_by="alice",
            product_version="0.1.0",
        )
    )


def printed(content: Content) -> str:
    pages = pypdf.PdfReader(io.BytesIO(make_pdf(content))).pages
    return " ".join(" ".join(page.extract_text().split()) for page in pages)


def by_number(content: Content) -> dict[str, Control]:
    return {control.number: control for control in content.controls}


def detail(content: Content) -> Detail:
    """What puts this content's controls into words."""
    words = phrases_in(content.frame.language)
    numerals = Numerals(language=content.frame.language, zone="UTC")
    is_group = content.subject.kind == "group"
    return Detail(
        words=words,
        numerals=numerals,
        rows=Rows(words=words, numerals=numerals, is_group=is_group),
        is_group=is_group,
    )


@pytest.fixture
def fleet() -> list[Host]:
    """Three hosts with 2, 3 and 60 containers, of which 1, 3 and 60 have no memory limit."""
    casts = {
        "alpha": [hardened("api"), container("web")],
        "beta": [container(name) for name in ("one", "two", "three")],
        "gamma": [container(name) for name in NAMES_OF_MANY],
    }
    for name, containers in casts.items():
        board = machine(name)
        board.report(containers, at=minute(0))
        board.advance(now=minute(1))
    return list(Host.objects.order_by("name"))


@pytest.mark.long
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("language", "host_words", "group_words"),
    [
        ("en", "1 of 2 resources pass", "1 of 65 resources pass · Fail: 3 hosts"),
        ("fr", "1 ressource conforme sur 2", "1 ressource conforme sur 65 · Non conforme : 3 hôtes"),
    ],
)
def test_a_report_counts_its_own_hosts_only(
    fleet: list[Host], language: str, host_words: str, group_words: str
) -> None:
    title = catalogue.load().rules["container-memory-limit"].title[language]
    alpha, group = told(fleet[0], language=language), told(fleet[0].group, language=language)
    assert [(by_number(one)["5.11"].passed, by_number(one)["5.11"].failed) for one in (alpha, group)] == [
        (1, 1),
        (1, 64),
    ]
    one, whole = printed(alpha), printed(group)
    for text, words in ((one, host_words), (whole, group_words)):
        section = text[text.rindex(f"5.11 {title}") :]
        assert words in section[:300].replace("\u00a0", " ")
    assert not any(name in one for name in ("beta", "gamma", "three", "job-00"))
    assert all(name in whole for name in ("alpha", "beta", "gamma"))


@pytest.mark.long
@pytest.mark.django_db
def test_what_passes_is_shown_with_what_was_seen(fleet: list[Host]) -> None:
    beta = told(fleet[1])
    row = by_number(beta)["5.5"].observations[0]
    assert (row.status, row.resources, row.places[0].names) == ("pass", 3, ("one", "three", "two"))
    assert ("HostConfig.Privileged", "false", "= false") in row.facts
    text = printed(beta)
    assert "one, three, two (3) HostConfig.Privileged false · wanted = false" in text
    assert by_number(beta)["5.5"].remediation is None


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["en", "fr"])
def test_what_does_not_apply_says_why_in_the_rules_words(fleet: list[Host], language: str) -> None:
    rules = catalogue.load().rules
    controls = by_number(told(fleet[0], language=language))
    applies = rules["daemon-base-device-size"].applies
    assert applies is not None
    row = controls["2.11"].observations[0]
    assert (row.status, row.because) == ("not_applicable", applies.because[language])
    assert all(wanted == "" for _fact, _seen, wanted in row.facts)
    port, signature = controls["5.9"], controls["4.12"]
    assert port.asks == ("asks_value", rules["container-only-needed-ports"].parameters["allowed_ports"].title[language])
    assert signature.asks == ("asks_person", rules["image-signed-artefacts"].evidence[language])


@pytest.mark.django_db
def test_a_hosts_own_report_names_fifty_that_fail(fleet: list[Host]) -> None:
    gamma = told(fleet[2])
    control = by_number(gamma)["5.11"]
    assert [len(row.resources) for row in control.evidence] == [60]
    names = detail(gamma).print(control)["evidence"][0]["resources"]
    assert names == ", ".join(NAMES_OF_MANY[:NAMES]) + " and 10 more"


def test_digests_in_names_are_cut() -> None:
    words, numerals = phrases_in("en"), Numerals(language="en", zone="UTC")
    rows = Rows(words=words, numerals=numerals, is_group=False)
    assert rows.name("shop/api@sha256:" + "ab" * 32) == "shop/api@sha256:abababababab…"
    assert rows.name("sha256:" + "z" * 64) == "sha256:" + "z" * 64


@pytest.mark.django_db
def test_a_list_that_could_not_be_read_is_a_row() -> None:
    board = machine("deaf")
    failed = [Source(Name="docker.containers", Status="failed", Reason="timed_out")]
    board.report([], at=minute(0), sources=failed, Containers=UNSET)
    board.advance(now=minute(1))
    content = told(Host.objects.get())
    control = by_number(content)["5.5"]
    assert (control.status, control.remediation) == ("unknown", None)
    assert [(row.status, row.places[0].names) for row in control.observations] == [("unknown", ("",))]
    data = detail(content).print(control)
    assert data["seen"][0]["resources"] == "the list of containers"
    assert data["asks"] == ["Remediation", phrases_in("en")["asks_access"]]


@pytest.mark.django_db
def test_counts_agree_with_the_ledger(fleet: list[Host]) -> None:
    subjects: list[Host | Group] = [*fleet, fleet[0].group]
    for subject in subjects:
        for control in told(subject).controls:
            shown = sum(row.resources for row in control.observations if row.status == "pass")
            assert shown <= control.passed <= shown + control.unlisted


def test_rows_hosts_and_names_are_bounded_and_the_rest_is_counted() -> None:
    found = Collector(GROUP)
    for host in range(200):
        facts = (("Fact", str(host % 100), "= 1"),)
        found.add(f"host-{host}", {("pass", "container", "", "", facts): [f"c-{at}" for at in range(5)]})
    rows = found.observations()
    assert len(rows) == GROUP.rows
    assert len(found.bundles) == observations.KEYS
    assert all(len(row.places) <= GROUP.hosts for row in rows)
    assert all(len(place.names) <= GROUP.names for row in rows for place in row.places)
    assert sum(row.resources for row in rows) + found.left_out() == 1000


@pytest.mark.django_db
def test_beside_failures_few_observations_are_shown(fleet: list[Host]) -> None:
    content = told(fleet[0])
    for control in content.controls:
        seen = detail(content).print(control)["seen"]
        assert len(seen) <= (BESIDE if control.evidence else HOST.rows)


def test_the_trend_of_a_young_host_begins_with_it() -> None:
    assert trend_start(START, None) == START - TREND
    assert trend_start(START, START - 2 * TREND) == START - TREND
    assert trend_start(START, START - timedelta(days=20)) == START - timedelta(days=21)
    assert trend_start(START, START) == START - timedelta(minutes=10)


@pytest.mark.django_db
def test_the_trend_of_a_report_is_not_empty(fleet: list[Host]) -> None:
    subjects: list[Host | Group] = [fleet[0], fleet[0].group]
    for subject in subjects:
        trend = told(subject).trend
        assert trend.to_at - trend.from_at < timedelta(hours=1)
        assert any(point.score is not None for point in trend.points)


def test_lines_that_were_printed_before_are_named() -> None:
    repeats = Repeats(lambda count, number: f"[{count} as under {number}]")
    common = [f"line {at}" for at in range(10)]
    first = "\n".join([*common, "--memory 1g"])
    assert repeats.shorten(first, number="4.1") == first
    assert repeats.shorten("\n".join([*common, "--cpus 1"]), number="5.2") == "[10 as under 4.1]\n--cpus 1"
    assert repeats.shorten("short", number="5.3") == "short"
    assert [repeats.earlier("note", number=number) for number in ("4.1", "4.1", "5.2")] == ["", "", "4.1"]


@pytest.mark.parametrize(
    ("text", "french"),
    [
        ("one of a, b", "l’un de a, b"),
        ("not empty", "non vide"),
        ("not under /etc", "pas sous /etc"),
        ("newer than 30 days", "moins de 30 jours"),
        ("at least 30 days old", "au moins 30 jours"),
        ("more than 30 days ahead", "dans plus de 30 jours"),
        ("at most 30 days ahead", "dans au plus 30 jours"),
        ("≥ 24.0", "≥ 24.0"),
        ("= only", "= only"),
    ],
)
def test_what_is_wanted_is_said_in_french(text: str, french: str) -> None:
    assert say_wanted(text, "fr") == french
    assert say_wanted(text, "en") == text


def test_what_was_not_seen_leaves_its_reason_to_the_words_beside_it() -> None:
    assert [say_seen("not seen (not_permitted)", language) for language in ("en", "fr")] == ["not seen", "non constaté"]
    assert say_seen("not seen (at all)", "fr") == "not seen (at all)"
