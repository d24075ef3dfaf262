"""Finds the host's engines and reads each of them once."""

from __future__ import annotations

import os
import time

from .collectors import containers, contents, daemon, images, info, networks, processes, scans, seccomp, swarm, writable
from .endpoints import is_local, user_of
from .enginekeys import EngineKeys
from .hostfiles import HostFiles
from .owners import Owners
from .reading import ABSENT, NOT_COLLECTED, SOURCE_FAILED, TOO_LARGE, Share, Sources, Unreadable
from .secrets import Marker, cleaned

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .collection import Options

MAX_ENGINES = 16  # that a snapshot takes
USERS_SECONDS = 45.0  # for all engines of ordinary users, who must not keep anything else from being read
PARTS = ("containers", "daemon", "images", "info", "networks", "processes", "swarm")


class Reading:
    """What every engine of one collection is read with."""

    def __init__(self, options: Options, sources: Sources, files: HostFiles, marker: Marker) -> None:
        self.sources = sources
        self.files = files
        self.marker = marker
        self.keys = EngineKeys(options.kept("keys.json"))
        self.finder = contents.Finder(files, options.kept("contents.json"), options.walk_seconds)
        self.sizer = writable.Sizer(files)
        self.users = 0  # engines of ordinary users that were not read yet
        self.users_left = USERS_SECONDS
        self.scans = sources.read("host.scans", scans.collect, files, options.scans, options.kept("scans.json"))


class EngineRead:
    """One engine's facts and what of them is volatile."""

    def __init__(self, key: str, kind: str, endpoint: str) -> None:
        self.facts: dict[str, Any] = {"Key": key, "Kind": kind, "Endpoint": cleaned(endpoint)}
        self.containers: dict[str, dict[str, Any]] = {}
        self.local = is_local(endpoint)


def read_all(options: Options, sources: Sources, files: HostFiles, marker: Marker) -> list[EngineRead]:
    """Every engine, in the order of the endpoints. An engine that cannot be read still has its entry."""
    reading = Reading(options, sources, files, marker)
    if len(options.endpoints) > MAX_ENGINES:
        sources.failed("host.engines", TOO_LARGE, "This host has more than %d engines: not all are read." % MAX_ENGINES)
    chosen = options.endpoints[:MAX_ENGINES]
    reading.users = sum(user_of(endpoint) is not None for endpoint in chosen)
    read = [read_endpoint(options, endpoint, reading) for endpoint in chosen]
    reading.keys.save()
    if any("Images" in engine.facts for engine in read):
        reading.finder.save()
    return read


def read_endpoint(options: Options, endpoint: str, reading: Reading) -> EngineRead:
    """The engine at an endpoint; one of an ordinary user within its share of the time, and among that user's files."""
    whole, user = reading.sources, user_of(endpoint)
    api = options.client(endpoint)
    if user is not None:
        reading.sources = Sources(Share(reading.users_left / reading.users, whole.deadline))
        reading.users -= 1
    started = time.monotonic()
    owners = Owners(reading.files, user) if user is not None and reading.files.local and not os.geteuid() else None
    reading.finder.serve(user, owners)
    reading.sizer.owners = owners
    try:
        return read_engine(api, endpoint, reading)
    finally:
        api.close()
        if reading.sources is not whole:
            reading.users_left = max(0.0, reading.users_left - (time.monotonic() - started))
            whole.entries += reading.sources.entries
            reading.sources = whole


def read_engine(api: Any, endpoint: str, reading: Reading) -> EngineRead:
    """One engine."""
    sources = reading.sources
    answer = {}

    def version() -> Any:
        answer["version"] = api.version()
        return info.version(answer["version"])

    pending = Sources(sources.deadline)  # the engine's key, and so the source's name, depends on the answer
    facts = pending.read("version", version)
    kind = info.kind(answer["version"]) if answer else reading.keys.kind(endpoint)
    engine = EngineRead(reading.keys.give(endpoint, kind, bool(answer)), kind, endpoint)
    for entry in pending.entries:
        sources.entries.append(dict(entry, Name="%s.version" % engine.facts["Key"]))
    if facts is None:
        unreadable(engine, pending.entries[0], sources)
    else:
        engine.facts["Version"] = facts
        read_parts(api, engine, reading)
    return engine


