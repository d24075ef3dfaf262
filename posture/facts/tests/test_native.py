"""Whether a processor runs an image natively."""

import pytest

from posture.facts.native import runs_natively
from posture.facts.values import Reason, Unseen

HIDDEN = Unseen(Reason.NOT_COLLECTED)


@pytest.mark.parametrize(
    ("machine", "architecture", "variant", "wanted"),
    [
        ("x86_64", "amd64", "", True),
        ("x86_64", "386", "", True),
        ("amd64", "amd64", "", True),  # as Podman spells it
        ("x86_64", "amd64", "v3", HIDDEN),
        ("x86_64", "arm64", "v8", False),
        ("i686", "amd64", "", False),
        ("aarch64", "arm64", "", True),
        ("aarch64", "arm", "v7", True),
        ("aarch64", "amd64", "", False),
        ("armv7l", "arm", "v7", True),
        ("armv7l", "arm", "", True),
        ("armv7l", "arm", "v8", False),
        ("armv7l", "arm64", "", False),
        ("armv6l", "arm", "v6", True),
        ("armv6l", "arm", "v7", False),
        ("armv6l", "arm", "", HIDDEN),  # ARM images without a variant are mostly of v7
        ("armv8l", "arm", "v8", True),
        ("riscv64", "riscv64", "", True),
        ("sparc64", "amd64", "", HIDDEN),
        ("x86_64", "", "", HIDDEN),
        (HIDDEN, "amd64", "", HIDDEN),
        ("x86_64", HIDDEN, "", HIDDEN),
    ],
)
def test_processors(machine: str | Unseen, architecture: str | Unseen, variant: str, wanted: bool | Unseen) -> None:
    assert runs_natively(architecture, variant, machine) == wanted
