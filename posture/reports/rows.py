"""Rows of evidence as the template prints them."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from posture.reports.asked import say_seen, say_wanted
from posture.reports.content import EvidenceRow, Observation, Place
from posture.reports.figures import Numerals
from posture.reports.text import LONGEST, printable

NAMES = 50  # of resources of one host in a row of its own report; a group's report names fewer
NAMES_IN_GROUP = 4
HOSTS = 24  # that share one row
BESIDE = 4  # observations shown beside what does not pass
SHORT = 160  # signs of a value that is as it should be
WITHOUT_NAMES = ("daemon", "host", "swarm")  # a host has one of each: its own name says enough

DIGEST = re.compile(r"(sha256:[0-9a-f]{12})[0-9a-f]{52}")  # in an image's name its first half-dozen bytes tell it

Data = dict[str, Any]
Row = list[EvidenceRow]  # those that say the same of different hosts


class Rows:
    """Puts evidence that says the same together, and into words."""

    def __init__(self, *, words: Mapping[str, str], numerals: Numerals, is_group: bool) -> None:
        self.words, self.numerals, self.is_group = words, numerals, is_group

    def reason(self, name: str) -> str:
        return self.words.get(f"reason.{name}", "") if name else ""

    def share(self, evidence: Sequence[EvidenceRow]) -> list[Row]:
        """The evidence with hosts that say the same put together."""
        most = HOSTS if self.is_group else 1
        same: dict[tuple[object, ...], list[Row]] = {}
        for row in evidence:
            rows = same.setdefault((row.kind, row.status, row.reason, row.facts), [])
            if not rows or len(rows[-1]) == most:
                rows.append([])
            rows[-1].append(row)
        return [row for rows in same.values() for row in rows]

    def print(self, rows: Row) -> Data:
        """One line of a table: what is the same, and where."""
        return {
            "resources": "; ".join(self.place(row) for row in rows),
            "status": rows[0].status,
            "reason": self.told(self.reason(rows[0].reason), rows[0].because),
            "facts": self.facts(rows[0].facts),
            "since": self.numerals.day(min(row.since for row in rows)),
        }

    def facts(self, facts: Sequence[tuple[str, str, str]], *, longest: int = LONGEST) -> list[list[str]]:
        """Fact, seen, wanted; the words of the last two in the report's language."""
        language = self.numerals.language
        told = [(fact, say_seen(seen, language), say_wanted(wanted, language)) for fact, seen, wanted in facts]
        return [[printable(text, longest=longest) for text in fact] for fact in told]

    def place(self, row: EvidenceRow) -> str:
        """The resources of one host, with its name where the report has several."""
        names = row.resources[: NAMES_IN_GROUP if self.is_group else NAMES]
        return self.named(row.host, row.kind, names, len(row.resources))

    def named(self, host: str, kind: str, names: Sequence[str], count: int) -> str:
        """ "web, api and 3 more", behind the host's name where the report has several."""
        listed = self.more(", ".join(self.name(name) for name in names), count - len(names))
        if not self.is_group:
            return listed
        name = printable(host)
        return name if kind in WITHOUT_NAMES else f"{name}{self.words['colon']}{listed}"

    def name(self, name: str) -> str:
        return printable(DIGEST.sub(r"\1…", name), longest=120)

    def more(self, listed: str, count: int) -> str:
        return f"{listed} {self.words['more_names'].format(count=self.numerals.count(count))}" if count > 0 else listed

    def told(self, *texts: str) -> str:
        """The texts that say something, one after the other."""
        return " – ".join(text for text in texts if text)

    def observe(self, observation: Observation) -> Data:
        """One line of a table for what passes, does not apply, or could not be listed."""
        listed = "; ".join(self.spot(observation.kind, place) for place in observation.places)
        if observation.resources > 1 and observation.kind not in WITHOUT_NAMES:
            listed = f"{listed} ({self.numerals.count(observation.resources)})"
        hosts = observation.hosts - len(observation.places)
        if hosts > 0:
            key = "more_hosts_one" if hosts == 1 else "more_hosts"
            listed = f"{listed} {self.words[key].format(count=self.numerals.count(hosts))}"
        return {
            "resources": listed,
            "status": observation.status,
            "reason": self.told(self.reason(observation.reason), printable(observation.because)),
            "facts": self.facts(observation.facts, longest=SHORT),
        }

    def spot(self, kind: str, place: Place) -> str:
        if any(place.names):
            return self.named(place.host, kind, place.names, place.count)
        unlisted = self.words[f"list.{kind}"]
        return f"{printable(place.host)}{self.words['colon']}{unlisted}" if self.is_group else unlisted
