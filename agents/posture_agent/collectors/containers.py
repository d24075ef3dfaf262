"""The engine's containers, as configured. Values that may hold secrets are looked at and left here."""

from __future__ import annotations

import os

from ..engine_api import EngineError
from ..hostfiles import HostFiles
from ..reading import MALFORMED, TOO_LARGE, Deadline, Unreadable, reason_of
from ..secrets import Marker, secret_name, secrets_in
from ..shape import Unfit, boolean, each, integer, mapping, names, or_null, pick, short, structure, text, texts
from . import execs, seccomp
from .volumes import Volumes
from .writable import Sizer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MAX_CONTAINERS = 5000
STATUSES = ("created", "running", "paused", "restarting", "removing", "exited", "dead")
LISTED_LABELS = (
    "com.docker.compose.project",
    "com.docker.compose.service",
    "com.docker.compose.container-number",
    "com.docker.compose.project.config_files",
    "com.docker.swarm.service.name",
    "com.docker.swarm.task.name",
    "com.docker.stack.namespace",
    "org.opencontainers.image.title",
    "org.opencontainers.image.version",
)
DEVICE = {"PathOnHost": text, "PathInContainer": text, "CgroupPermissions": short}
BINDING = {"HostIp": short, "HostPort": short}


def port_map(value: Any) -> dict[str, Any]:
    """Ports with their bindings, or Unfit."""
    if not isinstance(value, dict):
        raise Unfit
    return {short(port): or_null(each(structure(BINDING)))(bindings) for port, bindings in value.items()}


def ulimit(value: Any) -> dict[str, Any]:
    """A limit by its name, or Unfit."""
    facts: dict[str, Any] = structure({"Name": short, "Soft": integer, "Hard": integer})(value)
    if "Name" not in facts:
        raise Unfit
    return facts


def log_config(value: Any) -> dict[str, Any]:
    """Type and option names of a log configuration, or Unfit."""
    if not isinstance(value, dict):
        raise Unfit
    return {"Type": short(value.get("Type", "")), "Options": names(value.get("Config"))}


HOST_CONFIG = {
    "NetworkMode": short,
    "PidMode": short,
    "IpcMode": short,
    "UTSMode": short,
    "UsernsMode": short,
    "CgroupnsMode": short,
    "CgroupParent": text,
    "Privileged": boolean,
    "PublishAllPorts": boolean,
    "ReadonlyRootfs": boolean,
    "AutoRemove": boolean,
    "CapAdd": or_null(texts),
    "CapDrop": or_null(texts),
    "GroupAdd": or_null(texts),
    "Memory": or_null(integer),
    "MemorySwap": or_null(integer),
    "MemoryReservation": or_null(integer),
    "CpuShares": or_null(integer),
    "NanoCpus": or_null(integer),
    "CpuQuota": or_null(integer),
    "CpuPeriod": or_null(integer),
    "CpusetCpus": or_null(short),
    "PidsLimit": or_null(integer),
    "ShmSize": or_null(integer),
    "OomKillDisable": or_null(boolean),
    "Devices": or_null(each(structure(DEVICE))),
    "DeviceCgroupRules": or_null(texts),
    "DeviceRequests": or_null(each(structure({"Driver": short, "Count": integer, "DeviceIDs": or_null(texts)}))),
    "Ulimits": or_null(each(ulimit)),
    "RestartPolicy": structure({"Name": short, "MaximumRetryCount": integer}),
    "LogConfig": log_config,
    "PortBindings": or_null(port_map),
    "Tmpfs": or_null(names),
    "Runtime": short,
    "Init": or_null(boolean),
    "StorageOpt": or_null(mapping),
    "MaskedPaths": or_null(texts),
    "ReadonlyPaths": or_null(texts),
}
MOUNT = {
    "Type": short,
    "Name": text,
    "Source": text,
    "Destination": text,
    "Driver": short,
    "Mode": short,
    "RW": boolean,
    "Propagation": short,
}


