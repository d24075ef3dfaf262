"""From the wire to resources: ``normalise(snapshot)``. Never raises on a decoded snapshot."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

import msgspec
from msgspec import UNSET, UnsetType

from posture.facts.container import container_facts
from posture.facts.daemon import daemon_facts, used_images
from posture.facts.engine import EngineState, engine_state
from posture.facts.files import file_facts, missing_purposes, trail_of, unseen_file_facts
from posture.facts.host import engine_context, host_context, host_facts
from posture.facts.image import image_facts
from posture.facts.keys import bounded, container_key, image_key, image_name
from posture.facts.memo import Memo
from posture.facts.network import network_facts
from posture.facts.observed import SourceReasons, of_error
from posture.facts.resource import ENGINE_GROUPS, Gap, HostFacts, Resource
from posture.facts.rootless import RootlessPlaces, rootless_places
from posture.facts.storage import Storage
from posture.facts.swarm import swarm_facts, swarm_state
from posture.facts.values import Unseen, Value
from posture.facts.vocabulary import FACTS, Kind
from posture.facts.wire.container import Container
from posture.facts.wire.engine import EngineVolatile
from posture.facts.wire.image import Image
from posture.facts.wire.snapshot import Snapshot

_REMEMBERED = 4096  # containers and images; some 8 KiB each
_memo: Memo[tuple[str, str], tuple[Mapping[str, Value], str]] = Memo(_REMEMBERED)


def normalise(snapshot: Snapshot) -> HostFacts:
    """All resources of a snapshot in a stable order, the gaps of its lists, and each engine's context."""
    facts = snapshot.facts
    reasons = SourceReasons(facts)
    storage = Storage(facts.Host, reasons)
    states = [engine_state(engine, facts, reasons) for engine in facts.Engines]
    resources = list(_host_resources(snapshot, reasons, rootless_places(states)))
    gaps: list[Gap] = []
    context: dict[str, Mapping[str, Value]] = {"": host_context(facts.Host)}
    if isinstance(facts.Host.Files, UnsetType):
        gaps.append(Gap("", Kind.FILE, reasons.of("host.files").reason))
    for engine in facts.Engines:
        state = engine_state(engine, facts, reasons)
        context[engine.Key] = engine_context(state, storage)
        resources.extend(_engine_resources(state, storage, snapshot))
        gaps.extend(_gaps(state))
    return HostFacts(
        resources=tuple(_distinct(resources)),
        gaps=tuple(gaps),
        context=context,
        context_digest={key: _digest(value) for key, value in context.items()},
    )


def _host_resources(snapshot: Snapshot, reasons: SourceReasons, places: RootlessPlaces) -> Iterator[Resource]:
    host = snapshot.facts.Host
    known = () if isinstance(host.Groups, UnsetType) else host.Groups
    groups = msgspec.json.encode({group.Name: group.Members for group in known}).decode()
    machine = _resource(Kind.HOST, "host", host.Hostname, "", host_facts(snapshot.facts, reasons))
    yield replace(machine, labels={ENGINE_GROUPS: groups})
    trail = trail_of(host, reasons)
    for file in () if isinstance(host.Files, UnsetType) else host.Files:
        resource = _resource(
            Kind.FILE, f"file/{file.Purpose}:{file.Path}", file.Path, "", file_facts(file, trail, places)
        )
        yield replace(resource, purpose=file.Purpose)
    for purpose in missing_purposes(host, snapshot.facts.Engines):
        resource = _resource(Kind.FILE, f"file/{purpose}:", purpose, "", unseen_file_facts(purpose))
        yield replace(resource, purpose=purpose)


def _engine_resources(state: EngineState, storage: Storage, snapshot: Snapshot) -> Iterator[Resource]:
    key = state.engine.Key
    yield _resource(Kind.DAEMON, f"{key}/daemon", key, key, daemon_facts(state, storage))
    swarm = swarm_facts(state)
    if swarm is not None:
        yield _resource(Kind.SWARM, f"{key}/swarm", key, key, swarm)
    ids = _container_ids(snapshot, key)
    around = _surroundings(snapshot, state)
    for container in () if isinstance(state.containers, Unseen) else state.containers:
        yield _container(container, state, around, ids.get(container.Name, ""))
    used = used_images(state)
    for image in () if isinstance(state.images, Unseen) else state.images:
        in_use = used if isinstance(used, Unseen) else image.Id in used
        facts, digest = _facts_of_image(image, in_use, state, around)
        name = image_name(image) or image.Id.removeprefix("sha256:")[:12]
        yield Resource(Kind.IMAGE, bounded(f"{key}/image/{image_key(image)}"), name, key, facts, digest, image.Id)
    for network in () if isinstance(state.networks, Unseen) else state.networks:
        yield _resource(Kind.NETWORK, f"{key}/network/{network.Name}", network.Name, key, network_facts(network, state))


