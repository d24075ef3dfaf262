"""Chromium as the tests drive it: every page is watched for errors, broken policy and requests to elsewhere."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response, sync_playwright

PROGRAM = shutil.which("chromium")
SWITCHES = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
# Another test made or removed a network interface: Chromium then ends what is under way, whoever it belongs to.
NETWORK_CHANGED = "net::ERR_NETWORK_CHANGED"
SECONDS = 1000  # playwright counts milliseconds
DESK = (1366, 768)
PHONE = (360, 740)


@dataclass
class Watch:
    """What should never happen on any page. Chromium reports a broken Content-Security-Policy as a console error."""

    origin: str
    troubles: list[str] = field(default_factory=list)

    def follow(self, page: Page) -> None:
        page.on("console", self.console)
        page.on("pageerror", lambda error: self.troubles.append(f"script: {error}"))
        page.on("request", self.request)
        page.on("response", self.response)
        page.on("requestfailed", self.request_failed)

    def console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and NETWORK_CHANGED not in message.text:
            self.troubles.append(f"console: {message.text}")

    def request(self, request: Request) -> None:
        scheme, host, *_rest = urlsplit(request.url)
        if f"{scheme}://{host}" != self.origin and scheme not in ("data", "blob"):
            self.troubles.append(f"request to elsewhere: {request.url}")

    def response(self, answer: Response) -> None:
        if answer.status >= 400:
            self.troubles.append(f"{answer.status}: {answer.url}")
        kind, policy = (answer.headers.get(name, "") for name in ("content-type", "content-security-policy"))
        if kind.startswith("text/html") and "default-src 'none'" not in policy:
            self.troubles.append(f"no strict Content-Security-Policy: {answer.url}")

    def request_failed(self, request: Request) -> None:
        # Leaving a page ends the requests that it still had under way, and a download is no page.
        if request.failure not in ("net::ERR_ABORTED", NETWORK_CHANGED):
            self.troubles.append(f"{request.failure}: {request.url}")


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser of the system, without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=PROGRAM, args=SWITCHES)
        yield browser
        browser.close()


@contextmanager
def visit(
    browser: Browser,
    origin: str,
    *,
    size: tuple[int, int] = DESK,
    script: bool = True,
    session: Path | None = None,
    trusting: bool = False,
) -> Iterator[Page]:
    """A page in a profile of its own; at the end nothing that should never happen has happened on it.

    ``trusting``: it takes any certificate, such as that of the product's own authority.
    """
    watch = Watch(origin)
    context = browser.new_context(
        base_url=origin,
        viewport={"width": size[0], "height": size[1]},
        java_script_enabled=script,
        storage_state=session,
        ignore_https_errors=trusting,
        locale="en-GB",
    )
    context.set_default_timeout(20 * SECONDS)
    page = context.new_page()
    watch.follow(page)
    yield page
    context.close()
    assert not watch.troubles, watch.troubles


def allow_clipboard(context: BrowserContext) -> None:
    """Let the test read what the "Copy" button wrote."""
    context.grant_permissions(["clipboard-read", "clipboard-write"])
