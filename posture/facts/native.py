"""Whether a processor runs an image's programs natively, without emulation."""

from posture.facts.observed import NOT_COLLECTED
from posture.facts.values import Unseen

# What `uname -m` prints (engines print some of them in Go's spelling), and the image architectures of each with the
# variants that every such processor runs. A variant that is not listed needs more than the name promises.
_ARM = {"v5": 5, "v6": 6, "v7": 7, "v8": 8}
_PLAIN = frozenset(("", "v1"))
_ANY_ARM = frozenset(("", *_ARM))
_NATIVE: dict[str, dict[str, frozenset[str]]] = {
    "x86_64": {"amd64": _PLAIN, "386": _PLAIN},
    "i686": {"386": _PLAIN},
    "aarch64": {"arm64": frozenset(("", "v8")), "arm": _ANY_ARM},
    "armv8l": {"arm": _ANY_ARM},
    "armv7l": {"arm": frozenset(("", "v5", "v6", "v7"))},
    "armv6l": {"arm": frozenset(("v5", "v6"))},
    "armv5tel": {"arm": frozenset(("v5",))},
    "riscv64": {"riscv64": _PLAIN},
    "ppc64le": {"ppc64le": _PLAIN},
    "s390x": {"s390x": _PLAIN},
    "loongarch64": {"loong64": _PLAIN},
    "mips64": {"mips64le": _PLAIN, "mipsle": _PLAIN},
}
_SPELLINGS = {
    "amd64": "x86_64",
    "arm64": "aarch64",
    "i386": "i686",
    "i586": "i686",
    "386": "i686",
    "loong64": "loongarch64",
}


def runs_natively(architecture: str | Unseen, variant: str, machine: str | Unseen) -> bool | Unseen:
    """``architecture`` and ``variant`` of an image, ``machine`` as `uname -m` prints it. Unseen for unknown machines,
    and for a variant that only some processors of that name run."""
    if isinstance(machine, Unseen):
        return machine
    if isinstance(architecture, Unseen):
        return architecture
    known = _NATIVE.get(_SPELLINGS.get(machine, machine))
    if known is None or not architecture:
        return NOT_COLLECTED
    variants = known.get(architecture)
    if variants is None:
        return False
    if variant in variants:
        return True
    # A 32-bit ARM is what its name says; of other families the name tells too little.
    return False if architecture == "arm" and variant in _ARM else NOT_COLLECTED
