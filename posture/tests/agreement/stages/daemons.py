"""Engines without containers: options that are spelled, placed or switched in every way."""

from collections.abc import Callable
from pathlib import Path

from posture.tests.agreement.stages.host import papers
from posture.tests.agreement.stages.stage import CONFIGURATION, SOCKET, Box, Scene, Stage, run_all, write
from posture.tests.agreement.world import call
from posture.tests.engine import TestEngine

OWN = ("2.", "3.17", "3.18")
ELSEWHERE = "/srv/engine.json"
ALLOW_ALL = '{"defaultAction": "SCMP_ACT_ALLOW"}\n'


def configured(text: str, place: str = CONFIGURATION, mode: int = 0o644) -> Callable[[Path], None]:
    """A daemon.json; FOLDER in it is the stage's folder, which holds certificates where it is named."""

    def prepare(folder: Path) -> None:
        if place == CONFIGURATION:
            Path(CONFIGURATION).unlink(missing_ok=True)
        else:
            call("mount", "-t", "tmpfs", "tmpfs", str(Path(place).parent))
        if "FOLDER" in text:
            papers(folder)
        write(place, text.replace("FOLDER", str(folder)), mode)
        write("/run/stage/allow.json", ALLOW_ALL)

    return prepare


def one_box(engine: TestEngine) -> None:
    """A container that takes what the daemon gives."""
    run_all(engine, [Box("plain")])


ARRAY = Stage(
    "array",
    (),
    (Scene("all", one_box, (*OWN, "5.22", "5.25", "5.26"), alone=("5.22", "5.25", "5.26")),),
    configured(f"""{{
  "hosts": [
    "{SOCKET}",
    "tcp://127.0.0.1:2375"
  ],
  "cgroup-parent": "/elsewhere",
  "log-driver": "none",
  "live-restore": false,
  "no-new-privileges": false,
  "userland-proxy": true,
  "experimental": true,
  "default-ulimits": {{}},
  "seccomp-profile": "/run/stage/allow.json"
}}
"""),
    hosts_configured=True,
)
LINE = Stage(
    "line",
    (f"--config-file={ELSEWHERE}", "--log-driver=local", "--userland-proxy=false", "--live-restore", "--icc=false"),
    (Scene("all", sections=OWN),),
    configured(
        f'{{"hosts": ["{SOCKET}", "tcp://127.0.0.1:2376"], "tlsverify": true, "tlscacert": "FOLDER/ca.pem",'
        ' "tlscert": "FOLDER/cert.pem", "tlskey": "FOLDER/key.pem"}\n',
        ELSEWHERE,
        0o666,
    ),
    hosts_configured=True,
)
LOGS = Stage(
    "logs",
    ("--userland-proxy=true", "--iptables=true", "--debug"),
    (Scene("all", sections=OWN),),
    configured(
        f'{{"hosts": ["{SOCKET}"], "log-driver": "syslog", "log-opts": {{"syslog-address": "tcp://192.0.2.1:514"}}}}\n'
    ),
    hosts_configured=True,
)


def verified_by_nobody(folder: Path) -> None:
    """TLS papers without an authority for clients."""
    configured('{"log-level": "info"}\n')(folder)
    papers(Path("/run/stage"))


SPELLED = Stage(
    "spelled",
    (
        *("--host", SOCKET, "-Htcp://127.0.0.1:2371", "-H=tcp://127.0.0.1:2372", "--host=tcp://127.0.0.1:2373"),
        *(
            "--tls",
            "--tlscacert",
            "/run/stage/ca.pem",
            "--tlscert",
            "/run/stage/cert.pem",
            "--tlskey",
            "/run/stage/key.pem",
        ),
        *("--no-new-privileges", "--cgroup-parent=/elsewhere", "--default-ulimit", "nofile=1024:2048"),
    ),
    (Scene("all", sections=OWN),),
    verified_by_nobody,
)
