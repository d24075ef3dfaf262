"""One collection: every source read once, into the facts, volatile readings and measurements of a snapshot."""

from __future__ import annotations

import os

from . import engines
from .collectors import (
    accounts,
    audit,
    blockdevices,
    environment,
    groups,
    identity,
    kernel,
    lsms,
    mounts,
    releases,
    runtimes,
    sockets,
    sudoers,
    sysctls,
)
from .collectors import files as file_facts
from .collectors import measurements as readings
from .fitting import fit
from .guards import Guard
from .hostfiles import HostFiles
from .reading import NOT_COLLECTED, Deadline, Sources, Unreadable
from .report import Report
from .scope import Options
from .secrets import Marker, needs_scrubbing, scrubbed
from .wire import canonical

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["Collected", "Options", "collect"]


class Collected:
    """The parts of a snapshot that a collection fills. ``text``: the canonical form of the facts, where it is known."""

    def __init__(
        self,
        facts: dict[str, Any],
        volatile: dict[str, Any],
        measurements: dict[str, Any],
        text: bytes | None = None,
    ) -> None:
        self.facts = facts
        self.volatile = volatile
        self.measurements = measurements
        self.text = text

    def report(self) -> Report:
        """The same as it travels."""
        return Report(self.text or canonical(self.facts), canonical(self.volatile), self.measurements)


def collect(options: Options) -> Collected:
    """Read everything once. Never fails as a whole: what could not be read is named in ``Sources``."""
    sources = Sources(Deadline(options.seconds))
    files = options.files
    marker = Marker(options.key)
    if options.cpu_seconds is None:
        host, read = read_everything(options, sources, marker)
    else:
        with Guard(sources.deadline, options.cpu_seconds, options.memory):
            host, read = read_everything(options, sources, marker)
    facts = {
        "Host": host,
        "Engines": [engine.facts for engine in read],
        "Sources": sorted(sources.entries, key=lambda entry: str(entry["Name"])),
    }
    volatile: dict[str, Any] = {"Engines": {e.facts["Key"]: {"Containers": e.containers} for e in read if e.containers}}
    boot = readings.boot_time(files)
    if boot is not None:
        volatile["BootTime"] = boot
    text = fit(facts, volatile, options.limits)
    if needs_scrubbing(text.decode("utf-8", "replace")):
        facts = scrubbed(facts)
        text = canonical(facts)
    return Collected(facts, volatile, readings.collect(files, data_root(read)), text)


def read_everything(
    options: Options, sources: Sources, marker: Marker
) -> tuple[dict[str, Any], list[engines.EngineRead]]:
    """HostFacts and the engines."""
    read = engines.read_all(options, sources, options.files, marker)
    return host_facts(options.files, sources, read), read


def host_facts(files: HostFiles, sources: Sources, read: list[engines.EngineRead]) -> dict[str, Any]:
    """HostFacts; every collector that fails leaves its keys out."""
    host: dict[str, Any] = {"Hostname": identity.hostname(files)}
    found = [engine.facts for engine in read]
    host.update(sources.read("host.identity", identity.collect, files) or {})
    host.update(sources.read("host.lsms", lsms.collect, files, profiles_in_use(found)) or {})
    host.update(sources.read("host.mounts", mounts.collect, files) or {})
    host.update(sources.read("host.releases", releases.collect, files) or {})
    owners = socket_gids(files, found)
    for key, name, reader, arguments in (
        ("Sysctls", "host.sysctls", sysctls.collect, (files,)),
        ("Environment", "host.environment", environment.collect, (files,)),
        ("Groups", "host.groups", groups.collect, (files, owners)),
        ("Accounts", "host.accounts", read_accounts, (files, owners)),
        ("Sudoers", "host.sudoers", sudoers.collect, (files,)),
        ("AuditRules", "host.audit", read_audit, (files,)),
        ("BlockDevices", "host.devices", read_devices, (files, host)),
        ("Listeners", "host.listeners", sockets.collect, (files,)),
        ("KernelConfig", "host.kernel", kernel.collect, (files,)),
        ("OtherRuntimes", "host.runtimes", runtimes.collect, (files,)),
        ("Files", "host.files", file_facts.collect, (files, found)),
    ):
        value = sources.read(name, reader, *arguments)
        if value is not None:
            host[key] = value
    return host


def read_accounts(files: HostFiles, owners: set[int]) -> list[dict[str, Any]]:
    """Accounts, with what decides whether this system ships a password for root."""
    default = accounts.root_is_default(identity.os_release(files), identity.board(files), files.system().machine)
    return accounts.collect(files, groups.collect(files, owners), default)


def read_audit(files: HostFiles) -> list[str]:
    """The audit rules of the kernel that we run on; of another host's nobody can ask."""
    if not files.local:
        raise Unreadable(NOT_COLLECTED, "Audit rules can be asked for by a program on the host only.")
    return audit.collect()


def read_devices(files: HostFiles, host: dict[str, Any]) -> list[dict[str, Any]]:
    """BlockDevices below the mounts, where those are known."""
    if "Mounts" not in host:
        raise Unreadable(NOT_COLLECTED, "The list of mounts could not be read.")
    return blockdevices.collect(files, host["Mounts"])


def profiles_in_use(found: list[dict[str, Any]]) -> set[str]:
    """AppArmor profiles that containers name."""
    return {c["AppArmorProfile"] for e in found for c in e.get("Containers", []) if c.get("AppArmorProfile")}


def socket_gids(files: HostFiles, found: list[dict[str, Any]]) -> set[int]:
    """Groups that own an engine's socket."""
    gids = set()
    for engine in found:
        if engine["Endpoint"].startswith("unix://"):
            try:
                gids.add(files.stat(engine["Endpoint"][len("unix://") :]).st_gid)
            except OSError:
                continue  # the files collector records why
    return gids


def data_root(read: list[engines.EngineRead]) -> str | None:
    """The first engine's data root, where this host has it."""
    roots = [engine.facts.get("Info", {}).get("DockerRootDir") for engine in read if engine.local]
    return next((root for root in roots if root and os.path.isabs(root)), None)
