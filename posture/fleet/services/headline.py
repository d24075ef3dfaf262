"""The headline of a host: what lists show of its newest facts."""

from dataclasses import dataclass

from msgspec import UNSET, UnsetType

from posture.facts.wire import snapshot as wire
from posture.facts.wire.engine import Engine
from posture.fleet.services.hostile_text import fit


@dataclass(frozen=True, slots=True)
class EngineLine:
    """One engine: what of it is shown, and the agent's words for what could not be read."""

    key: str
    kind: str
    version: str
    endpoint: str
    readable: bool
    problem: str


def said(value: str | UnsetType, length: int) -> str:
    """A text of the wire as a column holds it; empty when it was not said."""
    return "" if value is UNSET else fit(value, length)


def engine_lines(facts: wire.Facts) -> list[EngineLine]:
    """The engines of the facts. An engine is readable when its list of containers is."""
    return [
        EngineLine(
            key=fit(engine.Key, 64),
            kind=engine.Kind,
            version=said(engine.Version.Version, 64) if engine.Version is not UNSET else "",
            endpoint=fit(engine.Endpoint, 256),
            readable=engine.Containers is not UNSET,
            problem=problem_of(engine, facts.Sources),
        )
        for engine in facts.Engines
    ]


def problem_of(engine: Engine, sources: list[wire.Source]) -> str:
    """What could not be read of an engine, each sentence once."""
    failed = [one for one in sources if one.Status == "failed" and one.Name.startswith(f"{engine.Key}.")]
    words = [said(one.Detail, 4096) or f"{one.Name}: {said(one.Reason, 32)}" for one in failed]
    return fit("\n".join(dict.fromkeys(words)), 20_000)


def count_containers(facts: wire.Facts) -> int:
    return sum(len(engine.Containers) for engine in facts.Engines if engine.Containers is not UNSET)


def host_columns(facts: wire.Facts, agent: wire.AgentInfo) -> dict[str, object]:
    """Columns of the host's row, by name."""
    host, engines = facts.Host, engine_lines(facts)
    return {
        "hostname": fit(host.Hostname, 253) or "?",
        "machine_id": said(host.MachineId, 64),
        "board": said(host.Board, 200),
        "architecture": said(host.Architecture, 32),
        "kernel": said(host.Kernel, 128),
        "operating_system": said(host.OperatingSystem, 128),
        "engine_version": next((one.version for one in engines if one.version), ""),
        "engine_readable": any(one.readable for one in engines),
        "container_count": count_containers(facts),
        "agent_version": fit(agent.Version, 32),
    }
