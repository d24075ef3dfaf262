"""Every page is well-formed, labelled, inert and holds the same content security policy."""

import pytest
from django.test import Client
from django.urls import reverse

from posture.dashboard.tests.addresses import readable_pages
from posture.dashboard.tests.conftest import ClientOf, People
from posture.dashboard.tests.page import Page, read
from posture.fleet.models import Host, Role
from posture.fleet.tests.factories import judge, make_fleet, make_group, make_host, make_resource

NOT_PAGES = {"live"}
HOSTILE = (
    "<script>alert(1)</script>",
    "\"'><img src=x onerror=alert(1)>",
    "\u202egnp.exe\u2066",
    "x" * 253,
    "{{ 7*7 }}{% debug %}",
    "javascript:alert(1)",
    "=cmd|' /C calc'!A0",
)


def check_structure(page: Page, name: str) -> None:
    assert page.unclosed == [], name
    assert [element.tag for element in page.open] == [], name
    assert len(page.all("h1")) == 1, name
    assert page.all("html")[0].attributes.get("lang") in {"en", "fr"}, name
    assert len(page.all("main")) == 1, name
    assert page.all("title")[0].words.strip(), name
    identities = [element.attributes["id"] for element in page.elements if "id" in element.attributes]
    assert len(identities) == len(set(identities)), (name, sorted(identities))
    for head in page.all("th"):
        assert head.attributes.get("scope") in {"col", "row"}, (name, head.attributes)


def check_labels(page: Page, name: str) -> None:
    labelled = {element.attributes.get("for") for element in page.all("label")}
    for element in page.elements:
        if element.tag in {"input", "select", "textarea"} and element.attributes.get("type") not in {
            "hidden",
            "submit",
        }:
            inside = "label" in element.parents
            assert inside or element.attributes.get("id") in labelled, (name, element.attributes)
        if element.tag in {"button", "a"}:
            assert element.words.strip() or element.attributes.get("aria-label"), (name, element.attributes)


def check_inert(page: Page, name: str) -> None:
    for element in page.elements:
        assert "style" not in element.attributes, (name, element.tag)
        assert element.tag != "style", name
        assert not any(key.startswith("on") for key in element.attributes), (name, element.attributes)
        if element.tag == "script":
            assert element.attributes.get("src", "").startswith("/static/"), name
            assert not element.words.strip(), name
        for key in ("href", "src", "action", "hx-get"):
            target = element.attributes.get(key, "/")
            assert target.startswith(("/", "#")), (name, target)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_page_is_well_formed(client_of: ClientOf, people: People, fleet: list[Host], language: str) -> None:
    people[Role.ADMINISTRATOR].language = language
    people[Role.ADMINISTRATOR].save()
    client = client_of(Role.ADMINISTRATOR)
    for name, (address, _least) in readable_pages(fleet[0]).items():
        if name in NOT_PAGES:
            continue
        page = read(client.get(address).content.decode())
        assert page.all("html")[0].attributes["lang"] == language
        for check in (check_structure, check_labels, check_inert):
            check(page, name)


def test_pages_before_signing_in_are_well_formed(stranger: Client) -> None:
    for address in (reverse("sign-in"), "/nowhere"):
        page = read(stranger.get(address).content.decode())
        for check in (check_structure, check_labels, check_inert):
            check(page, address)


def test_answers_allow_nothing_foreign_or_inline_nor_caching(administrator: Client, fleet: list[Host]) -> None:
    for name, (address, _least) in readable_pages(fleet[0]).items():
        answer = administrator.get(address)
        policy = answer["Content-Security-Policy"]
        rules = dict(part.strip().split(" ", 1) for part in policy.split(";") if part.strip())
        assert rules["default-src"] == "'none'", name
        assert rules["script-src"] == rules["style-src"] == "'self'", name
        assert rules["frame-ancestors"] == "'none'", name
        assert "unsafe" not in policy, name
        assert "no-store" in answer["Cache-Control"], name


@pytest.mark.long
def test_hostile_names_are_inert(administrator: Client) -> None:
    hosts = []
    for name in HOSTILE:
        host = make_host(name, group=make_group(name[:80]))
        resource = make_resource(host, name)
        judge(
            host, {"container-memory-limit": [resource]}, at=host.created_at, unknown={"container-no-sshd": [resource]}
        )
        hosts.append(host)
    own = ("host", "resource", "finding", "settings-group")
    for number, host in enumerate(hosts):
        for page_name, (address, _least) in readable_pages(host).items():
            # Lists show every name at once; a page of its own each host has only here.
            if page_name in NOT_PAGES or (number and page_name not in own):
                continue
            page = read(administrator.get(address).content.decode())
            check_inert(page, page_name)
            check_structure(page, page_name)
    html = administrator.get(reverse("hosts")).content.decode()
    assert "<script>alert" not in html
    assert "<img src=x" not in html
    for name in HOSTILE:
        page = read(administrator.get(reverse("search"), {"q": name}).content.decode())
        check_inert(page, name)


EVERYWHERE = (
    "?page=99999999999999999999",
    "?page=-1&group=x&label=%00",
    "?group=99999999999999999",
    "?as_of=nonsense",
    "?as_of=9999-99-99T99:99&days=999999",
    "?as_of=2026-02-30T00:00",
    "?as_of=0001-01-01T00:00&sort=%27",
)
SOMEWHERE = {
    "hosts": ("?q=%00%0a%1b", "?state=x&word=x&sort=-"),
    "findings": ("?status=zz&severity=<", "?section='&q=%"),
    "changes": ("?cause=x&host=x",),
    "containers": ("?kind=x&q=\\%_",),
    "search": ("?q=%00", "?q=%25"),
}


@pytest.mark.long
def test_hostile_addresses_are_understood_or_left_aside(viewer: Client) -> None:
    make_fleet(1)
    for name in ("overview", "hosts", "findings", "containers", "changes"):
        for query in (*EVERYWHERE, *SOMEWHERE.get(name, ())):
            assert viewer.get(reverse(name) + query).status_code == 200, (name, query)
    for query in SOMEWHERE["search"]:
        assert viewer.get(reverse("search") + query).status_code == 200, query
