"""The stages: engines, files, audit rules, containers, images, networks and swarms, each wrong in its own way."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from posture.tests.agreement.world import call
from posture.tests.engine import IMAGE, TestEngine

SOCKET = "unix:///run/docker.sock"


@dataclass(frozen=True, slots=True)
class Stage:
    """``prepare`` writes files of the world before the engine starts, ``furnish`` fills the engine."""

    name: str
    options: Sequence[str]
    prepare: Callable[[Path], None]
    furnish: Callable[[TestEngine], None]
    audit: Sequence[str] = field(default_factory=tuple)  # rules as auditctl reads them


def write(path: str, text: str, mode: int = 0o644) -> Path:
    """A file of the world."""
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")
    target.chmod(mode)
    return target


def prepare_loose(_folder: Path) -> None:
    """Modes that are numbers below the allowed one but let strangers write; a member nobody named; a late flag."""
    write("/etc/docker/daemon.json", '{\n  "debug": false\n}\n', 0o622)
    Path("/etc/docker").chmod(0o733)
    write("/etc/default/docker", "# nothing\n", 0o606)
    write("/usr/lib/systemd/system/docker.service", "[Service]\nExecStart=/usr/sbin/dockerd\n", 0o622)
    write("/usr/lib/systemd/system/docker.socket", "[Socket]\nListenStream=/run/docker.sock\n", 0o607)
    write("/etc/docker/certs.d/registry.example:5000/client.key", "not a key\n", 0o644)
    write("/etc/docker/certs.d/registry.example:5000/ca.crt", "not a certificate\n", 0o437)
    Path("/run/containerd").mkdir()
    call("groupadd", "--force", "docker")
    call("useradd", "--no-create-home", "--groups", "docker", "eve")


def furnish_loose(engine: TestEngine) -> None:
    """Containers that violate one thing each."""
    Path("/run/docker.sock").chmod(0o646)
    engine.run("plain")
    engine.run("zeroes", "--user", "0:0")
    engine.build("stage/grouped:1", f"FROM {IMAGE}\nCOPY group /etc/group\n", files={"group": "root:x:0:\n"})
    engine.run("rooted", "--user", "root:root", image="stage/grouped:1")
    engine.run("captain", "--cap-add", "SYS_ADMIN")
    engine.run("mounts", "--volume", "/etc/ssh:/keys", "--volume", "/root:/home", "--volume", "/run:/host-run")
    engine.run("socket", "--volume", "/run/docker.sock:/var/run/docker.sock:ro")
    engine.run("volume", "--volume", "settings:/etc")
    engine.run("port80", "--publish", "80:80")
    engine.run("portv6", "--publish", "[::]:8081:80")
    engine.run("port1024", "--publish", "127.0.0.1:1024:80")
    engine.run("restarter", "--restart", "always", "--cpu-shares", "1024")
    engine.run("unconfined", "--security-opt", "seccomp=unconfined", "--security-opt", "no-new-privileges:false")
    engine.run("quota", "--cpu-period", "100000", "--cpu-quota", "50000", "--memory", "64m")
    engine.run("hostly", "--network", "host", "--pid", "host", "--ipc", "host", "--uts", "host")
    engine.run("sick", "--health-cmd", "false", "--health-interval", "1s", "--health-retries", "1")
    engine.create("asleep", "--privileged")
    engine.build("stage/silenced:1", f"FROM {IMAGE}\nHEALTHCHECK NONE\n")
    engine.build(
        "stage/baked:1",
        f"FROM {IMAGE}\nADD note.txt /\nENV DB_PASSWORD=correct-horse-battery-staple\n",
        files={"note.txt": "x\n"},
    )


def prepare_tight(folder: Path) -> None:
    """A daemon.json of several lines that does what the benchmark asks, with mutual TLS."""
    papers(folder)
    write(
        "/etc/docker/daemon.json",
        f"""{{
  "tlsverify": true,
  "tlscacert": "{folder}/ca.pem",
  "tlscert": "{folder}/cert.pem",
  "tlskey": "{folder}/key.pem",
  "icc": false,
  "live-restore": true,
  "no-new-privileges": true,
  "userland-proxy": false,
  "log-driver": "syslog",
  "log-opts": {{"syslog-address": "udp://127.0.0.1:514"}},
  "default-ulimits": {{"nofile": {{"Name": "nofile", "Soft": 1024, "Hard": 2048}}}},
  "userns-remap": "default"
}}
""",
    )
    Path("/etc/docker").chmod(0o755)
    for kind in ("uid", "gid"):
        write(f"/etc/sub{kind}", "dockremap:200000:65536\n")
    call("groupadd", "--force", "docker")


def papers(folder: Path) -> None:
    """A certificate authority and a server certificate, with the modes that are asked for."""
    call("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=stage-ca",
         "-keyout", f"{folder}/ca-key.pem", "-out", f"{folder}/ca.pem")  # fmt: skip
    call("openssl", "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost",
         "-keyout", f"{folder}/key.pem", "-out", f"{folder}/request.pem")  # fmt: skip
    call("openssl", "x509", "-req", "-in", f"{folder}/request.pem", "-CA", f"{folder}/ca.pem", "-CAkey",
         f"{folder}/ca-key.pem", "-CAcreateserial", "-days", "2", "-out", f"{folder}/cert.pem")  # fmt: skip
    for name, mode in (("ca.pem", 0o444), ("cert.pem", 0o444), ("key.pem", 0o400)):
        (folder / name).chmod(mode)


def furnish_tight(engine: TestEngine) -> None:
    """Containers that do what is asked, as far as this machine lets them."""
    engine.docker("network", "create", "safe")
    engine.build("stage/healthy:1", f"FROM {IMAGE}\nUSER 1000:1000\nHEALTHCHECK CMD true\n")
    engine.run(
        "hardened", "--user", "1000:1000", "--read-only", "--cap-drop", "ALL", "--memory", "64m", "--cpu-shares", "512",
        "--pids-limit", "50", "--restart", "on-failure:5", "--network", "safe", "--publish", "127.0.0.1:18443:8443",
        image="stage/healthy:1",
    )  # fmt: skip


def prepare_swarm(_folder: Path) -> None:
    """Nothing but the group."""
    call("groupadd", "--force", "docker")


def furnish_swarm(engine: TestEngine) -> None:
    """A manager of its own with an encrypted and a plain overlay, a service with a secret in its environment."""
    engine.docker("swarm", "init", "--advertise-addr", "127.0.0.1")
    engine.docker("network", "create", "--driver", "overlay", "--opt", "encrypted", "sealed")
    engine.docker("network", "create", "--driver", "overlay", "open")
    engine.docker(
        "service", "create", "--detach", "--name", "web", "--env", "DB_PASSWORD=correct-horse-battery-staple", IMAGE,
        "sleep", "3600",
    )  # fmt: skip


LOOSE = Stage(
    "loose",
    (
        *("-H", SOCKET, "-H", "tcp://0.0.0.0:2375", "--log-level=debug", "--live-restore=false"),
        *(
            "--no-new-privileges=false",
            "--insecure-registry",
            "192.0.2.1:5000",
            "--config-file",
            "/etc/docker/daemon.json",
        ),
    ),
    prepare_loose,
    furnish_loose,
    audit=("-w /run/containerd/containerd.sock -p wa", "-w /etc/docker/daemon.json -p wa"),
)
TIGHT = Stage(
    "tight",
    ("-H", SOCKET, "-H", "tcp://127.0.0.1:2376", "--config-file", "/etc/docker/daemon.json"),
    prepare_tight,
    furnish_tight,
    audit=(
        *("-w /usr/sbin/dockerd -p rwxa", "-w /etc/docker -p wa", "-w /usr/bin/runc -p wa"),
        "-w /usr/bin/containerd-shim-runc-v2 -p wa",
    ),
)
SWARM = Stage("swarm", ("-H", SOCKET), prepare_swarm, furnish_swarm)
STAGES = {stage.name: stage for stage in (LOOSE, TIGHT, SWARM)}
