"""The mounts of a container, as options of ``docker run`` and as entries of a compose file."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from posture.facts.values import Value
from posture.facts.wire import container
from posture.remediation.encoding import shell, yaml_scalar
from posture.remediation.offending import Parameters, without_allowed

_SHARED = frozenset(("shared", "rshared"))
_DEFAULT_PROPAGATION = frozenset(("", "rprivate"))


@dataclass(frozen=True, slots=True)
class Mount:
    """``source`` is a path of the host (bind), a volume's name (volume) or "" (tmpfs); ``relabel`` "z", "Z" or ""."""

    kind: str
    source: str
    destination: str
    read_only: bool = False
    propagation: str = ""
    relabel: str = ""

    def option(self) -> str:
        """Option and value for ``docker run``, quoted for the shell."""
        if self.relabel and ":" not in self.source + self.destination:
            # Only --volume can ask for an SELinux label.
            flags = ",".join(flag for flag in (self.relabel, "ro" if self.read_only else "", self.propagation) if flag)
            return "--volume " + shell(f"{self.source}:{self.destination}:{flags}")
        fields = [f"type={self.kind}"]
        fields += [f"source={self.source}"] if self.source else []
        fields.append(f"target={self.destination}")
        fields += ["readonly"] if self.read_only else []
        fields += [f"bind-propagation={self.propagation}"] if self.kind == "bind" and self.propagation else []
        return "--mount " + shell(_csv(fields))

    def entry(self) -> str:
        """One entry of ``volumes:`` in a compose file, in its long form, on one line."""
        pairs = [f"type: {yaml_scalar(self.kind)}"]
        pairs += [f"source: {yaml_scalar(self.source)}"] if self.source else []
        pairs.append(f"target: {yaml_scalar(self.destination)}")
        pairs += ["read_only: true"] if self.read_only else []
        if self.kind == "bind" and self.propagation:
            pairs.append(f"bind: {{propagation: {yaml_scalar(self.propagation)}}}")
        return "{" + ", ".join(pairs) + "}"


def _csv(fields: Sequence[str]) -> str:
    """The engine's client reads the value of --mount as one CSV record."""
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(fields)
    return out.getvalue()


def read_mounts(mounts: Iterable[container.Mount]) -> tuple[Mount, ...]:
    """Those that a command can make again; kinds made by the engine itself are left out."""
    return tuple(
        mount for mount in map(_read, mounts) if mount.kind in ("bind", "volume", "tmpfs") and mount.destination
    )


def _read(mount: container.Mount) -> Mount:
    def text(value: object) -> str:
        return value if isinstance(value, str) else ""

    kind = text(mount.Type)
    source = {"bind": text(mount.Source), "volume": text(mount.Name)}.get(kind, "")
    propagation = text(mount.Propagation)
    # Engines note "z" on every volume by themselves; on a bind mount somebody asked for it.
    flags = text(mount.Mode).split(",") if kind == "bind" else []
    return Mount(
        kind=kind,
        source=source,
        destination=text(mount.Destination),
        read_only=mount.RW is False,
        propagation="" if kind != "bind" or propagation in _DEFAULT_PROPAGATION else propagation,
        relabel=next((flag for flag in flags if flag in ("z", "Z")), ""),
    )


def without(
    mounts: Sequence[Mount], facts: Mapping[str, object], lists: Sequence[str] = ("SensitiveMounts", "EngineSockets")
) -> tuple[Mount, ...]:
    """The mounts that none of these facts names. Destinations are unique in a container, so an entry
    ("source:destination" or "source:destination:ro") is matched by its end."""
    named: list[str] = []
    for fact in lists:
        value = facts.get(fact)
        named += [str(item) for item in value] if isinstance(value, tuple | list) else []
    return tuple(mount for mount in mounts if not any(_names(entry, mount) for entry in named))


def _names(entry: str, mount: Mount) -> bool:
    ends = (f":{mount.destination}", f":{mount.destination}:rw", f":{mount.destination}:ro")
    return mount.kind == "bind" and entry.endswith(ends)


def private(mounts: Sequence[Mount]) -> tuple[Mount, ...]:
    """Shared propagation taken back to the engine's default, which is private."""
    return tuple(replace(mount, propagation="") if mount.propagation in _SHARED else mount for mount in mounts)


def read_only_mounts(mounts: Sequence[Mount], facts: Mapping[str, Value], parameters: Parameters) -> tuple[Mount, ...]:
    """Paths of the host for reading only, but those that may be written; volumes stay as they are."""
    found = without_allowed(facts, "WritableMounts", parameters, "writable")
    ends = [entry for entry in found if entry.startswith("/")]
    return tuple(
        replace(mount, read_only=True)
        if mount.kind == "bind" and any(entry.endswith(f":{mount.destination}") for entry in ends)
        else mount
        for mount in mounts
    )
