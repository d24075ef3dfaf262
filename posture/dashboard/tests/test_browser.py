"""The pages in a real browser: narrow screens, the keyboard, and news that disturb nobody.

``posture/tests/e2e`` walks through the whole product; here every page is opened, with rows made for it.
"""

from collections.abc import Iterator

import pytest
from django.contrib.sessions.backends.db import SessionStore
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from posture.dashboard.tests.addresses import readable_pages
from posture.fleet.models import Account, Host, Role
from posture.fleet.tests.factories import judge, make_account, make_fleet, make_host, make_resource
from posture.tests.e2e.browser import PHONE, PROGRAM, chromium, visit
from posture.tests.requirements import require

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Headless Chromium of the machine. Its driver runs an event loop in this thread, beside which rows are written."""
    require("chromium", PROGRAM is not None)
    with pytest.MonkeyPatch.context() as patch, chromium() as running:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        yield running


@pytest.fixture
def administrator() -> Account:
    return make_account(Role.ADMINISTRATOR)


@pytest.fixture
def fleet(administrator: Account) -> list[Host]:
    """Three ordinary hosts, and one with the longest names that there can be."""
    hosts = make_fleet(3)
    long = make_host("h" * 253)
    resource = make_resource(long, "c" * 256)
    judge(long, {"container-memory-limit": [resource], "container-not-privileged": [resource]}, at=long.created_at)
    return [*hosts, long]


def enter(page: Page, account: Account) -> None:
    """Give the browser a session, so that each test need not type."""
    session = SessionStore()
    session["_auth_user_id"] = str(account.pk)
    session["_auth_user_backend"] = BACKEND
    session["_auth_user_hash"] = account.get_session_auth_hash()
    session.save()
    origin = str(page.evaluate("location.origin"))
    page.context.add_cookies([{"name": "sessionid", "value": str(session.session_key), "url": origin}])


@pytest.mark.parametrize("language", ["en", "fr"])
def test_no_page_is_wider_than_a_phone(
    browser: Browser, live_server: LiveServer, administrator: Account, fleet: list[Host], language: str
) -> None:
    Account.objects.update(language=language)
    origin = live_server.url
    with visit(browser, origin, size=PHONE) as page:
        page.goto("/sign-in")
        enter(page, administrator)
        for host in (fleet[0], fleet[-1]):
            for name, (address, _least) in readable_pages(host).items():
                if name == "live":
                    continue
                page.goto(address)
                assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0], (name, language)


def test_the_keyboard_reaches_everything(
    browser: Browser, live_server: LiveServer, administrator: Account, fleet: list[Host]
) -> None:
    with visit(browser, live_server.url) as page:
        page.goto("/sign-in")
        enter(page, administrator)
        page.goto("/hosts")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"
        page.keyboard.press("/")
        assert page.evaluate("document.activeElement.id") == "search"
        page.keyboard.type("host-001")
        page.keyboard.press("Enter")
        page.get_by_role("link", name="host-001").click()
        page.locator("details.check summary").first.focus()
        page.keyboard.press("Enter")
        expect(page.locator("details.check[open] .inside").first).to_be_visible()
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        page.goto("/rules/container-memory-limit")
        page.get_by_role("tab").first.focus()
        page.keyboard.press("ArrowRight")
        assert page.get_by_role("tab", selected=True).inner_text() == page.get_by_role("tab").nth(1).inner_text()
        page.locator("summary", has_text="As of").focus()
        page.keyboard.press("Enter")
        expect(page.locator("#as-of")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.locator("#as-of")).to_be_hidden()


def test_news_keep_what_was_open_and_never_disturb_typing(
    browser: Browser, live_server: LiveServer, administrator: Account, fleet: list[Host]
) -> None:
    with visit(browser, live_server.url) as page:
        page.goto("/sign-in")
        enter(page, administrator)
        page.goto(f"/hosts/{fleet[0].pk}")
        page.locator("#check-container-memory-limit > summary").click()
        Host.objects.filter(pk=fleet[0].pk).update(board="Another board")
        page.locator("#id_name").focus()
        page.evaluate("htmx.trigger(document.body, 'posture-changed')")
        page.wait_for_timeout(500)
        assert page.get_by_text("Another board").count() == 0
        page.locator("h1").click()
        page.evaluate("document.activeElement.blur(); htmx.trigger(document.body, 'posture-changed')")
        expect(page.get_by_text("Another board")).to_be_visible()
        assert page.evaluate("document.title").startswith("host-000")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_theme_is_kept(
    browser: Browser, live_server: LiveServer, administrator: Account, fleet: list[Host], theme: str
) -> None:
    with visit(browser, live_server.url) as page:
        page.goto("/sign-in")
        enter(page, administrator)
        page.goto("/")
        for _press in range(["light", "dark"].index(theme) + 1):
            page.locator("[data-theme-toggle]").click()
        page.goto("/hosts")
        assert page.evaluate("document.documentElement.dataset.theme") == theme
        paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert paper == {"light": "rgb(246, 246, 243)", "dark": "rgb(20, 24, 31)"}[theme]
