"""An image's history, reduced on the host: which instruction made each layer, and what is notable about it."""

from __future__ import annotations

import re

from ..shape import words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MAX_LAYERS = 1024
MAX_LINE = 64 * 1024
INSTRUCTIONS = words(
    "ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL MAINTAINER ONBUILD RUN SHELL STOPSIGNAL USER "
    "VOLUME WORKDIR"
)
NOP = re.compile(r"#\(nop\)\s+")
# Build arguments stand before a shell command as |COUNT NAME=VALUE …
SHELL = re.compile(r"^(?:\|\d+ .*?)?\s*/\S{0,64}sh\s+(?:\S{1,64}\s+){0,4}?-\w{0,8}c\s", re.DOTALL)
# Each trait says what a RUN does, or that an ADD fetches from a network. Every expression runs in linear time.
TRAITS = (
    (
        "index-refresh",
        r"\b(?:apt|apt-get|aptitude|apk|yum|dnf|microdnf|zypper)\s+(?:-\S{1,64}\s+){0,8}(?:update|refresh|makecache)\b"
        r"|\bpacman\s+-S\w*y",
    ),
    (
        "package-install",
        r"\b(?:apt|apt-get|aptitude|yum|dnf|microdnf|zypper)\s+(?:-\S{1,64}\s+){0,8}(?:install|upgrade|dist-upgrade|full-upgrade"
        r"|build-dep|in)\b|\bapk\s+(?:-\S{1,64}\s+){0,8}(?:add|upgrade)\b|\bpacman\s+-S\w*\s+\w",
    ),
    (
        "unauthenticated-packages",
        r"--allow-unauthenticated|--force-yes|--no-?gpg-?checks?\b|--allow-untrusted|\[[^\]]{0,256}trusted=yes"
        r"|\bgpgcheck=(?:0|no|false)|--trusted-host\b|AllowInsecureRepositories|--allow-insecure-repositories",
    ),
    (
        "pipe-to-shell",
        r"\b(?:curl|wget)\b[^|;&]{0,1024}\|\s*(?:sudo\s+)?(?:\S{0,64}/)?(?:env\s+)?(?:ba|da|z|k|a)?sh\b",
    ),
    (
        "setuid-removal",
        r"\bchmod\s+(?:-\S{1,64}\s+){0,8}(?:[ugo]{0,3}|a)-[rwx]{0,3}s"
        r"|-perm\s+[-/+]\d{0,2}[2467]000\b[^;]{0,256}(?:chmod|-delete|\brm\b)",
    ),
)
COMPILED = [(trait, re.compile(expression)) for trait, expression in TRAITS]
# A line that is no instruction is the command of a committed container, but for those of other tools that make images.
OTHER_MAKERS = re.compile(
    r"\b(?:bazel|jib|kaniko|apko|melange|ko|buildpacks?|debuerreotype|debian\.sh|umoci|nix|crane|mkosi|oci-image-tool)\b",
    re.IGNORECASE,
)
TOLD_COMMENTS = ("buildkit", "imported from", "merge sha256:")
REMOTE_ADD = re.compile(r"^ADD\s+(?:--\S+\s+)*(?:https?|ftp|git)(?:://|@)", re.IGNORECASE)


def layers(history: list[Any], base: int) -> list[dict[str, Any]]:
    """Layers in the engine's order (newest first); the oldest ``base`` of them belong to another image."""
    reduced = [layer(entry) for entry in history[:MAX_LAYERS]]
    for index, entry in enumerate(reduced[: len(history) - 1]):  # the oldest has nothing that it could be made of
        if committed(history[index], entry["Instruction"]):
            entry["Traits"].append("committed")
    for entry in reduced[max(0, len(history) - base) :]:
        entry["Base"] = True
    return reduced


def layer(entry: Any) -> dict[str, Any]:
    """One history entry without its text."""
    line = (entry.get("CreatedBy") or "")[:MAX_LINE]
    instruction, body = told(line)
    traits = [name for name, expression in COMPILED if expression.search(body)] if instruction == "RUN" else []
    if instruction == "ADD" and REMOTE_ADD.search(body):
        traits.append("remote-add")
    return {"Instruction": instruction, "Empty": entry.get("Size") == 0, "Base": False, "Traits": sorted(traits)}


def committed(raw: Any, instruction: str) -> bool:
    """Whether an entry was made by committing a container: Docker then writes its command, Podman its shell.

    A container whose command was ``sh -c …`` looks like a RUN, and one without a command like nothing at all.
    """
    line = (raw.get("CreatedBy") or "")[:MAX_LINE].strip()
    comment = (raw.get("Comment") or "")[:MAX_LINE]
    if instruction or not line or comment.lower().startswith(TOLD_COMMENTS):
        return False
    return OTHER_MAKERS.search(line) is None and OTHER_MAKERS.search(comment) is None


def told(line: str) -> tuple[str, str]:
    """(instruction, its text) of a CreatedBy line of the classic builder, BuildKit or buildah; "" when unclear."""
    nop = NOP.search(line[:512])
    if nop is not None:
        body = line[nop.end() :].strip()
    elif SHELL.match(line):
        return "RUN", line
    else:
        body = line.strip()
    word = body.split(" ", 1)[0].upper()
    return (word, body) if word in INSTRUCTIONS else ("", body)


def ancestors(histories: dict[str, list[Any]]) -> dict[str, list[str]]:
    """The images whose whole history is the beginning of each image's, the longest first."""
    keys = {image: tuple(map(signature, reversed(entries))) for image, entries in histories.items()}
    whole: dict[Any, list[str]] = {}
    for image, key in keys.items():
        whole.setdefault(key, []).append(image)
    lengths = sorted({len(key) for key in whole if key}, reverse=True)
    return {
        image: [other for length in lengths if length < len(key) for other in whole.get(key[:length], ())]
        for image, key in keys.items()
    }


def base_lengths(histories: dict[str, list[Any]], found: dict[str, list[str]]) -> dict[str, int]:
    """How many of the oldest entries of each image belong to another image it was built from.

    That is the nearest of its ``found`` ancestors. Where there is none, the first file system added to / and what
    follows it up to its CMD is a base image's, provided that more follows.
    """
    return {
        image: len(histories[found[image][0]]) if found[image] else rootfs_length(list(reversed(entries)))
        for image, entries in histories.items()
    }


def signature(entry: Any) -> tuple[Any, Any] | None:
    """What makes one history entry the same in two images."""
    line = entry.get("CreatedBy")
    return (line, entry.get("Created")) if line else (entry.get("Id"), entry.get("Created"))


def rootfs_length(oldest_first: list[Any]) -> int:
    """Length of a root file system's own history: its ADD into / and the CMD that follows; 0 when it is not one."""
    told_lines = [told(entry.get("CreatedBy") or "") for entry in oldest_first[:4]]
    words = [word for word, _ in told_lines]
    if words[:1] != ["ADD"] or "CMD" not in words[1:]:
        return 0
    length = words.index("CMD") + 1
    return length if length < len(oldest_first) else 0
