"""What happens on the machines: each act changes one machine, at one moment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from .machine import Machine
from .services import MIB, SOCKET, Service, telemetry

Act = Callable[[Machine, datetime], None]
SIZES = {"db": 1024 * MIB, "influxdb": 512 * MIB, "detect": 768 * MIB, "player": 384 * MIB, "runner": 2048 * MIB}


def update_images(machine: Machine, at: datetime) -> None:
    """The weekly pull: whatever has a newer image is re-created, and a scanner, where there is one, looks at all."""
    machine.pull(at)
    if machine.scanned is not None:
        machine.scanned = at


def prune(machine: Machine, at: datetime) -> None:
    """Images and containers that nobody uses are removed."""
    machine.left_over.clear()
    machine.services[:] = [one for one in machine.services if one.running]


def limit(machine: Machine, at: datetime) -> None:
    """The campaign for limits: memory, processes and processor time of everything."""
    for service in machine.services:
        service.memory = service.memory or SIZES.get(service.name, 256 * MIB)
        service.pids = service.pids or 200
        service.shares = service.shares or 512
        service.incarnation += 1


def lower_privilege(machine: Machine, at: datetime) -> None:
    """What was privileged because that was easiest gets the few things that it needs instead."""
    for service in machine.services:
        if service.privileged:
            service.privileged = False
            service.incarnation += 1


def roll_out_telemetry(machine: Machine, at: datetime) -> None:
    """A new collector comes to every machine, with everything it might ever want."""
    if machine.service("telemetry") is None:
        machine.services.append(telemetry())
        machine.pull(at)


def take_telemetry_back(machine: Machine, at: datetime) -> None:
    machine.services[:] = [one for one in machine.services if one.name != "telemetry"]


def confine(machine: Machine, at: datetime) -> None:
    """The campaign against gaining privileges: no new ones, and no capability that is not needed."""
    for service in machine.services:
        if not service.privileged:
            service.no_new_privileges = True
            service.drop_all = True
            service.kept = ("NET_BIND_SERVICE",) if service.name in ("traefik", "player") else ()
            service.incarnation += 1


def seal(machine: Machine, at: datetime) -> None:
    """Own services get a root filesystem that cannot be written, an ordinary user and bounded restarts; the proxy reads
    its routes from a file instead of the engine's socket."""
    for service in machine.services:
        if service.name == "traefik":
            service.mounts = (("/srv/proxy/routes", "/etc/traefik/routes", False),)
            service.incarnation += 1
        if service.project in ("shop", "kiosk", "billing"):
            service.read_only = True
            service.user = service.user or "10001"
            service.restart, service.retries = "on-failure", 5
            service.health = True
            service.incarnation += 1


def withdraw_ports(machine: Machine, at: datetime) -> None:
    """What only neighbours use is published on the loopback address only."""
    for service in machine.services:
        if service.name not in ("traefik", "player"):
            service.ports = tuple(("127.0.0.1", host, port) for _address, host, port in service.ports)


def harden_daemon(machine: Machine, at: datetime) -> None:
    """The daemon's settings as its operators agreed on them."""
    machine.daemon.options.update(
        {
            "log-level": "info",
            "insecure-registries": [],
            "icc": False,
            "live-restore": True,
            "userland-proxy": False,
            "no-new-privileges": True,
            "log-driver": "journald",
            "default-ulimits": {"nofile": {"Name": "nofile", "Soft": 1024, "Hard": 4096}},
        }
    )


def open_tcp(machine: Machine, at: datetime) -> None:
    """Somebody opens the daemon to the network, without TLS."""
    machine.daemon.hosts = ["fd://", "tcp://0.0.0.0:2375"]


def close_tcp(machine: Machine, at: datetime) -> None:
    machine.daemon.hosts = ["fd://"]


def start_privileged(machine: Machine, at: datetime) -> None:
    """Somebody looks for a fault with a container that may do everything, and forgets it."""
    if machine.service("debug-tools") is None:
        machine.services.append(
            Service(
                "debug-tools",
                "nicolaka/netshoot",
                privileged=True,
                host_network=True,
                host_pid=True,
                mounts=(("/", "/host", True),),
                restart="no",
                command="sleep",
            )
        )
        machine.pull(at)


def stop_privileged(machine: Machine, at: datetime) -> None:
    machine.services[:] = [one for one in machine.services if one.name != "debug-tools"]


def drop_limit(machine: Machine, at: datetime) -> None:
    """A release of the shop's compose file has lost the limit of its API."""
    service = machine.service("api")
    if service is not None:
        service.memory = 0
        service.incarnation += 1


def restore_limit(machine: Machine, at: datetime) -> None:
    service = machine.service("api")
    if service is not None:
        service.memory = 512 * MIB
        service.incarnation += 1


def mount_socket(machine: Machine, at: datetime) -> None:
    """A dashboard that holds the engine's socket is tried out."""
    if machine.service("portainer") is None:
        ports = (("0.0.0.0", "9000", "9000/tcp"),)  # noqa: S104 - an imaginary published port
        machine.services.append(Service("portainer", "portainer/portainer-ce", "", "", ("bridge",), ports, (SOCKET,)))
        machine.pull(at)


def remove_caretakers(machine: Machine, at: datetime) -> None:
    """What held the engine's socket goes."""
    machine.services[:] = [one for one in machine.services if one.name not in ("portainer", "watchtower")]


def forget_test(machine: Machine, at: datetime) -> None:
    """A container of a try-out stays behind, stopped."""
    name = "test-%s" % at.strftime("%m%d")
    machine.services.append(Service(name, "redis", networks=("bridge",), restart="no", running=False))
    machine.pull(at)


def upgrade(machine: Machine, at: datetime, *, version: str) -> None:
    """The engine is upgraded and restarts."""
    machine.daemon.version = version


def reboot(machine: Machine, at: datetime) -> None:
    machine.boots += 1


def lose_access(machine: Machine, at: datetime) -> None:
    """The agent's account falls out of the docker group."""
    machine.readable = False


def gain_root(machine: Machine, at: datetime) -> None:
    """The agent may now read processes."""
    machine.rooted = True
