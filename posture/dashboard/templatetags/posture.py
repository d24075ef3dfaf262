"""What templates show often: marks of status and severity, moments, numbers, addresses, icons."""

import re
from collections.abc import Mapping
from datetime import datetime
from fractions import Fraction
from typing import Any

from django import template
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext

from posture.dashboard import numbers, words
from posture.dashboard.icons import ICONS
from posture.dashboard.rulebook import short_title
from posture.reports.asked import say_seen, say_wanted
from posture.reports.rows import DIGEST
from posture.reports.source_words import say_source

register = template.Library()
GLYPHS = {"fail": "✕", "pass": "✓", "manual": "◐", "unknown": "?", "not_applicable": "–"}
BARS = {"critical": 4, "high": 3, "medium": 2, "low": 1}
STATE_GLYPHS = {
    "reporting": "●",
    "late": "◔",
    "silent": "○",
    "offline": "☾",
    "never_seen": "·",
    "engine_unreadable": "◍",
    "retired": "–",
}
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+[+-]\d\d:\d\d\Z")
RUN_GLYPHS = {"waiting": "·", "running": "◔", "done": "✓", "unchanged": "–", "failed": "✕"}
CAUSE_GLYPHS = {"broken": "✕", "new": "+", "fixed": "✓", "gone": "−", "ruleset": "§"}


@register.simple_tag
def status(key: str, count: int | None = None) -> SafeString:
    """A status: glyph, fill and word."""
    extra = "" if count is None else format_html(' <b class="n">{}</b>', numbers.write_count(count))
    return format_html(
        '<span class="status {0}"><i aria-hidden="true">{1}</i><span>{2}{3}</span></span>',
        key if key in GLYPHS else "unknown",
        GLYPHS.get(key, "?"),
        words.word(words.STATUS, key),
        extra,
    )


@register.simple_tag
def glyph(key: str, count: int) -> SafeString:
    """A status as glyph and number, with its word for those who hear the page."""
    return format_html(
        '<span class="status {0} small" title="{2}">'
        '<i aria-hidden="true">{1}</i><span class="hidden">{2}</span> {3}</span>',
        key,
        GLYPHS.get(key, "?"),
        words.word(words.STATUS, key),
        numbers.write_count(count),
    )


@register.simple_tag
def mark(key: str) -> SafeString:
    """A status as its glyph alone, with its word for those who hear the page or point at it."""
    return format_html(
        '<span class="status {0} small" title="{2}">'
        '<i aria-hidden="true">{1}</i><span class="hidden">{2}</span></span>',
        key,
        GLYPHS.get(key, "?"),
        words.word(words.STATUS, key),
    )


def bar(place: int, *, on: bool) -> str:
    """One of four growing bars."""
    drawn = f'x="{4 * place}" y="{9 - 3 * place}" width="3" height="{3 * place + 3}"'
    return f"<rect {drawn}/>" if on else f'<rect class="off" {drawn}/>'


@register.simple_tag
def severity(key: str) -> SafeString:
    """A severity: one to four ink bars and the word; critical is reversed."""
    bars = mark_safe("".join(bar(place, on=place < BARS.get(key, 0)) for place in range(4)))  # noqa: S308 - our numbers
    return format_html(
        '<span class="severity {}">'
        '<svg width="15" height="12" viewBox="0 0 15 12" aria-hidden="true">{}</svg>{}</span>',
        key,
        bars,
        words.word(words.SEVERITY, key),
    )


@register.simple_tag
def state(key: str) -> SafeString:
    """How a host reports: glyph and word."""
    return format_html(
        '<span class="state {}"><i aria-hidden="true">{}</i>{}</span>',
        key,
        STATE_GLYPHS.get(key, "·"),
        words.word(words.STATE, key),
    )


@register.simple_tag
def run_state(key: str) -> SafeString:
    """How a visit to a machine stands: glyph and word."""
    return format_html(
        '<span class="state {}"><i aria-hidden="true">{}</i>{}</span>',
        key,
        run_glyph(key),
        words.word(words.RUN, key),
    )


@register.filter
def run_glyph(key: str) -> str:
    """The glyph of how a visit to a machine stands."""
    return RUN_GLYPHS.get(key, "·")


@register.simple_tag(name="cause")
def show_cause(key: str) -> SafeString:
    """Why something opened or closed: glyph and word."""
    return format_html(
        '<span class="cause {}"><i aria-hidden="true">{}</i>{}</span>',
        key,
        CAUSE_GLYPHS.get(key, "·"),
        words.word(words.CAUSE, key),
    )


@register.simple_tag
def ago(at: datetime | None) -> SafeString:
    """A moment relative to now, the exact one on hover."""
    if at is None:
        return format_html('<span class="quiet">{}</span>', numbers.ABSENT)
    return format_html(
        '<time datetime="{}" title="{}" data-ago>{}</time>',
        at.isoformat(),
        numbers.write_moment(at),
        numbers.write_ago(at, timezone.now()),
    )


@register.simple_tag
def moment(at: datetime | None) -> SafeString:
    """A moment to the minute, the exact one on hover."""
    if at is None:
        return format_html('<span class="quiet">{}</span>', numbers.ABSENT)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        at.isoformat(),
        numbers.write_moment(at),
        numbers.write_short_moment(at),
    )


@register.filter
def score(value: float | Fraction | None) -> str:
    return numbers.write_score(None if value is None else float(value))


