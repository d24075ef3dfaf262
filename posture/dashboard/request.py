"""The request of a page: who asks, and what the address says about group, label, edition and moment."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast
from urllib.parse import urlencode

from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from posture.evaluation import catalogue
from posture.fleet.models import Account, Role
from posture.fleet.queries.editions import primary_edition
from posture.fleet.queries.scope import Scope, scope_of

CARRIED = ("group", "as_of", "edition")  # kept while going from page to page


@dataclass(frozen=True, slots=True)
class Asked:
    """What a page was asked for. ``at`` is None for now, else a moment of the past."""

    account: Account
    scope: Scope
    at: datetime | None
    now: datetime
    path: str
    query: QueryDict

    @property
    def edition(self) -> str:
        """The edition that the page shows."""
        return self.scope.edition or ""

    @property
    def names_edition(self) -> bool:
        """Whether the address says which edition; else it follows from what is shown."""
        return self.query.get("edition", "") in catalogue.load().editions

    def seen_by(self, edition: str) -> "Asked":
        """The same by another edition."""
        return replace(self, scope=replace(self.scope, edition=edition))

    @property
    def carried(self) -> list[tuple[str, str]]:
        """What a form of this page has to carry on, by name."""
        return [(name, str(self.query[name])) for name in CARRIED if self.query.get(name)]

    @property
    def moment(self) -> datetime:
        """The moment that the page shows."""
        return self.at or self.now

    def text(self, name: str, *, limit: int = 200) -> str:
        """A text of the address, without control characters and not longer than ``limit``."""
        value = "".join(sign for sign in self.query.get(name, "") if sign.isprintable())
        return value.strip()[:limit]

    def number(self, name: str) -> int | None:
        """A positive number of the address, None when absent or no number."""
        value = self.query.get(name, "")
        return int(value) if value.isascii() and value.isdigit() and 0 < len(value) < 10 else None

    @property
    def page(self) -> int:
        return self.number("page") or 1

    def choice(self, name: str, choices: tuple[str, ...], default: str = "") -> str:
        """One of a closed list; anything else reads as the default."""
        value = self.query.get(name, "")
        return value if value in choices else default

    def address(self, **changes: object) -> str:
        """This page's address with some values changed; None takes a value away. A new filter starts at page 1."""
        query = self.query.copy()
        if "page" not in changes:
            query.pop("page", None)
        for name, value in changes.items():
            query.pop(name, None)
            if value not in (None, ""):
                query[name] = str(value)
        return f"{self.path}?{query.urlencode()}" if query else self.path

    def carry(self, address: str, **more: object) -> str:
        """Another page's address with the group, moment and edition of this one."""
        kept = {name: self.query[name] for name in CARRIED if self.query.get(name)}
        kept.update({name: str(value) for name, value in more.items() if value not in (None, "")})
        return f"{address}?{urlencode(kept)}" if kept else address

    def may(self, role: Role) -> bool:
        return self.account.may(role)


def read_moment(text: str, *, now: datetime) -> datetime | None:
    """A moment of the address: RFC 3339, or a local time of the page's zone. The future and nonsense read as now."""
    try:
        at = parse_datetime(text.strip().replace(" ", "+"))
        if at is None:
            at = parse_datetime(text.strip())
    except ValueError:
        return None
    if at is None:
        return None
    if timezone.is_naive(at):
        at = timezone.make_aware(at)
    return at if at.year > 1970 and at < now else None


def ask(request: HttpRequest) -> Asked:
    """Read the request of a signed-in person."""
    account = cast(Account, request.user)
    now = timezone.now()
    groups = request.GET.get("group", "")
    group = int(groups) if groups.isascii() and groups.isdigit() and len(groups) < 10 else None
    labels = request.GET.get("label", "")
    label = int(labels) if labels.isascii() and labels.isdigit() and len(labels) < 10 else None
    scope = scope_of(account=account, group=group, label=label)
    edition = request.GET.get("edition", "")
    if edition not in catalogue.load().editions:
        edition = primary_edition(scope=scope)
    return Asked(
        account=account,
        scope=replace(scope, edition=edition),
        at=read_moment(request.GET.get("as_of", ""), now=now),
        now=now,
        path=request.path,
        query=request.GET,
    )
