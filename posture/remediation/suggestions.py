"""Values a fix proposes where only the operator knows the right one."""

from collections.abc import Mapping
from dataclasses import dataclass

from posture.facts.resource import Resource
from posture.facts.values import Value

MEBIBYTE = 1024 * 1024
USER = "10001:10001"
CPUS = "1.0"
PIDS = 256
HEALTH_PORT = 8080
_MEMORY = 512  # MiB, when nothing was measured
_LEAST_MEMORY = 16  # MiB: engines refuse less than 6
PEAK_LABEL = "memory_peak"  # bytes, decimal: the largest use measured, where it was


@dataclass(frozen=True, slots=True)
class Suggestions:
    user: str
    memory: int  # MiB
    cpus: str
    pids: int


def suggest(resource: Resource, context: Mapping[str, Value]) -> Suggestions:
    """Twice the measured peak of memory, else 512 MiB; never more than half of a small host."""
    peak = resource.labels.get(PEAK_LABEL, "")
    memory = _MEMORY
    if peak.isascii() and peak.isdecimal() and int(peak) > 0:
        memory = max(_LEAST_MEMORY, -(-2 * int(peak) // MEBIBYTE))
    total = context.get("engine.MemTotal")
    if isinstance(total, int) and total > 0:
        memory = max(_LEAST_MEMORY, min(memory, total // 2 // MEBIBYTE))
    return Suggestions(user=USER, memory=memory, cpus=CPUS, pids=PIDS)


def health_command(port: int) -> str:
    return f"wget -q -O /dev/null http://127.0.0.1:{port}/ || exit 1"
