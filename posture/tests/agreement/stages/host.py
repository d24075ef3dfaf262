"""An engine that does what is asked, on a file system of its own; files, units, people and audit rules then vary."""

import json
import shutil
import socket
from collections.abc import Sequence
from pathlib import Path

from posture.tests.agreement.stages.stage import CONFIGURATION, OF_CONTAINER, SOCKET, Furnish, Scene, Stage, write
from posture.tests.agreement.world import call
from posture.tests.engine import IMAGE, TestEngine

SERVICE, ACTIVATION = "docker.service", "docker.socket"
VENDOR, LOCAL, RUNTIME = "/usr/lib/systemd/system", "/usr/local/lib/systemd/system", "/run/systemd/system"
REGISTRY = "/etc/docker/certs.d/registry.example:5000"
CONTAINERD = "/run/containerd/containerd.sock"
FILES = (
    *(f"{VENDOR}/{SERVICE}", f"{VENDOR}/{ACTIVATION}", "/etc/default/docker", "/etc/sysconfig/docker", CONFIGURATION),
    *(f"{REGISTRY}/ca.crt", "/run/docker.sock", CONTAINERD),
)
PAPERS = ("ca.pem", "cert.pem", "key.pem")
PROGRAMS = ("/usr/sbin/dockerd", "/usr/bin/containerd", "/usr/bin/containerd-shim-runc-v2", "/usr/sbin/runc")