def unreadable(engine: EngineRead, cause: dict[str, Any], sources: Sources) -> None:
    """Every part of an engine that does not answer fails for the same reason."""
    for part in PARTS:
        sources.failed("%s.%s" % (engine.facts["Key"], part), cause["Reason"], cause["Detail"])


def read_parts(api: Any, engine: EngineRead, reading: Reading) -> None:
    """Everything an answering engine tells."""
    key, facts = engine.facts["Key"], engine.facts
    sources, files, marker = reading.sources, reading.files, reading.marker
    reader = containers.Reader(api, files, marker, reading.sizer, sources.deadline, engine.local)
    raw = sources.read(key + ".info", answered, api.info)
    if raw is not None:
        facts["Info"] = info.info(raw)
        read_swarm(api, engine, raw, reading)
    else:
        sources.failed(key + ".swarm", NOT_COLLECTED, "The swarm's state is part of the engine's info.")
    for name, collector, arguments in (
        ("Daemon", read_daemon, (api, engine, files)),
        ("Containers", reader.collect, ()),
        ("Images", images.collect, (api, marker, reading.finder, reading.scans, sources.deadline)),
        ("Networks", networks.collect, (api,)),
    ):
        value = sources.read("%s.%s" % (key, name.lower()), collector, *arguments)
        if value is not None:
            facts[name] = value
    engine.containers = reader.volatile
    read_processes(engine, reader, sources, files)
    facts["SeccompProfiles"] = custom_profiles(facts, reader, files)


def answered(call: Any) -> Any:
    """The engine's answer, which is a mapping."""
    answer = call()
    if not isinstance(answer, dict):
        raise Unreadable(SOURCE_FAILED, "The engine's answer has not the form that it should have.")
    return answer


def read_swarm(api: Any, engine: EngineRead, raw: Any, reading: Reading) -> None:
    """The swarm's state, and on a manager its services."""
    key, sources = engine.facts["Key"], reading.sources
    state = sources.read(key + ".swarm", swarm.state, api, raw)
    if state is not None:
        engine.facts["Info"]["Swarm"] = state
    if (state or {}).get("ControlAvailable") is True:
        services = sources.read(key + ".services", swarm.services, api, reading.marker)
        if services is not None:
            engine.facts["Services"] = services


def read_daemon(api: Any, engine: EngineRead, files: HostFiles) -> Any:
    """DaemonConfig, where there is a daemon on this host."""
    if engine.facts["Kind"] == "podman":
        raise Unreadable(ABSENT, "Podman has no daemon, and so no daemon configuration.")
    if not engine.local:
        raise Unreadable(NOT_COLLECTED, "This engine is on another host: run the agent there to read its daemon.")
    return daemon.collect(files, api.peer_pid())


def read_processes(engine: EngineRead, reader: containers.Reader, sources: Sources, files: HostFiles) -> None:
    """Process of each container: null when it has none, its own error when it cannot be read."""

    def read() -> Any:
        if not engine.local:
            raise Unreadable(NOT_COLLECTED, "This engine is on another host: run the agent there to see its processes.")
        return processes.collect(files, reader.running, sources.deadline)

    if "Containers" not in engine.facts:
        sources.failed(engine.facts["Key"] + ".processes", NOT_COLLECTED, "The list of containers could not be read.")
        return
    found = sources.read(engine.facts["Key"] + ".processes", read)
    for container in engine.facts["Containers"]:
        name = container["Name"]
        if "Error" in container:
            continue
        if name not in reader.running:
            container["Process"] = None
        elif found is not None and name in found:
            container["Process"] = found[name]


def custom_profiles(facts: dict[str, Any], reader: containers.Reader, files: HostFiles) -> list[dict[str, Any]]:
    """Custom seccomp profiles that containers name, inline or (Podman) by file, by path."""
    profiles = dict(reader.profiles)
    for container in facts.get("Containers", []):
        for option in container.get("HostConfig", {}).get("SecurityOpt") or []:
            path = option.replace("seccomp:", "seccomp=", 1).partition("seccomp=")[2]
            if path.startswith("/") and reader.local and path not in profiles:
                profiles[path] = seccomp.read(files, path)
    return [profiles[path] for path in sorted(profiles)]