def _container(container: Container, state: EngineState, around: str, incarnation: str) -> Resource:
    labels: dict[str, str] = {}
    if not isinstance(container.Config, UnsetType) and not isinstance(container.Config.Labels, UnsetType):
        labels = dict(container.Config.Labels)
    if isinstance(container.Error, UnsetType):
        inspect = msgspec.json.encode(container).decode()
        labels["inspect"] = inspect  # last: no label of the engine may stand for it
        facts, digest = _facts_of(container, state, (inspect, around))
    else:
        facts = _all_unseen(Kind.CONTAINER, of_error(container.Error))
        digest = _digest(facts, Kind.CONTAINER.value)
    key = bounded(f"{state.engine.Key}/container/{container_key(container)}")
    return Resource(Kind.CONTAINER, key, container.Name, state.engine.Key, facts, digest, incarnation, labels)


def _facts_of(container: Container, state: EngineState, seen: tuple[str, str]) -> tuple[Mapping[str, Value], str]:
    """A container's facts and their digest, remembered by the container and what is around it."""
    known = _memo.get(seen)
    if known is None:
        facts = container_facts(container, state)
        known = facts, _digest(facts, Kind.CONTAINER.value)
        _memo.put(seen, known)
    return known


def _facts_of_image(
    image: Image, in_use: bool | Unseen, state: EngineState, around: str
) -> tuple[Mapping[str, Value], str]:
    """An image's facts and their digest, remembered likewise."""
    seen = (msgspec.json.encode(image).decode(), f"{in_use} {around}")
    known = _memo.get(seen)
    if known is None:
        error = image.Error
        facts = image_facts(image, in_use, state)
        if not isinstance(error, UnsetType):
            facts = _all_unseen(Kind.IMAGE, of_error(error))
        known = facts, _digest(facts, Kind.IMAGE.value)
        _memo.put(seen, known)
    return known


def _surroundings(snapshot: Snapshot, state: EngineState) -> str:
    """A digest of all that the facts of a container or image may depend on but itself: the host without its names, the
    engine without its containers, why sources failed, and what is known of the sockets of every engine of the host."""
    host = msgspec.structs.replace(snapshot.facts.Host, Hostname="", MachineId=UNSET)
    engine = msgspec.structs.replace(state.engine, Containers=UNSET)
    parts = msgspec.json.encode((host, engine, snapshot.facts.Sources, state.sockets, state.more_sockets))
    return hashlib.sha256(parts).hexdigest()


def _container_ids(snapshot: Snapshot, key: str) -> dict[str, str]:
    engines = snapshot.volatile.Engines
    engine = None if isinstance(engines, UnsetType) else engines.get(key)
    if not isinstance(engine, EngineVolatile) or isinstance(engine.Containers, UnsetType):
        return {}
    return {name: volatile.Id for name, volatile in engine.Containers.items()}


def _all_unseen(kind: Kind, unseen: Unseen) -> dict[str, Value]:
    return dict.fromkeys(FACTS[kind], unseen)


def _gaps(state: EngineState) -> Iterator[Gap]:
    """Lists that could not be read, and a swarm that may be there. A daemon always is a resource: its own facts are
    Unseen where they are."""
    parts = ((Kind.CONTAINER, state.containers), (Kind.IMAGE, state.images), (Kind.NETWORK, state.networks))
    for kind, part in parts:
        if isinstance(part, Unseen):
            yield Gap(state.engine.Key, kind, part.reason)
    swarm = swarm_state(state)["SwarmState"]
    if isinstance(swarm, Unseen):
        yield Gap(state.engine.Key, Kind.SWARM, swarm.reason)


def _resource(
    kind: Kind,
    key: str,
    name: str,
    engine: str,
    facts: Mapping[str, Value],
    incarnation: str = "",
) -> Resource:
    return Resource(kind, bounded(key), name, engine, facts, _digest(facts, kind.value), incarnation)


def _digest(facts: Mapping[str, Value], kind: str = "") -> str:
    return hashlib.sha256(msgspec.json.encode((kind, facts), order="sorted")).hexdigest()


def _distinct(resources: Iterable[Resource]) -> Iterator[Resource]:
    """Keys must be unique: labels can claim another container's place, which then goes by name or number."""
    seen: set[str] = set()
    for resource in resources:
        key, number = resource.key, 2
        if key in seen and resource.kind is Kind.CONTAINER:
            key = bounded(f"{resource.engine}/container/name:{resource.name}")
        while key in seen:
            key, number = bounded(f"{resource.key}#{number}"), number + 1
        seen.add(key)
        yield resource if key == resource.key else replace(resource, key=key)


def forget() -> None:
    """Empties the memory of containers and images."""
    _memo.clear()
