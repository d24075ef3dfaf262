"""Limits of a container: memory, CPU, processes."""

import re
from collections.abc import Mapping

from posture.facts.engine import EngineState, since
from posture.facts.observed import FAILED, NOT_COLLECTED, seen, seen_or
from posture.facts.values import Unseen, Value
from posture.facts.wire.container import ContainerHostConfig

_CORES = re.compile(r"|[0-9]+(-[0-9]+)?(,[0-9]+(-[0-9]+)?)*")


def limit_facts(host: ContainerHostConfig, state: EngineState) -> Mapping[str, Value]:
    """As configured; the engine's null and keys that an old engine lacks are no limit."""
    memory = seen_or(host.Memory, 0)
    total = _memory_total(state)
    above: bool | Unseen
    if isinstance(memory, Unseen) or (isinstance(total, Unseen) and memory > 0):
        above = memory if isinstance(memory, Unseen) else NOT_COLLECTED
    else:
        above = memory > 0 and not isinstance(total, Unseen) and memory > total
    return {
        "HostConfig.Memory": memory,
        "MemoryAboveHost": above,
        "HostConfig.MemorySwap": seen_or(host.MemorySwap, 0),
        "HostConfig.CpuShares": _shares(seen_or(host.CpuShares, 0)),
        "HostConfig.NanoCpus": since(host.NanoCpus, 0, state, 1, 13),
        "HostConfig.CpuQuota": seen_or(host.CpuQuota, 0),
        "HostConfig.CpusetCpus": _cores(seen_or(host.CpusetCpus, "")),
        "HostConfig.PidsLimit": since(host.PidsLimit, 0, state, 1, 11),
    }


def _shares(shares: int | Unseen) -> int | Unseen:
    """No engine has a weight below zero."""
    return FAILED if not isinstance(shares, Unseen) and shares < 0 else shares


def _cores(cores: str | Unseen) -> str | Unseen:
    """A list of cores as cgroups write it: "0-3,8"."""
    return cores if isinstance(cores, Unseen) or _CORES.fullmatch(cores) else FAILED


def _memory_total(state: EngineState) -> int | Unseen:
    total = seen(state.info.MemTotal, state.no_info)
    return seen(state.host.MemTotal) if isinstance(total, Unseen) or total == 0 else total
