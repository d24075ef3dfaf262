"""The golden table of 2016: 73 printed verdicts on two days, beside today's."""

from posture.evaluation.verdict import Status
from posture.reports.worked import read_differences, read_printed, worked_example

# By hand from the listings: the checks whose printed verdict changed between the two days, all from WARN to PASS.
FLIPS = {"1.1", "2.1", "2.5", "2.13", "4.1", "4.5", "5.10", "5.11", "5.13"}
NEVER_PRINTED = {"1.3", "4.2", "4.3", "4.4", "5.8", "5.22", "5.23", "6.1", "6.2", "6.3"}
KINDS = {"mistaken", "vacuous", "unscored"}


def test_the_whole_table_is_compared() -> None:
    rows = {row.number: row for row in worked_example().rows}
    printed = read_printed()
    assert len(rows) == 83
    assert len(printed) == 73
    assert {number for number in rows if not rows[number].before.printed} == NEVER_PRINTED
    assert {number for number, row in printed.items() if row["before"] != row["after"]} == FLIPS
    counts = {moment: [row[moment] for row in printed.values()] for moment in ("before", "after")}
    assert [counts["before"].count(tag) for tag in ("PASS", "WARN", "INFO")] == [29, 24, 20]
    assert [counts["after"].count(tag) for tag in ("PASS", "WARN", "INFO")] == [38, 15, 20]


def test_every_difference_has_its_reason_and_every_reason_is_a_difference() -> None:
    differing = {
        (row.number, moment)
        for row in worked_example().rows
        for moment, side in (("before", row.before), ("after", row.after))
        if side.printed and side.printed != side.tag
    }
    explained = read_differences()
    assert set(explained) == differing
    for difference in explained.values():
        assert difference.kind in KINDS
        assert all(difference.reason[language].endswith(".") for language in ("en", "fr"))


def test_the_nine_flips_are_there() -> None:
    rows = {row.number: row for row in worked_example().rows}
    for number in FLIPS:
        assert rows[number].before.control.status is Status.FAIL, number
        assert rows[number].after.control.status is not Status.FAIL, number
    fixed = {number for number in FLIPS if rows[number].after.control.status is Status.PASS}
    # Nothing was fixed under 5.13: the second container publishes no port.
    assert FLIPS - fixed <= {"5.13"}
    assert {number for number, row in rows.items() if row.moved == "better"} == fixed
    assert rows["2.10"].moved == "other", "devicemapper came, and with it the control; nothing was fixed"
