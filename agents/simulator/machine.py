"""One machine of the fleet at one moment of the story: what it is, what runs on it, what its agent may read."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .containers import container_facts
from .engine import Daemon, daemon_facts, info_facts, network_facts, version_facts
from .host import fixed_files, kernel_facts, listener_facts, people_facts, storage_facts
from .images import RECIPES, built_at, image_facts, release_at
from .machines import Model
from .scans import scan_facts
from .services import Service

HOST_SOURCES = (
    *("accounts", "audit", "devices", "environment", "files", "groups", "identity", "kernel", "listeners", "lsms"),
    *("mounts", "releases", "sysctls"),
)
ENGINE_SOURCES = ("containers", "daemon", "images", "info", "networks", "processes", "swarm", "version")
NO_SOCKET = (
    "The agent's account may not use unix:///var/run/docker.sock. Run the agent as root, or let its account into the "
    "group that owns the socket (for Docker: usermod -aG docker ACCOUNT, which is equal to giving it root)."
)
NO_SCANS = {
    "Status": "absent",
    "Reason": "absent",
    "Detail": "There is no folder of scan results; docs/agent.md says where scanners may leave them.",
}
NO_SUDOERS = {
    "Status": "failed",
    "Reason": "not_permitted",
    "Detail": "The agent's account may not read this. Run the agent as root, or grant its account access.",
}
NO_ROOT = "Only root may read other users' processes. Run the agent as root, or give it CAP_SYS_PTRACE."


@dataclass
class Machine:
    """The story changes this; ``facts`` tells what an agent would see. ``start`` is the first day of the story."""

    name: str
    model: Model
    start: datetime
    daemon: Daemon
    services: list[Service]
    readable: bool = True  # whether the agent may use the engine's socket
    rooted: bool = True  # whether the agent may read other users' processes
    members: list[str] = field(default_factory=list)  # of the docker group
    left_over: list[tuple[str, int]] = field(default_factory=list)  # images that nobody uses any more
    boots: int = 1
    scanned: datetime | None = None  # when a scanner last looked at the images; None where there is none

    def service(self, name: str) -> Service | None:
        """The service or plain container of this name."""
        return next((one for one in self.services if one.name == name), None)

    def pull(self, at: datetime, projects: set[str] | None = None) -> bool:
        """Bring services to the newest release of their images; whether anything was re-created."""
        changed = False
        for service in self.services:
            release = release_at(RECIPES[service.image], self.start, at)
            if (projects is None or service.project in projects) and release != service.release:
                self.left_over.append((service.image, service.release))
                service.release = release
                service.incarnation += 1
                changed = True
        return changed

    def facts(self) -> dict[str, Any]:
        return {"Host": self.host_facts(), "Engines": [self.engine_facts()], "Sources": self.sources()}

    def host_facts(self) -> dict[str, Any]:
        model = self.model
        return {
            "Hostname": self.name,
            "MachineId": hashlib.sha256(self.name.encode()).hexdigest(),
            "Architecture": model.architecture,
            "Kernel": model.kernel,
            "OperatingSystem": model.system,
            "OsId": model.system_id,
            "OsVersion": model.system_version,
            "Board": model.board,
            "NCPU": model.cpus,
            "MemTotal": model.memory,
            **kernel_facts(model),
            "LSMs": model.lsms,
            "AppArmorProfiles": {"docker-default": "enforce"} if model.apparmor else {},
            "SELinux": "disabled",
            "Environment": {},
            **storage_facts(self.name),
            **people_facts(self.members, rooted=self.rooted),
            "Listeners": listener_facts(self.name, self.members, self.daemon.listeners, rooted=self.rooted),
            "Groups": [{"Name": "docker", "Gid": 999, "Members": sorted(self.members)}],
            "AuditRules": [],
            "Files": self.files(),
        }

    def files(self) -> list[dict[str, Any]]:
        kind = "file" if self.daemon.options else "absent"
        found: list[dict[str, Any]] = [
            {"Purpose": "daemon-json", "Path": "/etc/docker/daemon.json", "Kind": kind},
            {"Purpose": "engine-socket", "Path": "/var/run/docker.sock", "Kind": "socket"},
        ]
        if kind == "file":
            found[0].update(Uid=0, Gid=0, Group="root", Mode=0o644)
        found[1].update(Uid=0, Gid=999, Group="docker", Mode=0o660)
        return sorted(found + fixed_files(), key=lambda one: (str(one["Purpose"]), str(one["Path"])))

    def engine_facts(self) -> dict[str, Any]:
        engine: dict[str, Any] = {"Key": "docker", "Kind": "docker", "Endpoint": "unix:///var/run/docker.sock"}
        if not self.readable:
            return engine
        services = sorted(self.services, key=lambda one: one.container)
        engine.update(
            Version=version_facts(self.daemon, self.model),
            Info=info_facts(self.daemon, self.model),
            Daemon=daemon_facts(self.daemon),
            Containers=[container_facts(one, self.model, sees_processes=self.rooted) for one in services],
            Images=self.images(),
            Networks=network_facts(self.daemon, self.networks()),
            SeccompProfiles=[],
        )
        return engine

    def images(self) -> list[dict[str, Any]]:
        used = {(one.image, one.release) for one in self.services}
        newest: dict[str, int] = {}
        for name, release in used:
            newest[name] = max(release, newest.get(name, release))
        everything = used | set(self.left_over)
        found = [self.image(name, release, newest.get(name, release) == release) for name, release in everything]
        return sorted(found, key=lambda one: str(one["Id"]))

    def image(self, name: str, release: int, tagged: bool) -> dict[str, Any]:
        """One image, with what the scanner said of it: nothing yet of one that came later."""
        recipe = RECIPES[name]
        facts = image_facts(recipe, release, self.model.platform, self.start, tagged, sees_layers=self.rooted)
        if self.scanned is not None:
            built = built_at(recipe, release, self.start)
            facts["Scan"] = scan_facts(facts["Id"], built, self.scanned) if built <= self.scanned else None
        return facts

    def networks(self) -> list[str]:
        named = {name for one in self.services for name in one.networks}
        return sorted(named - {"bridge", "host", "none"})

    def sources(self) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = []
        for part in ENGINE_SOURCES:
            name = "docker." + part
            if not self.readable:
                entries.append({"Name": name, "Status": "failed", "Reason": "not_permitted", "Detail": NO_SOCKET})
            elif part == "processes" and not self.rooted:
                entries.append({"Name": name, "Status": "failed", "Reason": "not_permitted", "Detail": NO_ROOT})
            else:
                entries.append({"Name": name, "Status": "ok"})
        entries += [{"Name": "host." + part, "Status": "ok"} for part in HOST_SOURCES]
        sudoers = {"Name": "host.sudoers", "Status": "ok"}
        entries.append(sudoers if self.rooted else {**sudoers, **NO_SUDOERS})
        scans = {"Name": "host.scans", "Status": "ok"}
        return [*entries, scans if self.scanned is not None else {**scans, **NO_SCANS}]

    def container_ids(self) -> dict[str, dict[str, Any]]:
        """What is volatile of the containers, by name: the engine's id is new whenever one is re-created."""
        if not self.readable:
            return {}
        return {one.container: {"Id": self.container_id(one)} for one in self.services}

    def container_id(self, service: Service) -> str:
        text = "%s/%s/%d" % (self.name, service.container, service.incarnation)
        return hashlib.sha256(text.encode()).hexdigest()
