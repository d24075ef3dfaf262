"""Facts of one image."""

from msgspec import UnsetType

from posture.facts.moments import canonical_moment, parse_moment
from posture.facts.observed import FAILED, NOT_COLLECTED, seen, seen_or
from posture.facts.snapshot import Image, Layer
from posture.facts.values import Unseen, Value

_WAYS = {"unauthenticated-packages": "unverified packages", "pipe-to-shell": "download piped to a shell"}


def image_facts(image: Image, in_use: bool | Unseen) -> dict[str, Value]:
    """Every fact of the vocabulary about this image."""
    tags = seen_or(image.RepoTags, [])
    digests = seen_or(image.RepoDigests, [])
    return {
        "RepoTags": tags if isinstance(tags, Unseen) else tuple(tags),
        "RepoDigests": digests if isinstance(digests, Unseen) else tuple(digests),
        "Repositories": _repositories(tags, digests),
        "InUse": in_use,
        "Created": created_moment(image),
        "Size": seen(image.Size),
        "User": seen(image.User),
        "Healthcheck": has_healthcheck(image),
        **_history(image),
        "SetuidFiles": (
            NOT_COLLECTED
            if isinstance(image.SetuidFiles, UnsetType)
            else tuple(f"{file.Path} {file.Mode:o}" for file in image.SetuidFiles)
        ),
        "SecretMarks": (
            NOT_COLLECTED
            if isinstance(image.Marks, UnsetType)
            else tuple(sorted({f"{mark.Pattern} at {mark.Place}" for mark in image.Marks}))
        ),
        "Architecture": seen(image.Architecture),
    }


def created_moment(image: Image) -> str | Unseen:
    """When it was built, canonical; engines print the year 1 where they do not know."""
    if isinstance(image.Created, UnsetType):
        return NOT_COLLECTED
    moment = parse_moment(image.Created)
    return FAILED if moment is None else canonical_moment(moment)


def has_healthcheck(image: Image) -> bool | Unseen:
    """A health check other than NONE."""
    if isinstance(image.Healthcheck, UnsetType):
        return NOT_COLLECTED
    return image.Healthcheck is not None and image.Healthcheck.Kind.upper() not in ("", "NONE")


def repository(reference: str) -> str:
    """``nginx:1.25`` → docker.io/library/nginx; ``host:5000/app@sha256:…`` → host:5000/app."""
    name = reference.partition("@")[0]
    head, slash, last = name.rpartition("/")
    name = f"{head}{slash}{last.partition(':')[0]}"
    first, slash, rest = name.partition("/")
    if not slash:
        return f"docker.io/library/{name}"
    if "." in first or ":" in first or first == "localhost":
        return f"docker.io/{rest}" if first == "index.docker.io" else name
    return f"docker.io/{name}"


def _repositories(tags: list[str] | Unseen, digests: list[str] | Unseen) -> Value:
    if isinstance(tags, Unseen):
        return tags
    if isinstance(digests, Unseen):
        return digests
    references = (reference for reference in (*tags, *digests) if not reference.startswith("<none>"))
    return tuple(sorted({repository(reference) for reference in references}))


def _history(image: Image) -> dict[str, Value]:
    """What its layers did. Without the text of a layer (squashed, or flattened) nothing can be said of it.

    The oldest of several layers (they come newest first) is the file system that the image was built on, whose making
    is seldom told: it counts as base like the layers of another image.
    """
    names = ("LoneIndexRefresh", "AddInstructions", "RemoteAdds", "UnauthenticatedInstalls")
    layers = image.History
    if isinstance(layers, UnsetType):
        return dict.fromkeys(names, NOT_COLLECTED)
    above = layers[:-1] if len(layers) > 1 else layers
    own = [layer for layer in above if layer.Base is not True]
    ways = sorted({_WAYS[trait] for layer in layers for trait in _traits(layer) if trait in _WAYS})
    counts: dict[str, Value] = {
        "LoneIndexRefresh": sum(1 for layer in own if "index-refresh" in _traits(layer) and not _installs(layer)),
        "AddInstructions": sum(1 for layer in own if layer.Instruction == "ADD"),
        "RemoteAdds": sum(1 for layer in own if "remote-add" in _traits(layer)),
        "UnauthenticatedInstalls": tuple(ways),
    }
    hidden = set(names) if _untold(own) or not layers else set()
    # What was found stays found; nothing found among untold layers means nothing.
    return {name: value or NOT_COLLECTED if name in hidden else value for name, value in counts.items()}


def _untold(layers: list[Layer]) -> bool:
    return any(layer.Instruction == "" and layer.Empty is not True for layer in layers)


def _traits(layer: Layer) -> list[str]:
    return [] if isinstance(layer.Traits, UnsetType) else layer.Traits


def _installs(layer: Layer) -> bool:
    return "package-install" in _traits(layer)
