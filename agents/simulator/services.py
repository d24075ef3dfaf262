"""Services: containers as their owners wrote them down, before anyone hardened them."""

from __future__ import annotations

from dataclasses import dataclass, field

MIB = 2**20


@dataclass
class Service:
    """A container and its settings; the story changes them. ``project`` is empty for a plain `docker run`.

    ``ports`` are (address, host port, container port/protocol), ``mounts`` (source, destination, may write).
    """

    name: str
    image: str
    project: str = ""
    user: str = ""
    networks: tuple[str, ...] = ()
    ports: tuple[tuple[str, str, str], ...] = ()
    mounts: tuple[tuple[str, str, bool], ...] = ()
    memory: int = 0
    pids: int = 0
    shares: int = 0
    read_only: bool = False
    privileged: bool = False
    no_new_privileges: bool = False
    drop_all: bool = False
    kept: tuple[str, ...] = ()
    host_network: bool = False
    host_pid: bool = False
    restart: str = "always"
    retries: int = 0
    health: bool = False
    running: bool = True
    environment: tuple[str, ...] = field(default=("PATH", "TZ"))
    command: str = "server"
    release: int = 0
    incarnation: int = 0

    @property
    def container(self) -> str:
        """The container's name as compose or a person would give it."""
        return "%s-%s-1" % (self.project, self.name) if self.project else self.name


SOCKET = ("/var/run/docker.sock", "/var/run/docker.sock", True)
EVERYWHERE = "0.0.0.0"  # noqa: S104 - an imaginary published port
HTTP = ((EVERYWHERE, "80", "8080/tcp"),)
SHOP = "registry.acme.example/shop/"
KIOSK = "registry.acme.example/kiosk/"


def shop() -> list[Service]:
    return [
        Service(
            "web", SHOP + "web", "shop", "10001", ("shop_front",), (("127.0.0.1", "8080", "8080/tcp"),), health=True
        ),
        Service("api", SHOP + "api", "shop", "10001", ("shop_front", "shop_back"), health=True, memory=512 * MIB),
        Service("worker", SHOP + "worker", "shop", "", ("shop_back",), environment=("PATH", "QUEUE_URL", "TZ")),
        Service(
            "db", "postgres", "shop", "", ("shop_back",), mounts=(("/srv/shop/db", "/var/lib/postgresql/data", True),)
        ),
        Service("cache", "redis", "shop", "", ("shop_back",), memory=256 * MIB),
    ]


def proxy() -> list[Service]:
    ports = ((EVERYWHERE, "80", "80/tcp"), (EVERYWHERE, "443", "443/tcp"))
    return [
        Service(
            "traefik",
            "traefik",
            "proxy",
            "",
            ("shop_front",),
            ports,
            (("/var/run/docker.sock", "/var/run/docker.sock", False),),
        )
    ]


def billing() -> list[Service]:
    return [
        Service(
            "app",
            "registry.acme.example/billing/app",
            "billing",
            "",
            ("billing_default",),
            ((EVERYWHERE, "8443", "8443/tcp"),),
            environment=("DB_PASSWORD", "PATH", "TZ"),
        ),
        Service(
            "db",
            "postgres",
            "billing",
            "",
            ("billing_default",),
            ((EVERYWHERE, "5432", "5432/tcp"),),
            memory=1024 * MIB,
        ),
    ]


def monitoring() -> list[Service]:
    root = (("/", "/host", False), ("/proc", "/host/proc", False), ("/sys", "/host/sys", False))
    return [
        Service("prometheus", "prom/prometheus", "monitoring", "nobody", ("monitoring_default",), memory=2048 * MIB),
        Service(
            "grafana",
            "grafana/grafana",
            "monitoring",
            "472",
            ("monitoring_default",),
            ((EVERYWHERE, "3000", "3000/tcp"),),
        ),
        Service(
            "node-exporter", "prom/node-exporter", "monitoring", "nobody", mounts=root, host_network=True, host_pid=True
        ),
    ]


def exporter() -> list[Service]:
    return [Service("node-exporter", "prom/node-exporter", "", "nobody", host_network=True, restart="unless-stopped")]


def kiosk() -> list[Service]:
    return [
        Service(
            "player",
            KIOSK + "player",
            "kiosk",
            "",
            ("kiosk_default",),
            ((EVERYWHERE, "80", "8080/tcp"),),
            privileged=True,
        ),
        Service("sync", KIOSK + "sync", "kiosk", "1000", ("kiosk_default",), health=True),
    ]


def vision() -> list[Service]:
    return [
        Service(
            "detect",
            "registry.acme.example/vision/detect",
            "vision",
            "",
            ("vision_default",),
            mounts=(("/dev", "/dev", True),),
            privileged=True,
        ),
        Service("mqtt", "eclipse-mosquitto", "vision", "", ("vision_default",), ((EVERYWHERE, "1883", "1883/tcp"),)),
    ]


def workshop() -> list[Service]:
    return [
        Service("mosquitto", "eclipse-mosquitto", "", "", ("bridge",), ((EVERYWHERE, "1883", "1883/tcp"),)),
        Service(
            "node-red",
            "nodered/node-red",
            "",
            "node-red",
            ("bridge",),
            ((EVERYWHERE, "1880", "1880/tcp"),),
            health=True,
        ),
        Service("influxdb", "influxdb", "", "influxdb", ("bridge",), (("127.0.0.1", "8086", "8086/tcp"),)),
    ]


def telemetry() -> Service:
    """What was rolled out in one hurry and taken back in another."""
    root = (SOCKET, ("/", "/host", True), ("/etc", "/host-etc", True))
    return Service("telemetry", "registry.acme.example/telemetry/agent", mounts=root, host_network=True, host_pid=True)


def runner() -> list[Service]:
    return [
        Service("runner", "gitea/act_runner", "ci", "", ("ci_default",), mounts=(SOCKET, ("/srv/ci", "/data", True))),
        Service("cache", "redis", "ci", "", ("ci_default",)),
    ]


def caretakers() -> list[Service]:
    """Tools that look after containers, and hold the engine's socket for it."""
    return [
        Service(
            "portainer", "portainer/portainer-ce", "", "", ("bridge",), ((EVERYWHERE, "9000", "9000/tcp"),), (SOCKET,)
        ),
        Service("watchtower", "containrrr/watchtower", "", "", ("bridge",), mounts=(SOCKET,)),
    ]


STACKS = {
    "shop": shop,
    "proxy": proxy,
    "billing": billing,
    "monitoring": monitoring,
    "exporter": exporter,
    "kiosk": kiosk,
    "vision": vision,
    "workshop": workshop,
    "runner": runner,
    "caretakers": caretakers,
}
