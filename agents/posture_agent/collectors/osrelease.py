"""The os-release format: NAME=value lines, see os-release(5)."""

from __future__ import annotations


def variables(text: str) -> dict[str, str]:
    """Variables of an os-release file, quotes removed, values cut to 256 characters."""
    pairs = [line.split("=", 1) for line in text.splitlines() if "=" in line and not line.startswith("#")]
    return {name.strip(): value.strip().strip("\"'")[:256] for name, value in pairs}
