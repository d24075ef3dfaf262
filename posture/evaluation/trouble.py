"""What is wrong with a rule or an edition, and where."""

from pathlib import Path


class DataError(ValueError):
    """A rule or edition that may not load. Its text names file, line and key where they are known."""

    def __init__(self, message: str, *, key: str = "", line: int = 0, path: Path | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.key = key
        self.line = line
        self.path = path

    def __str__(self) -> str:
        place = f"{self.path or 'rule'}:{self.line}" if self.line else str(self.path or "rule")
        return f"{place}: {self.key}: {self.message}" if self.key else f"{place}: {self.message}"
