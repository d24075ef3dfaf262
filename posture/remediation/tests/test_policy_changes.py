"""Changes of rules that only policies need: what they leave alone."""

from dataclasses import replace

import pytest

from posture.remediation.blueprint import Blueprint
from posture.remediation.changes import CHANGES, Background
from posture.remediation.suggestions import suggest
from posture.remediation.tests.samples import CONTEXT, resource

WEB = Blueprint(name="web", image="nginx")
BACKGROUND = Background({}, suggest(resource(), CONTEXT))
EIGHT = ("CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "SETFCAP", "SETPCAP")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ((), EIGHT),
        (("cap_chown", "NET_RAW"), ("cap_chown", "NET_RAW", *EIGHT[1:])),
        (("all",), ("all",)),  # nothing is left that could be dropped
    ],
)
def test_what_was_dropped_stays_dropped(before: tuple[str, ...], after: tuple[str, ...]) -> None:
    old = replace(WEB, privileged=True, capabilities_added=("SYS_TIME",), capabilities_dropped=before)
    new = CHANGES["container-listed-capabilities-dropped"](old, BACKGROUND)
    assert new == replace(WEB, capabilities_dropped=after)


def test_only_a_neighbours_namespaces_are_left() -> None:
    old = replace(WEB, pid="container:db", ipc="host", uts="host", network="container:db")
    new = CHANGES["container-no-neighbour-namespaces"](old, BACKGROUND)
    assert new == replace(old, pid="")
    podman = replace(WEB, pid="ns:/proc/7/ns/pid", ipc="pod", uts="pod")
    assert CHANGES["container-no-neighbour-namespaces"](podman, BACKGROUND) == WEB
