"""A user's first hour: from `bin/up` to a fixed container and the compliance PDF, in a real browser on a real engine.

The tests share one product. They stand in the order in which they save time: while the agent's next look is awaited,
the pages are tried in other ways.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Locator, Page, expect

from posture.tests.e2e.browser import PHONE, PROGRAM, SECONDS, allow_clipboard, chromium, visit
from posture.tests.e2e.desk import WEB, Desk, open_finding, product, sign_in, start_containers, type_in_shell
from posture.tests.e2e.document import Document, read_document, shades
from posture.tests.engine import TestEngine, available
from posture.tests.requirements import require

pytestmark = [pytest.mark.browser, pytest.mark.engine, pytest.mark.slow]

MEMORY = "A memory limit is set"
EDITION = "cis-docker-1.8.0"  # it asks for a memory limit; Posture, which comes first, for one of swap as well
# The agent looks every minute, an open page asks every ten seconds.
NEXT_LOOK = 100 * SECONDS
PAGES = ("/", "/hosts", "/findings", "/inventory/containers", "/changes", "/reports", "/settings", "/add-host")
DEEPER = (
    "/findings?view=control",
    "/findings?view=matrix",
    "/benchmarks/posture",
    "/settings/groups",
    "/settings/benchmarks",
    "/settings/people",
    "/settings/audit",
    "/settings/system",
)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The product, started as a user does, seen through a browser whose user signed in for the first time."""
    require("dockerd", available())
    require("chromium", PROGRAM is not None)
    folder = tmp_path_factory.mktemp("product")
    session = folder / "session.json"
    with TestEngine(namespace=True) as engine, chromium() as browser:
        start_containers(engine)
        with product(engine, folder) as running:
            sign_in(browser, running, session)
            running.wait_for("sequence 1 delivered")
            yield Desk(engine, running, browser, session)


@dataclass(frozen=True)
class Open:
    """Two pages that were open before the fix, and what they showed."""

    finding: Page
    host: Page
    score: str  # as the page writes it: "67.5"
    points: int
    fix: str


@pytest.fixture(scope="module")
def opened(desk: Desk) -> Iterator[Open]:
    """The finding and its host in two windows; then the fix is typed on the host."""
    with (
        visit(desk.browser, desk.url, session=desk.session) as host,
        visit(desk.browser, desk.url, session=desk.session) as finding,
    ):
        wait_for_containers(host)
        host.goto(f"/hosts?edition={EDITION}")
        host.locator("main tbody th a").click()
        finding.goto(f"/?edition={EDITION}")
        open_finding(finding, WEB, MEMORY)
        for page in (host, finding):
            page.evaluate("document.body.dataset.mine = 'yes'")  # a page that is loaded anew does not have it
        before = Open(finding, host, score_of(host).inner_text().split()[0], points_of(host).count(), copy_fix(finding))
        type_in_shell(desk.engine, before.fix)
        yield before


def wait_for_containers(page: Page) -> None:
    """The page of a product that has just begun: the first snapshot is scored within seconds."""
    end = time.monotonic() + 30
    page.goto("/inventory/containers")
    while not page.get_by_role("link", name=WEB).count():
        assert time.monotonic() < end, "no container was ever seen"
        page.wait_for_timeout(300)
        page.reload()


def score_of(page: Page) -> Locator:
    return page.locator(".tile .big").first


def points_of(page: Page) -> Locator:
    return page.locator("#trend-data tbody tr")


def copy_fix(page: Page) -> str:
    """Press "Copy" beside the command for the running container."""
    allow_clipboard(page.context)
    page.get_by_role("tab", name="On the running container").click()
    shown = page.locator("[role=tabpanel]:visible")
    shown.get_by_role("button", name="Copy").click()
    expect(shown.get_by_role("button", name="Copied")).to_be_visible()
    copied = str(page.evaluate("navigator.clipboard.readText()"))
    assert copied.strip() == shown.locator("code").inner_text().strip()
    return copied