def prepare(folder: Path) -> None:
    """A daemon.json of several lines that does what the benchmark asks, with mutual TLS."""
    papers(folder)
    write(
        CONFIGURATION,
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
    write("/etc/default/docker", "# nothing\n")
    write("/etc/sysconfig/docker", "# nothing\n")
    write(f"{REGISTRY}/ca.crt", "not a certificate\n", 0o444)
    write(f"{VENDOR}/{SERVICE}", "[Service]\nExecStart=/usr/sbin/dockerd\n")
    write(f"{VENDOR}/{ACTIVATION}", "[Socket]\nListenStream=/run/docker.sock\n")
    Path("/run/containerd").mkdir()
    with Path("/etc/environment").open("a", encoding="utf-8") as environment:
        environment.write("DOCKER_CONTENT_TRUST=1\n")
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


def own_disk(engine: TestEngine) -> None:
    """The data root becomes a file system of its own; the remapped one is a directory in it."""
    engine.data_root.mkdir(mode=0o711)
    call("mount", "-t", "tmpfs", "-o", "mode=711", "tmpfs", str(engine.data_root))


def furnish(engine: TestEngine) -> None:
    """A container that does what is asked, as far as this machine lets it."""
    containerd_socket()
    engine.docker("network", "create", "safe")
    engine.build("stage/healthy:1", f"FROM {IMAGE}\nUSER 1000:1000\nHEALTHCHECK CMD true\n")
    engine.run(
        "hardened", "--user", "1000:1000", "--read-only", "--cap-drop", "ALL", "--memory", "64m", "--cpu-shares", "512",
        "--pids-limit", "50", "--health-interval", "1s", "--restart", "on-failure:5",
        "--network", "safe", "--publish", "127.0.0.1:18443:8443",
        image="stage/healthy:1",
    )  # fmt: skip


def containerd_socket() -> None:
    """A socket at the usual place; before the engine started it would have been taken for containerd's."""
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(CONTAINERD)
    Path(CONTAINERD).chmod(0o660)


def hosts_users(engine: TestEngine) -> None:
    engine.run("hostusers", "--userns", "host")


def modes(mode: int, folder: int) -> Furnish:
    """Every file with this mode; /etc/docker with the mode ``folder``."""

    def furnish_modes(_engine: TestEngine) -> None:
        for path in FILES:
            Path(path).chmod(mode)
        Path("/etc/docker").chmod(folder)

    return furnish_modes


def paper_modes(engine: TestEngine) -> None:
    """The TLS files' modes are smaller numbers than the allowed ones."""
    folder = Path(json.loads(Path(CONFIGURATION).read_text(encoding="utf-8"))["tlskey"]).parent
    for name, mode in zip(PAPERS, (0o437, 0o422, 0o377), strict=True):
        (folder / name).chmod(mode)
    modes(0o644, 0o755)(engine)


def strangers(_engine: TestEngine) -> None:
    """Files that belong to nobody in particular; owner 1, group 0 and the other way round."""
    for index, path in enumerate(FILES):
        shutil.chown(path, *((1, 0) if index % 2 else (0, 1)))


def move_units(folder: str) -> Furnish:
    """Both units in one of the other places that systemd reads, open to everybody."""

    def furnish_units(_engine: TestEngine) -> None:
        for name in (SERVICE, ACTIVATION):
            for place in (VENDOR, LOCAL, RUNTIME):
                Path(place, name).unlink(missing_ok=True)
            write(f"{folder}/{name}", "[Unit]\n", 0o666)

    return furnish_units


def people(groups: Sequence[str], *words: str) -> Furnish:
    """The members of docker, from now on; ``words``: further words of useradd for each."""

    def furnish_people(_engine: TestEngine) -> None:
        for name in groups:
            call("useradd", "--no-create-home", *words, name)

    return furnish_people


def leave(name: str, then: Furnish) -> Furnish:
    """A person leaves before others come."""

    def furnish_leave(engine: TestEngine) -> None:
        call("userdel", name)
        then(engine)

    return furnish_leave


UNITS = ("3.1", "3.2", "3.3", "3.4")
FILED = ("3.",)
WATCHED = ("1.1",)
LISTENING = ("-H", SOCKET, "-H", "tcp://127.0.0.1:2376", "--config-file", CONFIGURATION)
TIGHT = Stage(
    "tight",
    LISTENING,
    (
        Scene("all", furnish, ("1.1.1", "1.1.2", "1.2", "2.", "3.", "4.", "5.", "6.", "7."), alone=OF_CONTAINER),
        Scene("host users", hosts_users, ("5.31",), alone=("5.31",)),
        Scene("mode 606", modes(0o606, 0o733), FILED),
        Scene("mode 622", modes(0o622, 0o747), FILED),
        Scene("mode 646", modes(0o646, 0o722), FILED),
        Scene("mode 437", modes(0o437, 0o1755), FILED),
        Scene("TLS modes", paper_modes, FILED),
        Scene("owners", strangers, FILED),
        Scene("units in /usr/local", move_units(LOCAL), UNITS),
        Scene("units in /run", move_units(RUNTIME), UNITS),
        Scene("bob", people(["bob"], "--groups", "docker"), ("1.1.2",), trusted="bobby"),
        Scene("primary", leave("bob", people(["mallory"], "--gid", "docker")), ("1.1.2",), trusted="bobby"),
    ),
    prepare,
    own_disk,
)
AUDITED = Stage(
    "audited",
    LISTENING,
    (
        Scene("none", sections=WATCHED),
        Scene("all", sections=WATCHED, audit=(
            *(f"-w {path} -p wa" for path in PROGRAMS), "-w /etc/docker -p wa", "-w /run/containerd -p wa",
            "-a always,exit -F path=/etc/default/docker -F perm=wa",
        )),
        Scene("shim alone", sections=WATCHED, audit=("-w /usr/bin/containerd-shim-runc-v2 -p wa",)),
        Scene("parents", sections=WATCHED, audit=("-w /etc -p wa", "-w /run -p wa", "-w /usr/bin -p wa")),
        Scene("beside", sections=WATCHED, audit=(
            "-w /etc/docker/daemon.json -p wa", "-w /run/containerd/containerd.sock -p wa", "-w /usr/bin/runc -p wa",
        )),
        Scene("reads only", sections=WATCHED, audit=("-w /etc/docker -p r", "-w /usr/sbin/dockerd -p r")),
        Scene("never first", sections=WATCHED, audit=(
            # Without the uid auditctl would list it as a watch.
            "-a never,exit -F dir=/etc/docker -F perm=wa -F uid=0", "-w /etc/docker -p wa",
        )),
        Scene("units in /usr/local", move_units(LOCAL), WATCHED),
    ),
    prepare,
    audited=True,
)  # fmt: skip
