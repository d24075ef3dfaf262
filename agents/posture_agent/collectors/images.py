"""The engine's images: identity, defaults, history, what is in them, and what a scanner found."""

from __future__ import annotations

from ..reading import MALFORMED, TOO_LARGE, Deadline, Unreadable, reason_of
from ..secrets import Marker
from ..shape import names, natural, or_null, pick, short, text, texts
from . import bases, contents, history
from .containers import environment_names, health_test, secret_places
from .scans import Scans

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

IMAGE = {
    "RepoTags": or_null(texts),
    "RepoDigests": or_null(texts),
    "Created": text,
    "Architecture": short,
    "Variant": short,
    "Os": short,
    "Size": natural,
}
MAX_IMAGES = 5000


def collect(
    api: Any, marker: Marker, finder: contents.Finder, scans: Scans | None, deadline: Deadline
) -> list[dict[str, Any]]:
    """Images of the engine by id; ``scans`` is None where they could not be read.

    One that vanishes meanwhile is left out; other errors are its ``Error``.
    """
    identifiers = sorted({raw["Id"] for raw in api.images()})
    if len(identifiers) > MAX_IMAGES:
        raise Unreadable(TOO_LARGE, "The engine has more than %d images." % MAX_IMAGES)
    facts: list[dict[str, Any]] = []
    histories, origins = {}, {}
    for identifier in identifiers:
        deadline.check()
        try:
            raw = api.inspect_image(identifier)
            entries = api.history(identifier)
            facts.append(image(raw, entries, marker))
            histories[identifier] = [slim(entry) for entry in entries]
            origins[identifier] = bases.Origin(raw)
            facts[-1].update(finder.find(api, raw))
            if scans is not None:
                facts[-1]["Scan"] = scans.of(facts[-1])
        except (OSError, *MALFORMED) as error:
            if getattr(error, "status_code", None) != 404:
                facts.append({"Id": identifier, "Error": reason_of(error)})
    ancestors = history.ancestors(histories)
    lengths = history.base_lengths(histories, ancestors)
    read = {item["Id"]: item for item in facts if item["Id"] in histories}
    for identifier, item in read.items():
        named = bases.names(origins[identifier], [(origins[other], read[other]) for other in ancestors[identifier]])
        if named:
            item["Bases"] = named
        if len(histories[identifier]) <= history.MAX_LAYERS:  # half a history proves nothing
            item["History"] = history.layers(histories[identifier], lengths[identifier])
    return facts


def slim(entry: Any) -> dict[str, Any]:
    """The parts of a history entry that are needed once all images are read."""
    return {key: entry.get(key) for key in ("CreatedBy", "Created", "Id", "Size", "Comment")}


def image(raw: Any, entries: list[Any], marker: Marker) -> dict[str, Any]:
    """Image of a raw inspection, without history, what is in them, and what a scanner found."""
    facts: dict[str, Any] = {"Id": text(raw["Id"])}
    facts.update(pick(raw, IMAGE))
    for key in ("RepoTags", "RepoDigests"):
        if facts.get(key):
            facts[key] = sorted(facts[key])
    config = raw.get("Config") or {}
    facts["User"] = text(config.get("User") or "")
    facts["EnvNames"] = environment_names(config)
    facts["Healthcheck"] = health_test(config.get("Healthcheck"))
    facts["ExposedPorts"] = names(config.get("ExposedPorts"))
    places = secret_places(config) + [("history.%d" % i, "", e.get("CreatedBy") or "") for i, e in enumerate(entries)]
    facts["Marks"] = marker.marks(places)
    return facts
