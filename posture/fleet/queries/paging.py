"""Pages of a list."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Row = TypeVar("Row")
PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """One page of rows. ``number`` counts from 1."""

    rows: Sequence[Row]
    number: int
    total: int
    size: int = PAGE_SIZE

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.size))

    @property
    def first(self) -> int:
        """Number of the first row, from 1; 0 for an empty page."""
        return (self.number - 1) * self.size + 1 if self.rows else 0

    @property
    def last(self) -> int:
        return self.first + len(self.rows) - 1 if self.rows else 0

    @property
    def previous(self) -> int | None:
        return self.number - 1 if self.number > 1 else None

    @property
    def next(self) -> int | None:
        return self.number + 1 if self.number < self.pages else None


def window(*, number: int, size: int = PAGE_SIZE) -> slice:
    """The slice of a page."""
    return slice((number - 1) * size, number * size)


def page_of(*, rows: Sequence[Row], number: int, size: int = PAGE_SIZE) -> Page[Row]:
    """A page of rows that are all in memory; a number past the end gives the last page."""
    pages = max(1, -(-len(rows) // size))
    number = min(max(number, 1), pages)
    return Page(rows=rows[window(number=number, size=size)], number=number, total=len(rows), size=size)