class Reader:
    """Reads the containers of one engine and keeps what other collectors need of them."""

    def __init__(
        self, api: Any, files: HostFiles, marker: Marker, sizer: Sizer, deadline: Deadline, local: bool
    ) -> None:
        self.api = api
        self.files = files
        self.marker = marker
        self.sizer = sizer
        self.deadline = deadline
        self.local = local  # the engine shares this host's file system
        self.running: dict[str, tuple[str, int]] = {}  # id and pid of running containers by name
        self.volatile: dict[str, dict[str, Any]] = {}
        self.profiles: dict[str, dict[str, Any]] = {}  # custom seccomp profiles by path
        self.volumes = Volumes(api)

    def collect(self) -> list[dict[str, Any]]:
        """Containers by name. One that vanishes meanwhile is left out; other errors are its ``Error``."""
        listed = self.api.containers(all=True)
        if len(listed) > MAX_CONTAINERS:
            raise Unreadable(TOO_LARGE, "The engine has more than %d containers." % MAX_CONTAINERS)
        facts = []
        for entry in listed:
            self.deadline.check()
            try:
                facts.append(self.container(self.api.inspect_container(entry["Id"])))
            except (OSError, *MALFORMED) as error:
                if getattr(error, "status_code", None) != 404:
                    facts.append({"Name": listed_name(entry), "Error": reason_of(error)})
        return sorted(facts, key=lambda item: str(item["Name"]))

    def container(self, raw: Any) -> dict[str, Any]:
        """Container of a raw inspection."""
        name = text(raw["Name"].lstrip("/"))
        config, network = raw.get("Config") or {}, raw.get("NetworkSettings") or {}
        facts: dict[str, Any] = {
            "Name": name,
            "State": self.state(name, raw),
            "Config": container_config(raw, config),
            "HostConfig": self.host_config(raw.get("HostConfig") or {}),
            "Networks": names(network.get("Networks")),
            "Marks": self.marker.marks(container_places(raw, config)),
        }
        facts.update(pick(raw, {"Image": text, "AppArmorProfile": text, "ProcessLabel": text, "MountLabel": text}))
        facts.update(pick(network, {"Ports": or_null(port_map)}))
        facts.update(execs.counts(self.api, raw.get("ExecIDs") or []))
        size = self.sizer.size(raw) if self.local else None
        if size is not None:
            facts["WritableBytes"] = size
        if "Mounts" in raw:
            try:
                facts["Mounts"] = None if raw["Mounts"] is None else self.mounts(raw["Mounts"])
            except EngineError:
                pass  # without the volumes' devices nobody knows what is mounted
        return facts

    def state(self, name: str, raw: Any) -> dict[str, str]:
        """The stable part of the state; ids, pids and times go to ``volatile``."""
        state = raw["State"]
        status = state.get("Status") if state.get("Status") in STATUSES else "unknown"
        if status in ("running", "paused", "restarting") and state.get("Pid"):
            self.running[name] = (raw["Id"], state["Pid"])
        volatile = {"Id": raw["Id"], "RestartCount": raw.get("RestartCount")}
        volatile.update({key: state.get(key) for key in ("Pid", "StartedAt", "FinishedAt")})
        self.volatile[name] = {key: value for key, value in volatile.items() if value is not None}
        return {"Status": status, "Health": health_of(state)}

    def host_config(self, raw: Any) -> dict[str, Any]:
        """ContainerHostConfig; a seccomp profile's text stays here."""
        facts = pick(raw, HOST_CONFIG)
        for key in ("Tmpfs", "StorageOpt"):  # engines leave these out where they are empty
            if key not in raw:
                facts[key] = None
        facts.update(pick(raw, {"SecurityOpt": or_null(each(self.security_option))}))
        return facts

    def security_option(self, value: str) -> str:
        """A security option without an inline profile, which is remembered in reduced form."""
        if not isinstance(value, str):
            raise Unfit
        reduced, profile = seccomp.option(value)
        if profile is not None:
            self.profiles[profile["Path"]] = profile
        return reduced

    def mounts(self, raw: list[Any]) -> list[dict[str, Any]]:
        """Mounts by destination, with the real path of the source where it is on this host."""
        mounts = each(lambda item: pick(item, MOUNT))(raw)
        for mount in mounts:
            if self.local and mount.get("Type") == "bind" and mount.get("Source"):
                mount["RealSource"] = self.files.resolved(mount["Source"])[:4096]
            device = self.volumes.device(mount["Name"]) if mount.get("Type") == "volume" and mount.get("Name") else ""
            if device:
                mount["RealSource"] = (self.files.resolved(device) if self.local else device)[:4096]
        return sorted(mounts, key=lambda mount: str(mount.get("Destination")))


