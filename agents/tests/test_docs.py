"""docs/agent.md says what the agent does: commands, statuses, purposes, patterns and units."""

from pathlib import Path

import pytest

from agents.posture_agent import failures, options
from agents.posture_agent.collectors import history, notable, purposes
from agents.posture_agent.secrets import TOKENS

TEXT = Path("docs/agent.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "word",
    [
        *purposes.PURPOSES,
        *(name for name, _ in TOKENS),
        *(trait for trait, _ in history.TRAITS),
        "committed",
        *(name for names in notable.PROGRAMS.values() for name in names.split()),
    ],
)
def test_every_closed_word_is_documented(word: str) -> None:
    assert f"`{word}`" in TEXT


@pytest.mark.parametrize("name", options.COMMANDS)
def test_every_command_is_documented(name: str) -> None:
    assert f"`posture-agent {name}" in TEXT


@pytest.mark.parametrize("name", options.SETTINGS)
def test_every_setting_is_documented(name: str) -> None:
    assert f"\n| `{name}` | `--{name}`" in TEXT


@pytest.mark.parametrize("name", sorted(set(options.OPTIONS) - {"help"}))
def test_every_option_is_documented(name: str) -> None:
    assert f"--{name}" in TEXT


def test_every_exit_status_is_documented() -> None:
    for name in ("OK", "TROUBLE", "USAGE", "STATE", "UNREACHABLE", "STOPPED", "REFUSED"):
        status = getattr(failures, name)
        assert f"\n| {status} | " in TEXT


@pytest.mark.parametrize("unit", ["posture-agent.service", "posture-agent.timer"])
def test_the_units_are_those_that_are_shipped(unit: str) -> None:
    assert Path("agents/posture_agent/systemd", unit).read_text(encoding="utf-8").rstrip() in TEXT
