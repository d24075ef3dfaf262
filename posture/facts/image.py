"""Facts of one image."""

from msgspec import UnsetType

from posture.facts.engine import EngineState
from posture.facts.lifecycles import os_support_end
from posture.facts.moments import canonical_moment, parse_moment
from posture.facts.native import runs_natively
from posture.facts.observed import ABSENT, FAILED, NOT_COLLECTED, seen, seen_or
from posture.facts.programs import ssh_servers, sudo_programs
from posture.facts.scan import scan_facts
from posture.facts.user import is_root
from posture.facts.values import Unseen, Value
from posture.facts.wire.image import Image, Layer

_INSTRUCTIONS = frozenset(
    (
        *("ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "MAINTAINER"),
        *("ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR"),
    )
)
_WAYS = {"unauthenticated-packages": "unverified packages", "pipe-to-shell": "download piped to a shell"}


def image_facts(image: Image, in_use: bool | Unseen, state: EngineState) -> dict[str, Value]:
    """Every fact of the vocabulary about this image."""
    tags = seen_or(image.RepoTags, [])
    digests = seen_or(image.RepoDigests, [])
    return {
        "RepoTags": tags if isinstance(tags, Unseen) else tuple(tags),
        "RepoDigests": digests if isinstance(digests, Unseen) else tuple(digests),
        "Repositories": _repositories(tags, digests),
        "Bases": _bases(image),
        "InUse": in_use,
        "Created": created_moment(image),
        "Size": seen(image.Size),
        "User": seen(image.User),
        "Healthcheck": has_healthcheck(image),
        **_history(image),
        **_contents(image),
        **scan_facts(image.Scan, state.no_scans),
        **_names(tags, digests, in_use),
        "UserRoot": NOT_COLLECTED if isinstance(image.User, UnsetType) else is_root(image.User),
        "FitsHost": _fits(image, state),
        "SecretMarks": (
            NOT_COLLECTED
            if isinstance(image.Marks, UnsetType)
            else tuple(sorted({f"{mark.Pattern} at {mark.Place}" for mark in image.Marks}))
        ),
        "Architecture": seen(image.Architecture),
    }


def _contents(image: Image) -> dict[str, Value]:
    """What the agent found among the image's files."""
    files, release, programs = seen(image.SetuidFiles), seen(image.Release), seen(image.Programs)
    writable = seen(image.WorldWritable)
    end: Value = NOT_COLLECTED
    if not isinstance(release, Unseen):
        end = os_support_end(release.Id, release.VersionId) if release.Id else ABSENT
    return {
        "SetuidFiles": (files if isinstance(files, Unseen) else tuple(f"{file.Path} {file.Mode:o}" for file in files)),
        "SudoPrograms": image_sudo_programs(image),
        "Release": release if isinstance(release, Unseen) else f"{release.Id} {release.VersionId}".strip(),
        "ReleaseSupportEnd": end,
        "Programs": programs if isinstance(programs, Unseen) else tuple(programs),
        "SshServers": programs if isinstance(programs, Unseen) else ssh_servers(programs),
        "WorldWritable": writable if isinstance(writable, Unseen) else tuple(writable),
    }


def image_sudo_programs(image: Image) -> tuple[str, ...] | Unseen:
    """Setuid sudo and its like inside."""
    files = seen(image.SetuidFiles)
    return files if isinstance(files, Unseen) else sudo_programs(files)


def _names(tags: list[str] | Unseen, digests: list[str] | Unseen, in_use: bool | Unseen) -> dict[str, Value]:
    named = tags if isinstance(tags, Unseen) else [tag for tag in tags if not tag.startswith("<none>")]
    dangling: Value = not named if not isinstance(named, Unseen) else named
    if in_use is True:
        dangling = False
    elif isinstance(in_use, Unseen) and dangling is not False:
        dangling = in_use
    pinned: Value = digests if isinstance(digests, Unseen) else any("@sha256:" in digest for digest in digests)
    return {
        "Dangling": dangling,
        "Pinned": pinned,
        "VersionedTag": named if isinstance(named, Unseen) else any(_version(tag) != "latest" for tag in named),
    }


def _version(tag: str) -> str:
    """What stands behind the colon of a tag; none means latest."""
    return tag.rpartition("/")[2].partition(":")[2] or "latest"


def _fits(image: Image, state: EngineState) -> bool | Unseen:
    """The agent's host runs the images of an engine on a socket; another engine says itself what it runs on."""
    local = state.engine.Endpoint.startswith("unix://")
    machine = seen(state.host.Architecture) if local else seen(state.info.Architecture, state.no_info)
    variant = "" if isinstance(image.Variant, UnsetType) else image.Variant
    return runs_natively(seen(image.Architecture), variant, machine)


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
    return image.Healthcheck is not None and checks_health(image.Healthcheck.Kind or "NONE")


def checks_health(kind: str) -> bool | Unseen:
    """By the first word of a test: NONE is none; one that engines do not know is no reading."""
    if kind.upper() == "NONE":
        return False
    return True if kind.upper() in ("CMD", "CMD-SHELL") else FAILED


def repository(reference: str) -> str:
    """``nginx:1.25`` → docker.io/library/nginx; ``host:5000/app@sha256:…`` → host:5000/app."""
    name = reference.partition("@")[0]
    head, slash, last = name.rpartition("/")
    name = f"{head}{slash}{last.partition(':')[0]}"
    first, slash, rest = name.partition("/")
    if not slash:
        return f"docker.io/library/{name}"
    if "." in first or ":" in first or first == "localhost" or first != first.lower():  # as Docker tells a registry
        return f"docker.io/{rest}" if first == "index.docker.io" else name
    return f"docker.io/{name}"


def _repositories(tags: list[str] | Unseen, digests: list[str] | Unseen) -> Value:
    if isinstance(tags, Unseen):
        return tags
    if isinstance(digests, Unseen):
        return digests
    references = (reference for reference in (*tags, *digests) if not reference.startswith("<none>"))
    return tuple(sorted({repository(reference) for reference in references}))


def _bases(image: Image) -> Value:
    """Repositories of what it was built from. No name means that nothing is known, not that nothing is below."""
    if isinstance(image.Bases, UnsetType) or not image.Bases:
        return NOT_COLLECTED
    return tuple(sorted({repository(reference) for reference in image.Bases}))


def _history(image: Image) -> dict[str, Value]:
    """What its layers did. Without the text of a layer (squashed, or flattened) nothing can be said of it.

    The oldest of several layers (they come newest first) is the file system that the image was built on, whose making
    is seldom told: it counts as base like the layers of another image.
    """
    names = ("LoneIndexRefresh", "AddInstructions", "RemoteAdds", "UnauthenticatedInstalls")
    layers = image.History
    if isinstance(layers, UnsetType):
        return dict.fromkeys((*names, "Committed"), NOT_COLLECTED)
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
    if any(isinstance(layer.Traits, UnsetType) for layer in layers):
        hidden |= {"LoneIndexRefresh", "RemoteAdds", "UnauthenticatedInstalls"}
    # What was found stays found; nothing found among untold layers means nothing.
    found = {name: value or NOT_COLLECTED if name in hidden else value for name, value in counts.items()}
    return found | {"Committed": _committed(layers)}


def _committed(layers: list[Layer]) -> bool | Unseen:
    """The oldest layer cannot be: there is nothing that its container could have been made of."""
    if any("committed" in _traits(layer) for layer in layers):
        return True
    hidden = any(isinstance(layer.Traits, UnsetType) for layer in layers)
    return NOT_COLLECTED if hidden or not layers or _untold(layers[:-1]) else False


def _untold(layers: list[Layer]) -> bool:
    return any(layer.Instruction not in _INSTRUCTIONS and layer.Empty is not True for layer in layers)


def _traits(layer: Layer) -> list[str]:
    return [] if isinstance(layer.Traits, UnsetType) else layer.Traits


def _installs(layer: Layer) -> bool:
    return "package-install" in _traits(layer)
