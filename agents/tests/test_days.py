"""Days are reckoned without the datetime module, as it would have reckoned them."""

from datetime import date

import pytest

from agents.posture_agent.clock import date_of, day_number

ZERO = date(1970, 1, 1).toordinal()


def test_days_agree_with_datetime() -> None:
    for ordinal in range(1, date.max.toordinal(), 997):
        day = date.fromordinal(ordinal)
        assert day_number(day.year, day.month, day.day) == ordinal - ZERO
        assert date_of(ordinal - ZERO) == (day.year, day.month, day.day)


@pytest.mark.parametrize("year", [0, 1, 1900, 2000, 2023, 2024, 9999, 10_000])
def test_what_is_no_day(year: int) -> None:
    for month in range(14):
        for day in range(33):
            try:
                wanted = date(year, month, day).toordinal() - ZERO
            except ValueError:
                with pytest.raises(ValueError, match="no such day"):
                    day_number(year, month, day)
            else:
                assert day_number(year, month, day) == wanted
