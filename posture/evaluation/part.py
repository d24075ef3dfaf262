"""All resources of one kind on a host, judged: remembered by what it depends on, so that a change costs its own part.

Four memories, each below the other: a host's part as it is, a part that is nearly the same, a resource's row, a check's
answer to some values.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from posture.evaluation.answers import answers, questions
from posture.evaluation.ruleset import Check, Place, Ruleset
from posture.evaluation.score import Scored, Subtotal, moved, moves, rescored, scored, subtotal
from posture.evaluation.tally import (
    NO_ANSWERS,
    Row,
    Span,
    check_state,
    column,
    columns,
    differing,
    manual_state,
    meet,
    row,
)
from posture.evaluation.verdict import CheckState, Note
from posture.facts.memo import Memo
from posture.facts.resource import HostFacts, Resource
from posture.facts.values import Reason, Value
from posture.facts.vocabulary import Kind

_NO_CONTEXT: Mapping[str, Value] = {}
RowKey = tuple[str, str, str, str, bool]  # ruleset, resource's and context's digests, purpose, everything
PartKey = tuple[str, Kind, tuple[RowKey, ...], tuple[Reason, ...], bool]


@dataclass(frozen=True, slots=True)
class Part:
    """``rows``: of each resource, in their order. ``subtotals``: what the kind adds to each edition's score."""

    keys: tuple[RowKey, ...]
    rows: tuple[Row, ...]
    gaps: tuple[Reason, ...]
    states: Mapping[str, CheckState]
    scored: Scored
    subtotals: Mapping[str, Subtotal]
    span: Span

    @property
    def notes(self) -> list[tuple[Note, ...]]:
        return [one.notes for one in self.rows]


_parts: Memo[PartKey, Part] = Memo(1024)  # some 20 KiB each
_near: Memo[tuple[str, Kind, tuple[str, ...], bool], Part] = Memo(1024)  # by resources' keys: the last one like it
_rows: Memo[RowKey, Row] = Memo(4096)  # some 4 KiB each


@dataclass(frozen=True, slots=True)
class Judging:
    """What all of one judgement shares."""

    facts: HostFacts
    ruleset: Ruleset
    at: datetime
    everything: bool

    def part(self, kind: Kind, resources: Sequence[Resource]) -> Part:
        """The resources of this kind, which are all that the host has, judged."""
        digests, ruleset = self.facts.context_digest, self.ruleset.digest
        keys = tuple(
            [(ruleset, one.digest, digests.get(one.engine, ""), one.purpose, self.everything) for one in resources]
        )
        gaps = tuple([gap.reason for gap in self.facts.gaps if gap.kind is kind])
        key = (ruleset, kind, keys, gaps, self.everything)
        found = _parts.get(key)
        if found is None or not found.span.holds(self.at):
            names = (ruleset, kind, tuple([one.key for one in resources]), self.everything)
            near = _near.get(names)
            found = self._changed(kind, near, keys, resources) if near is not None and near.gaps == gaps else None
            found = found or self._whole(kind, keys, resources, gaps)
            _parts.put(key, found)
            _near.put(names, found)
        return found

    def _whole(
        self, kind: Kind, keys: tuple[RowKey, ...], resources: Sequence[Resource], gaps: tuple[Reason, ...]
    ) -> Part:
        rows = tuple([self._row(key, resource) for key, resource in zip(keys, resources, strict=True)])
        places: defaultdict[Place, list[Row]] = defaultdict(list)
        for resource, one in zip(resources, rows, strict=True):
            places[kind, resource.purpose].append(one)
        found = columns((self.ruleset.places.get(place, ()), judged) for place, judged in places.items())
        checks = self.ruleset.subjects[kind]
        there = bool(resources or gaps)
        states = {check.key: _state(check, *found.get(check.key, NO_ANSWERS), gaps, there=there) for check in checks}
        points = scored([(check.key, check.rule.severity) for check in checks], states)
        subtotals = {edition: subtotal(by_kind[kind], points) for edition, by_kind in self.ruleset.members.items()}
        return Part(keys, rows, gaps, states, points, subtotals, meet(one.span for one in rows))

    def _changed(self, kind: Kind, near: Part, keys: tuple[RowKey, ...], resources: Sequence[Resource]) -> Part | None:
        """The part made from one that is nearly the same: only what the changed rows touch is counted again.

        None where that does not do: files are judged by purpose, and another number of judged resources may not fit the
        denominator of the points.
        """
        if kind is Kind.FILE or not near.span.holds(self.at):
            return None
        rows = list(near.rows)
        touched: set[int] = set()
        for index, (old, new) in enumerate(zip(near.keys, keys, strict=True)):
            if old != new:
                rows[index] = self._row(new, resources[index])
                touched.update(differing(near.rows[index], rows[index]))
        judged = self.ruleset.places.get((kind, ""), ())
        checks = [judged[index] for index in sorted(touched)]
        changed = {judged[index].key: _state(judged[index], *column(rows, index), near.gaps) for index in touched}
        points = rescored(near.scored, [(check.key, check.rule.severity) for check in checks], changed)
        if points is None:
            return None
        found = moves(near.scored, points, changed)
        members = self.ruleset.members
        subtotals = {
            edition: moved(before, members[edition][kind], found) for edition, before in near.subtotals.items()
        }
        states = {**near.states, **changed}
        return Part(keys, tuple(rows), near.gaps, states, points, subtotals, meet(one.span for one in rows))

    def _row(self, key: RowKey, resource: Resource) -> Row:
        found = _rows.get(key)
        if found is None or not found.span.holds(self.at):
            context = self.facts.context.get(resource.engine, _NO_CONTEXT)
            place = (resource.kind, resource.purpose)
            asked = questions(self.ruleset, place, context, key[2], everything=self.everything)
            found = row(
                answers(asked, resource.facts, context, self.at, everything=self.everything),
                since=self.at if any(question.logic.timed for question in asked) else None,
            )
            _rows.put(key, found)
        return found


def _state(
    check: Check, codes: bytes, unseen: Reason | None, gaps: tuple[Reason, ...], *, there: bool = True
) -> CheckState:
    """``there``: the host has, or may have, something of this kind."""
    manual = check.logic.manual
    if manual is None:
        return check_state(check.key, codes, unseen, gaps)
    return manual_state(check.key, manual, there=there)


def forget() -> None:
    """Empties the memory of parts and rows."""
    for memory in (_parts, _near, _rows):
        memory.clear()
