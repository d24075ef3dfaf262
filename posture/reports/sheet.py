"""The content of a report as the template's data: texts only, in the report's language, fit for the font."""

from typing import Any

from posture.evaluation.rule import ParameterValue
from posture.reports.content import STATUSES, Content, HostLine, Term, Uncovered
from posture.reports.detail import INLINE_ROWS, Detail
from posture.reports.figures import Numerals
from posture.reports.phrases import phrases_in
from posture.reports.pictures import draw_glyphs, draw_hosts, draw_sections, draw_trend
from posture.reports.rows import Rows
from posture.reports.source_words import say_source_in
from posture.reports.text import printable

PART_ROWS = 1200  # of evidence in one part of the appendix: bounds the typesetter's memory

Data = dict[str, Any]


class Sheet:
    """Turns one content into the data of its parts: the main part (0), then the parts of the appendix."""

    def __init__(self, content: Content) -> None:
        self.content = content
        self.words = phrases_in(content.frame.language)
        self.is_group = content.subject.kind == "group"
        self.numerals = Numerals(language=content.frame.language, zone=content.frame.zone)
        self.rows = Rows(words=self.words, numerals=self.numerals, is_group=self.is_group)

    def parts(self) -> list[Data]:
        """The data of every part; page numbers are not known yet."""
        appendix = self.appendix()
        return [self.main(), *({**self.frame(), "part": 1 + at, "appendix": part} for at, part in enumerate(appendix))]

    def frame(self) -> Data:
        """What every part needs."""
        content, frame, words = self.content, self.content.frame, self.words
        name = printable(content.subject.name)
        as_of = self.numerals.moment(frame.as_of)
        return {
            "language": self.numerals.language,
            "words": words,
            "glyphs": draw_glyphs(),
            "title": f"{words['title']}{words['colon']}{name}",
            "description": f"{name} · {words['as_of']} {as_of} · {printable(frame.edition_title)}",
            "keywords": ["Posture", printable(frame.edition)],
            "footer": f"{name} · {words['as_of']} {as_of} · {printable(frame.edition_title)}",
            "is_group": self.is_group,
            "first_page": 1,
            "total_pages": 1,
        }

    def main(self) -> Data:
        content, words = self.content, self.words
        return {
            **self.frame(),
            "part": 0,
            "name": printable(content.subject.name),
            "kind_word": words[content.subject.kind],
            "title_line": words["title"],
            "demo": words["demo"] if content.subject.is_demo else "",
            "figures": self.figures(),
            "identity": self.identity(),
            "summary": self.summary(),
            "trend": draw_trend(content, words, self.numerals),
            "sections": {**draw_sections(content, words), **self.sections()},
            "hosts": {**draw_hosts(content, words), **self.hosts()} if content.hosts else {},
            "uncovered": self.uncovered(),
            "terms": [self.term(term) for term in self.content.terms],
            "controls": [self.detail().glance(control) for control in content.controls],
            "details": self.details(),
            "legend": [[status, words[f"legend.{status}"]] for status in STATUSES],
        }

    def figures(self) -> list[Data]:
        found, words = self.content.figures, self.words
        judged = f"{self.numerals.count(found.judged_hosts)} / {self.numerals.count(found.hosts)}"
        return [
            {
                "name": words["score"],
                "value": self.numerals.score(found.score),
                "note": f"{words['of_100']} · {words[f'word.{found.word}']}",
            },
            {
                "name": words["coverage"],
                "value": self.numerals.percent(found.coverage),
                "note": f"{words['hosts_judged']} {judged}",
            },
            {
                "name": words["open_criticals"],
                "value": self.numerals.count(found.open_criticals),
                "note": words["severity.critical"],
            },
        ]

    def identity(self) -> list[list[str | bool]]:
        """Rows of the cover: name, text, whether it is set in the fixed-width face."""
        frame, words = self.content.frame, self.words
        several = "rulesets" if len(frame.rulesets) > 1 else "ruleset"
        rows: list[list[str | bool]] = [
            [words[name], printable(text), name == "digest"] for name, text in self.content.subject.details
        ]
        subject = self.content.subject
        for name, moment in (("observed", subject.observed_at), ("confirmed", subject.confirmed_at)):
            if moment:
                rows.append([words[name], self.numerals.moment(moment), False])
        return [
            *rows,
            [words["edition"], f"{printable(frame.edition_title)} ({printable(frame.edition)})", False],
            [words["as_of"], self.numerals.moment(frame.as_of), False],
            [words["zone"], frame.zone, False],
            [words[several], "\n".join(frame.rulesets) or words["none"], True],
            [words["made_at"], self.numerals.moment(frame.made_at), False],
            [words["made_by"], printable(frame.made_by), False],
            [words["product"], f"Posture {frame.product_version}", False],
        ]

    def summary(self) -> list[str]:
        content, words, numerals = self.content, self.words, self.numerals
        found = content.figures
        first = words["summary_host"].format(
            as_of=numerals.moment(content.frame.as_of),
            name=printable(content.subject.name),
            score=numerals.score(found.score),
            edition=printable(content.frame.edition_title),
            word=words[f"word.{found.word}"].lower(),
            coverage=numerals.percent(found.coverage),
            criticals=numerals.count(found.open_criticals),
        )
        sums = {status: sum(line.counts.get(status, 0) for line in content.sections) for status in STATUSES}
        counts = {name: numerals.count(value) for name, value in sums.items() if name != "pass"}
        total = numerals.count(sum(sums.values()))
        last = words["summary_controls"].format(total=total, passed=numerals.count(sums["pass"]), **counts)
        if not self.is_group:
            return [first, last]
        hosts, judged = numerals.count(found.hosts), numerals.count(found.judged_hosts)
        return [first, words["summary_group"].format(hosts=hosts, judged=judged), last]

    def sections(self) -> Data:
        header = [self.words["section"], *(self.words[f"status.{status}"] for status in STATUSES)]
        rows = [
            [
                printable(f"{line.number} {line.title}"),
                *(self.numerals.count(line.counts.get(status, 0)) for status in STATUSES),
            ]
            for line in self.content.sections
        ]
        return {"header": header, "rows": rows}

    def hosts(self) -> Data:
        names = ("host", "board", "engine", "status", "score_short", "coverage_short", "criticals_short", "observed")
        return {
            "header": [self.words[name] for name in names],
            "rows": [self.host(line) for line in self.content.hosts],
        }

    def host(self, line: HostLine) -> list[str]:
        numerals = self.numerals
        return [
            printable(line.name),
            printable(line.board),
            printable(line.engine),
            self.words[f"state.{line.state}"],
            numerals.score(line.score),
            numerals.percent(line.coverage),
            numerals.count(line.open_criticals),
            numerals.day(line.seen_at) if line.seen_at else self.words["never"],
        ]

    def uncovered(self) -> list[list[str]]:
        """Rows of why, hosts, since; hosts with the same reason share a row."""
        same: dict[str, list[Uncovered]] = {}
        for line in self.content.uncovered:
            same.setdefault(self.why(line), []).append(line)
        return [[why, self.names(lines), self.since(lines)] for why, lines in same.items()]

    def why(self, line: Uncovered) -> str:
        why = self.words[f"uncovered.{line.why}"]
        if line.source:
            why = f"{why}{self.words['colon']}{printable(line.source)}"
        if line.reason:
            why = f"{why}, {self.rows.reason(line.reason)}"
        detail = say_source_in(self.content.frame.language, line.detail)
        return f"{why} ({printable(detail)})" if detail else why

    def names(self, lines: list[Uncovered]) -> str:
        return ", ".join(dict.fromkeys(printable(line.host) for line in lines))

    def since(self, lines: list[Uncovered]) -> str:
        """The earliest day, where one is known."""
        days = [line.since for line in lines if line.since]
        return self.numerals.day(min(days)) if days else "–"

    def term(self, term: Term) -> Data:
        """One row of what decided besides the facts; how many hosts where it is not all of them."""
        value = self.value(term.value)
        if term.hosts < self.content.figures.judged_hosts:
            hosts = self.words["hosts_status_one" if term.hosts == 1 else "hosts_status"]
            value = f"{value} ({hosts.format(count=self.numerals.count(term.hosts))})"
        return {
            "numbers": ", ".join(term.numbers),
            "title": printable(term.title),
            "value": value,
            "origin": self.words[f"origin.{term.origin}"],
            "is_policy": term.is_policy,
        }

    def value(self, value: ParameterValue) -> str:
        if value is None:
            return self.words["not_given"]
        if isinstance(value, bool):
            return self.words["yes" if value else "no"]
        if isinstance(value, tuple):
            return ", ".join(printable(one) or "“”" for one in value) or self.words["nothing_allowed"]
        return self.numerals.count(value) if isinstance(value, int) else printable(value)

    def detail(self) -> Detail:
        return Detail(words=self.words, numerals=self.numerals, rows=self.rows, is_group=self.is_group)

    def details(self) -> list[Data]:
        detail = self.detail()
        return [
            {
                "title": printable(f"{line.number} {line.title}"),
                "controls": [
                    detail.print(control) for control in self.content.controls if control.section == line.number
                ],
            }
            for line in self.content.sections
        ]

    def appendix(self) -> list[list[Data]]:
        """The evidence that the main part left out, in parts of at most ``PART_ROWS`` rows."""
        parts: list[list[Data]] = []
        room = 0
        for control in self.content.controls:
            rows = self.rows.share(control.evidence)[INLINE_ROWS:]
            while rows:
                if room == 0:
                    parts.append([])
                    room = PART_ROWS
                piece, rows = rows[:room], rows[room:]
                room -= len(piece)
                parts[-1].append(
                    {
                        "number": control.number,
                        "title": printable(control.title),
                        "evidence": [self.rows.print(row) for row in piece],
                    }
                )
        return parts