def test_a_finding_says_what_was_seen_and_how_to_fix_it(opened: Open) -> None:
    page = opened.finding
    assert opened.fix.startswith("docker update --memory ")
    assert opened.fix.split()[-1] == WEB, "the real name, not a placeholder"
    assert "{" not in opened.fix
    text = page.locator("main").inner_text()
    assert "HostConfig.Memory 0 wanted > 0" in " ".join(text.split())
    assert "5.11" in text


def test_the_engine_s_containers_are_listed(desk: Desk, opened: Open) -> None:
    with visit(desk.browser, desk.url, session=desk.session) as page:
        page.goto("/inventory/containers")
        failing = {
            row.locator("th").inner_text().strip(): int(row.locator("strong").inner_text())
            for row in page.locator("main tbody tr").all()
        }
    assert failing.keys() == {WEB, "db", "cache"}
    assert failing["db"] < failing["cache"] <= failing[WEB]


@pytest.fixture(scope="module")
def addresses(desk: Desk, opened: Open) -> list[str]:
    """The main pages, and one of each kind below them."""
    with visit(desk.browser, desk.url, session=desk.session) as page:
        page.goto("/hosts")
        host = page.locator("main tbody th a").get_attribute("href") or ""
        page.goto("/inventory/containers")
        container = page.locator("main tbody th a").first.get_attribute("href") or ""
        page.goto(container)
        finding = page.get_by_role("link", name="Exact fix").first.get_attribute("href") or ""
        page.goto("/findings")
        rule = page.locator("main tbody th a").first.get_attribute("href") or ""
    return [*PAGES, *DEEPER, host, container, finding, rule]


def test_pages_read_without_javascript(desk: Desk, addresses: list[str]) -> None:
    with visit(desk.browser, desk.url, session=desk.session, script=False) as page:
        for address in addresses:
            page.goto(address)
            assert page.locator("h1").count() == 1, address
            assert page.locator(".nav-rail").is_visible(), address
            assert page.locator(".needs-js:visible").count() == 0, f"{address}: a button that cannot work"
        page.goto("/")
        assert page.locator("main svg").first.is_visible(), "the trend is drawn by the server"
        open_finding(page, "cache", "The number of processes is capped")
        commands = page.locator(".step pre")
        assert commands.count() > 1
        assert all(commands.nth(place).is_visible() for place in range(commands.count())), "no tab hides a fix"


def test_pages_fit_a_phone(desk: Desk, addresses: list[str]) -> None:
    with visit(desk.browser, desk.url, session=desk.session, size=PHONE) as page:
        for address in addresses:
            page.goto(address)
            width = page.evaluate("document.documentElement.scrollWidth")
            assert width <= PHONE[0], f"{address} is {width} pixels wide"
        page.get_by_text("Menu", exact=True).click()
        page.get_by_role("link", name="Hosts").first.click()
        page.get_by_role("heading", name="Hosts", level=1).wait_for()


# Whatever a form asks for has a name, each page has one heading of the first level, no id is given twice, and no
# button or link is empty to a screen reader.
STRUCTURE = """() => {
  const named = (e) => (e.textContent + (e.getAttribute('aria-label') || '') + (e.title || '')).trim();
  const fields = [...document.querySelectorAll('input:not([type=hidden]), select, textarea')];
  const ids = [...document.querySelectorAll('[id]')].map((e) => e.id);
  return {
    nameless: fields.filter((e) => !e.labels.length && !e.hasAttribute('aria-label')).map((e) => e.outerHTML),
    headings: document.querySelectorAll('h1').length,
    twice: ids.filter((id, place) => ids.indexOf(id) !== place),
    empty: [...document.querySelectorAll('a, button, summary')].filter((e) => !named(e)).map((e) => e.outerHTML),
    language: document.documentElement.lang,
    mains: document.querySelectorAll('main').length,
  };
}"""


def test_pages_are_well_formed_for_screen_readers(desk: Desk, addresses: list[str]) -> None:
    with visit(desk.browser, desk.url, session=desk.session) as page:
        for address in addresses:
            page.goto(address)
            assert page.evaluate(STRUCTURE) == {
                "nameless": [], "headings": 1, "twice": [], "empty": [], "language": "en", "mains": 1,
            }, address  # fmt: skip