@register.filter
def change(value: float | Fraction | None) -> str:
    return numbers.write_change(None if value is None else float(value))


@register.filter
def loss(value: float) -> str:
    """Points lost, as a negative change."""
    return numbers.write_change(-value)


@register.filter
def percent(value: float | None) -> str:
    return numbers.write_percent(value)


@register.filter
def count(value: int | None) -> str:
    return numbers.write_count(value or 0)


@register.filter
def detail_lines(details: Mapping[str, object]) -> list[tuple[str, str]]:
    """What an action of the audit log tells, as (name, value): before, after, then the rest."""
    known = [name for name in words.DETAIL if name in details]
    names = [*known, *(name for name in details if name not in known)]
    return [(str(words.DETAIL.get(name, name)), detail_value(details[name])) for name in names]


def detail_value(value: object) -> str:
    """A list with commas, a moment to the minute; a dash for nothing, which is what held before a first choice."""
    if isinstance(value, list):
        return ", ".join(str(one) for one in value) or numbers.ABSENT
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if value is None:
        return numbers.ABSENT
    moment_told = parse_moment(value) if isinstance(value, str) else None
    return str(value) if moment_told is None else numbers.write_short_moment(moment_told)


def parse_moment(text: str) -> datetime | None:
    """A moment as the audit log keeps it ("2026-03-01T08:00:00+00:00"); None for any other text."""
    if MOMENT.match(text) is None:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


@register.filter
def score_word(key: str) -> str:
    return words.word(words.SCORE, key)


@register.filter
def state_word(key: str) -> str:
    return words.word(words.STATE, key)


@register.filter
def run_word(key: str) -> str:
    """How a visit stands, within a sentence."""
    return words.word(words.RUN, key).lower()


@register.filter
def severity_word(key: str) -> str:
    return words.word(words.SEVERITY, key)


@register.filter
def kind_word(key: str) -> str:
    return words.word(words.KIND, key)


@register.filter
def reason_word(key: str) -> str:
    return words.word(words.REASON, key)


@register.filter
def source_words(detail: str) -> str:
    """Why a source could not be read, as an agent says it, in the reader's language."""
    return say_source(detail)


@register.filter
def assessment_word(key: str) -> str:
    return words.word(words.ASSESSMENT, key)


@register.filter
def judged_word(key: str) -> str:
    return words.word(words.JUDGED, key)


@register.filter
def cause_word(key: str) -> str:
    """What a check's status is due to, in short."""
    return words.word(words.DUE_TO, key)


@register.filter
def explain(key: str) -> str:
    """What a status, or what it is due to, means, in a sentence."""
    return words.word(words.EXPLAINED, key)


@register.filter
def short_edition(edition: str) -> str:
    """A benchmark's title as lists name it, by its id."""
    return short_title(edition)


@register.filter
def effect_word(key: str) -> str:
    return words.word(words.EFFECT, key)


@register.filter
def effect_short(key: str) -> str:
    return words.word(words.EFFECT_SHORT, key)


@register.filter
def short_name(name: str) -> str:
    """A resource's name; a digest in it by its first half-dozen bytes."""
    return DIGEST.sub(r"\1…", name)


@register.filter
def seen_words(text: str) -> str:
    """A value that was seen; one that was not, in the viewer's language."""
    return say_seen(text, get_language() or "en")


@register.filter
def wanted_words(text: str) -> str:
    """What is wanted, its operator in the viewer's language."""
    return say_wanted(text, get_language() or "en")


@register.filter
def via_word(key: str) -> str:
    return words.word(words.VIA, key)


@register.filter
def action_word(key: str) -> str:
    return words.word(words.ACTION, key)


@register.filter
def at_key(mapping: Mapping[str, Any], key: str) -> Any:
    """A value of a mapping, None where it has none."""
    return mapping.get(key)


@register.simple_tag
def icon(name: str) -> SafeString:
    """A drawn sign of 16 px; it never stands alone, so screen readers pass it by."""
    paths = mark_safe(ICONS[name])  # noqa: S308 - the fixed drawings of icons.py
    return format_html(
        '<svg class="icon" width="16" height="16" viewBox="0 0 16 16" aria-hidden="true">{}</svg>', paths
    )


@register.simple_tag(takes_context=True)
def go(context: Mapping[str, Any], name: str, *args: object, **more: object) -> str:
    """The address of another page, with the group and the moment of this one."""
    address = reverse(name, args=args)
    asked = context.get("asked")
    return asked.carry(address, **more) if asked else address


@register.simple_tag(takes_context=True)
def here(context: Mapping[str, Any], **changes: object) -> str:
    """This page's address with some values changed."""
    return str(context["asked"].address(**changes))


@register.inclusion_tag("parts/sort.html", takes_context=True)
def sortable(context: Mapping[str, Any], key: str, label: str, first: str = "", css: str = "") -> dict[str, Any]:
    """A column's head that sorts; ``first`` is the order of the first click (``-key`` for the largest first)."""
    current = str(context["sort"])
    ways = {key: f"-{key}", f"-{key}": key}
    target = ways.get(current, first or key)
    direction = {key: "ascending", f"-{key}": "descending"}.get(current, "")
    return {"address": context["asked"].address(sort=target), "label": label, "direction": direction, "css": css}


@register.filter
def words_list(text: str) -> list[str]:
    """The words of a text, to loop over a closed list."""
    return text.split()


@register.filter(name="int")
def whole(text: str) -> int:
    """A number of the address as a number, for plural forms."""
    return int(text)
