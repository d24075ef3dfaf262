"""Images: what they are, and which release of each was the newest on a day of the story."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

SETUID = ("/bin/mount", "/bin/su", "/bin/umount", "/usr/bin/chfn", "/usr/bin/chsh", "/usr/bin/gpasswd")
OURS = "registry.acme.example/"
OURS_BASE = OURS + "base/debian:12"
EXPORTED = 256 * 2**20  # bytes up to which an agent without root sees what is in an image
DEBIAN, ALPINE, NONE = ("debian", "12"), ("alpine", "3.20.3"), ("", "")


@dataclass(frozen=True)
class Recipe:
    """How an image is built. ``rhythm`` is the number of days between its releases; 0: never built again."""

    name: str
    version: str
    user: str = ""
    health: bool = False
    size: int = 120_000_000
    rhythm: int = 30
    setuid: bool = True
    port: str = "8080/tcp"
    add: bool = False
    lone_refresh: bool = False
    mark: str = ""  # the pattern of a secret that was left in it
    system: tuple[str, str] = DEBIAN  # ID and VERSION_ID of its os-release
    programs: tuple[str, ...] = ()
    writable: tuple[str, ...] = ()
    committed: bool = False
    base: str = ""  # the image it was built from, where its label says so

    @property
    def phase(self) -> int:
        """Days by which this image's releases are ahead of the story's first day."""
        return int(hashlib.sha256(self.name.encode()).hexdigest(), 16) % max(self.rhythm, 1)


RECIPES = {
    recipe.name: recipe
    for recipe in (
        Recipe("nginx", "1.27", size=188_000_000, rhythm=28, port="80/tcp"),
        Recipe("postgres", "16", size=432_000_000, rhythm=60, port="5432/tcp"),
        Recipe("redis", "7.4", size=117_000_000, rhythm=45, port="6379/tcp"),
        Recipe("traefik", "v3.1", size=171_000_000, rhythm=35, setuid=False, port="80/tcp", system=ALPINE),
        Recipe(
            "grafana/grafana", "11.2", "472", size=452_000_000, rhythm=40, setuid=False, port="3000/tcp", system=ALPINE
        ),
        Recipe(
            "prom/prometheus",
            "v2.54",
            "nobody",
            size=288_000_000,
            rhythm=50,
            setuid=False,
            port="9090/tcp",
            system=NONE,
        ),
        Recipe(
            "prom/node-exporter",
            "v1.8",
            "nobody",
            size=23_000_000,
            rhythm=90,
            setuid=False,
            port="9100/tcp",
            system=NONE,
        ),
        Recipe("eclipse-mosquitto", "2.0", size=12_000_000, rhythm=70, setuid=False, port="1883/tcp", system=ALPINE),
        Recipe("nodered/node-red", "4.0", "node-red", True, size=560_000_000, rhythm=45, port="1880/tcp"),
        Recipe("influxdb", "2.7", "influxdb", size=390_000_000, rhythm=60, port="8086/tcp"),
        Recipe(
            "portainer/portainer-ce", "2.21", size=294_000_000, rhythm=50, setuid=False, port="9000/tcp", system=NONE
        ),
        Recipe("containrrr/watchtower", "1.7", size=15_000_000, rhythm=0, setuid=False, system=NONE),
        Recipe("gitea/act_runner", "0.2", size=62_000_000, rhythm=50, setuid=False, system=("alpine", "3.18.9")),
        Recipe(
            "nicolaka/netshoot",
            "v0.13",
            size=480_000_000,
            rhythm=120,
            system=ALPINE,
            programs=("/usr/bin/nc", "/usr/bin/nmap", "/usr/bin/socat", "/usr/bin/tcpdump"),
        ),
        Recipe(OURS + "shop/web", "2.1", "10001", True, size=96_000_000, rhythm=14, base=OURS_BASE),
        Recipe(OURS + "shop/api", "2.1", "10001", True, size=141_000_000, rhythm=14, base=OURS_BASE),
        Recipe(OURS + "shop/worker", "2.1", size=141_000_000, rhythm=14, lone_refresh=True),
        Recipe(
            OURS + "billing/app",
            "5.8",
            size=310_000_000,
            add=True,
            mark="password-assignment",
            system=("debian", "10"),
            programs=("/usr/bin/x86_64-linux-gnu-gcc-8", "/usr/bin/make"),
            writable=("/srv/billing/spool",),
            base="docker.io/library/debian:10-slim",
        ),
        Recipe(
            OURS + "kiosk/player",
            "1.9",
            size=204_000_000,
            rhythm=42,
            add=True,
            writable=("/var/lib/player", "/var/lib/player/playlist.json"),
            committed=True,
        ),
        Recipe(OURS + "kiosk/sync", "1.9", "1000", True, size=58_000_000, rhythm=42),
        Recipe(OURS + "telemetry/agent", "0.9", size=74_000_000, rhythm=40, base="docker.io/library/python:3.11-slim"),
        Recipe(OURS + "vision/detect", "0.7", size=890_000_000, rhythm=35),
    )
}


def release_at(recipe: Recipe, start: datetime, at: datetime) -> int:
    """The number of the release that was the newest at a moment; ``start`` is the first day of the story."""
    return max(0, ((at - start).days + recipe.phase) // recipe.rhythm) if recipe.rhythm else 0


def built_at(recipe: Recipe, release: int, start: datetime) -> datetime:
    """The morning on which a release came out."""
    if not recipe.rhythm:
        return start - timedelta(days=300)
    return start + timedelta(days=release * recipe.rhythm - recipe.phase, hours=-6)


def tag_of(recipe: Recipe, release: int) -> str:
    return "%s:%s.%d" % (recipe.name, recipe.version, release)


def image_id(recipe: Recipe, release: int, platform: str) -> str:
    return "sha256:" + hashlib.sha256(("%s/%d/%s" % (recipe.name, release, platform)).encode()).hexdigest()


def image_facts(
    recipe: Recipe, release: int, platform: str, start: datetime, tagged: bool, *, sees_layers: bool
) -> dict[str, Any]:
    """The image as it is sent; one whose tag moved on has none. What is in a large one only root sees."""
    identity = image_id(recipe, release, platform)
    facts: dict[str, Any] = {
        "Id": identity,
        "RepoTags": [tag_of(recipe, release)] if tagged else [],
        "RepoDigests": ["%s@sha256:%s" % (recipe.name, hashlib.sha256(identity.encode()).hexdigest())],
        "Created": built_at(recipe, release, start).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "Architecture": platform,
        "Os": "linux",
        "Size": recipe.size,
        "User": recipe.user,
        "EnvNames": ["PATH"] + (["DB_PASSWORD"] if recipe.mark else []),
        "Healthcheck": {"Kind": "CMD-SHELL", "Interval": 30_000_000_000, "Retries": 3} if recipe.health else None,
        "ExposedPorts": [recipe.port],
        "History": history_of(recipe),
        "Marks": [{"Pattern": recipe.mark, "Place": "Config.Env.DB_PASSWORD"}] if recipe.mark else [],
    }
    if recipe.base:
        facts["Bases"] = [recipe.base]
    if platform == "arm":
        facts["Variant"] = "v7"
    if sees_layers or recipe.size <= EXPORTED:
        facts.update(contents_of(recipe))
    return facts


def contents_of(recipe: Recipe) -> dict[str, Any]:
    """What the agent finds among the files."""
    return {
        "SetuidFiles": [{"Path": path, "Mode": 0o4755} for path in SETUID] if recipe.setuid else [],
        "Release": {"Id": recipe.system[0], "VersionId": recipe.system[1]},
        "Programs": list(recipe.programs),
        "WorldWritable": list(recipe.writable),
    }


def history_of(recipe: Recipe) -> list[dict[str, Any]]:
    """The layers, reduced to what they do."""
    refresh = ["index-refresh"] if recipe.lone_refresh else ["index-refresh", "package-install"]
    layers: list[dict[str, Any]] = [
        {"Instruction": "ADD", "Empty": False, "Base": True, "Traits": []},
        {"Instruction": "RUN", "Empty": False, "Base": False, "Traits": refresh},
        {"Instruction": "ADD" if recipe.add else "COPY", "Empty": False, "Base": False, "Traits": []},
    ]
    if recipe.committed:
        layers.append({"Instruction": "", "Empty": False, "Base": False, "Traits": ["committed"]})
    if recipe.user:
        layers.append({"Instruction": "USER", "Empty": True, "Base": False, "Traits": []})
    return layers