def health_of(state: Any) -> str:
    """none, healthy or unhealthy. One that is starting up has not failed a test yet; Podman has words of its own."""
    tested = state.get("Health") or state.get("Healthcheck") or {}
    word = str(tested.get("Status") or "none").lower()
    return {"starting": "healthy", "healthy": "healthy", "unhealthy": "unhealthy"}.get(word, "none")


def listed_name(entry: Any) -> str:
    """A container's own name of a list entry (links show as further names with two slashes)."""
    candidates = [name.lstrip("/") for name in entry.get("Names") or [] if name.count("/") == 1 or name[0] != "/"]
    return text((candidates or [entry["Id"]])[0])


def container_config(raw: Any, config: Any) -> dict[str, Any]:
    """ContainerConfig: names of variables and labels, and nothing of the command but its program's base name."""
    facts = pick(config, {"User": text, "Image": text})
    facts["EnvNames"] = environment_names(config)
    labels = config.get("Labels") or {}
    facts["LabelNames"] = sorted(str(label)[:4096] for label in labels)
    facts["Labels"] = {
        key: str(labels[key])[:4096] for key in LISTED_LABELS if key in labels and not secret(labels[key])
    }
    facts["Healthcheck"] = health_test(config.get("Healthcheck"))
    facts["ExposedPorts"] = names(config.get("ExposedPorts"))
    facts["Command"] = os.path.basename(raw.get("Path") or "")[:256]
    for variable in config.get("Env") or []:
        if variable.startswith("DOCKER_HOST="):
            scheme, separator, _ = variable[len("DOCKER_HOST=") :].partition("://")
            facts["DockerHost"] = scheme[:16] if separator else "unix"
    return facts


def secret(value: Any) -> bool:
    """Whether a listed label's value holds something secret all the same."""
    return next(secrets_in("", str(value)), None) is not None


def environment_names(config: Any) -> list[str]:
    """Sorted names of the environment's variables."""
    return sorted({variable.split("=", 1)[0][:256] for variable in config.get("Env") or []})


def health_test(raw: Any) -> dict[str, Any] | None:
    """HealthTest without its command; null when none is defined."""
    if not raw:
        return None
    facts: dict[str, Any] = {"Kind": short((raw.get("Test") or [""])[0])}
    facts.update(pick(raw, {"Interval": integer, "Timeout": integer, "Retries": integer}))
    return facts


def secret_places(
    config: Any, place: str = "Config", commands: tuple[str, str] = ("Entrypoint", "Cmd")
) -> list[tuple[str, str, str]]:
    """(place, name, text) of everything in a Config that may hold a secret; ``commands``: its keys of words to run."""
    places = []
    for variable in config.get("Env") or []:
        name, _, value = variable.partition("=")
        places.append(("%s.Env.%s" % (place, name), name, value))
    for label, value in (config.get("Labels") or {}).items():
        places.append(("%s.Labels.%s" % (place, label), label, str(value)))
    for key in commands:
        places += command_places("%s.%s" % (place, key), config.get(key) or [])
    test = config.get("Healthcheck") or {}
    return places + command_places("%s.Healthcheck.Test" % place, test.get("Test") or [])


def command_places(place: str, words: Any) -> list[tuple[str, str, str]]:
    """Places of a command's words; a word after ``--password`` and the like is looked at under that name."""
    words = [words] if isinstance(words, str) else [str(word) for word in words]
    places = []
    for index, word in enumerate(words):
        before = words[index - 1].lstrip("-") if index and words[index - 1].startswith("--") else ""
        name = before if secret_name(before) and not word.startswith("-") else ""
        places.append(("%s.%d" % (place, index), name, word))
    return places


def container_places(raw: Any, config: Any) -> list[tuple[str, str, str]]:
    """Places of a container: its Config, log options, arguments and options of its volumes."""
    host = raw.get("HostConfig") or {}
    places = secret_places(config)
    if (raw.get("Args") or []) != (config.get("Cmd") or [])[1:] and raw.get("Args") != config.get("Cmd"):
        places += command_places("Args", raw.get("Args") or [])
    for name, value in ((host.get("LogConfig") or {}).get("Config") or {}).items():
        places.append(("HostConfig.LogConfig.Config." + name, name, str(value)))
    for mount in host.get("Mounts") or []:
        driver = (mount.get("VolumeOptions") or {}).get("DriverConfig") or {}
        for name, value in (driver.get("Options") or {}).items():
            places.append(("HostConfig.Mounts.%s.%s" % (mount.get("Target"), name), name, str(value)))
    return places
