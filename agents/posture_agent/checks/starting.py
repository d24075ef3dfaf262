"""Whether something starts the agent, and how that went."""

from __future__ import annotations

from .. import running_by
from ..installed import SYSTEMD
from ..words import say
from . import FINE, NOTE, WRONG, Result

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Iterator


def check() -> Iterator[Result]:
    """The timer or cron."""
    runs = running_by.found()
    words = running_by.words(runs)
    if runs["by"] is None:
        yield Result(NOTE, words, say("posture-agent install sets up systemd's timer or cron."))
    elif not runs["active"]:
        advice = say("systemctl enable --now posture-agent.timer")
        yield Result(
            WRONG, say("started by %s", words), advice if runs["by"] == SYSTEMD else say("Start the cron daemon.")
        )
    elif runs["by"] == SYSTEMD and runs["last_result"] not in (None, "success"):
        yield Result(WRONG, words, say("journalctl -u posture-agent says more."))
    else:
        yield Result(FINE, say("started by %s", words))