def test_the_keyboard_reaches_everything(desk: Desk, opened: Open) -> None:
    with visit(desk.browser, desk.url, session=desk.session) as page:
        page.goto("/findings")
        page.keyboard.press("Tab")
        skip = page.locator(".skip")
        expect(skip).to_be_focused()
        expect(skip).to_be_in_viewport()
        page.keyboard.press("Enter")
        expect(page.locator("#main")).to_be_focused()
        for _press in range(3):
            page.keyboard.press("Tab")
            seen = page.evaluate(
                "() => [document.activeElement.closest('main') !== null,"
                " getComputedStyle(document.activeElement).outlineStyle]"
            )
            assert seen[0], "after the skip link the content follows"
            assert seen[1] != "none", "what has the focus shows it"
        page.keyboard.press("/")
        expect(page.get_by_role("searchbox", name="Search hosts, containers and rules")).to_be_focused()


def test_the_finding_closes_and_the_trend_moves_by_itself(opened: Open) -> None:
    closed = opened.finding.get_by_text("No open finding at this moment.")
    expect(closed).to_be_visible(timeout=NEXT_LOOK)
    assert "Fixed" in opened.finding.get_by_role("region", name="History").inner_text()
    expect(score_of(opened.host)).not_to_contain_text(opened.score, timeout=NEXT_LOOK)
    assert float(score_of(opened.host).inner_text().split()[0]) > float(opened.score)
    assert points_of(opened.host).count() == opened.points + 1, "the trend has a new step"
    for page in (opened.finding, opened.host):
        assert page.evaluate("document.body.dataset.mine") == "yes", "nobody reloaded the page"
    assert MEMORY in opened.host.locator("#more").inner_text(), "the latest changes name it"


@pytest.fixture(scope="module")
def document(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Document:
    """In French: ask for the PDF on the page of reports, see it being made, download it."""
    file = tmp_path_factory.mktemp("download") / "report.pdf"
    with visit(desk.browser, desk.url, session=desk.session) as page:
        page.goto("/reports")
        page.get_by_role("button", name="Français").click()
        page.get_by_role("heading", name="Rapports", level=1).wait_for()
        assert page.locator("html").get_attribute("lang") == "fr"
        page.get_by_label("Groupe", exact=True).select_option("")
        page.get_by_label("Hôte", exact=True).select_option(index=1)
        page.locator("form.fields button").click()
        page.wait_for_url("**/reports/*-*")
        seen = page.locator("#state").inner_text()
        end = page.locator("#state a.button, #state .error")
        end.wait_for(timeout=60 * SECONDS)
        assert "PDF" in end.inner_text(), "the page says what went wrong"
        with page.expect_download() as coming:
            end.click()
        coming.value.save_as(file)
        return read_document(file, name=coming.value.suggested_filename, progress=seen, page=page)


def test_the_pdf_says_what_the_page_says(document: Document) -> None:
    assert document.file_name.endswith(".pdf")
    assert "%" in document.progress, "the page showed how far it was"
    cover = document.pages[0]
    for words in (document.host, document.score, "Posture", "sha256:", "Score de posture"):
        assert words in cover, f"{words} is missing on the cover:\n{cover}"
    assert document.ruleset in "".join(cover.split())


def test_the_pdf_holds_every_control(document: Document) -> None:
    missing = [control for control in document.controls if control not in document.words]
    assert missing == []
    assert len(document.controls) > 100


def test_the_pdf_s_pages_are_numbered_and_drawn(document: Document) -> None:
    total = len(document.pages)
    assert 12 <= total <= 40
    for place, text in enumerate(document.pages, start=1):
        assert f"{place} / {total}" in text
    for place, dark in enumerate(shades(document.file), start=1):
        assert 0.002 < dark < 0.6, f"page {place} is blank or black: {dark:.4f} of it is not white"
