"""An engine without protection, and containers that violate much or only seem to; each is also judged alone."""

from pathlib import Path

from posture.tests.agreement.stages.stage import CONFIGURATION, OF_CONTAINER, SOCKET, Box, Scene, Stage, run_all, write
from posture.tests.agreement.world import call
from posture.tests.engine import BUSYBOX, IMAGE, TestEngine

SECRET = "correct-horse-battery-staple"
ALLOW_ALL = '{"defaultAction": "SCMP_ACT_ALLOW"}\n'
PROFILE = "/run/stage/allow.json"
SHARED = "/srv"
# Each carries one thing for each control, so that few have to be started. This machine starts no privileged one.
BOXES = (
    Box("plain"),
    Box(
        "zeroes",
        "--user 0:0 --cap-add SYS_ADMIN --volume /etc/ssh:/keys --publish 80:80 --cpu-shares 1024 --restart always"
        " --security-opt seccomp=unconfined --security-opt no-new-privileges:false --ulimit nofile=1024:2048"
        " --health-cmd false --health-interval 1s --health-retries 1",
    ),
    Box(
        "zerogroup",
        "--user 0:1000 --cap-drop CAP_NET_RAW --cap-add CAP_SYS_TIME --volume /root:/data --publish 127.0.0.1:1024:80"
        f" --cpu-period 100000 --cpu-quota 50000 --memory 64m --restart unless-stopped --no-healthcheck"
        f" --security-opt seccomp={PROFILE}",
    ),
    Box(
        "doublezero",
        "--user 00 --cap-drop NET_RAW --volume /run:/data --publish [::]:8081:80 --cpuset-cpus 0 --restart on-failure"
        " --device /dev/null:/dev/other --security-opt no-new-privileges",
    ),
    Box(
        "rooted",
        "--user root:root --cap-drop ALL --cap-add NET_RAW --volume /var/run:/data --publish [::1]:443:80"
        " --restart on-failure:6",
        "stage/grouped:1",
    ),
    Box("dropper", "--volume /var:/data:ro --publish-all --expose 80", command="busybox su web -c 'exec sleep 3600'"),
    Box("capless", "--cap-drop ALL --user 1000:1000 --volume /etc:/data:ro --volume /opt:/other"),
    Box("hostly", "--network host --pid host --ipc host --uts host --volume settings:/etc"),
    Box("shell", "--volume bound:/data", "stage/sshd:1", "/usr/sbin/sshd"),
    Box("socketed", "--volume /run/docker.sock:/var/run/docker.sock:ro"),
    Box("travelling", f"--mount type=bind,source={SHARED},target=/data,bind-propagation=rshared"),
)


def prepare(_folder: Path) -> None:
    """Modes that are smaller numbers than the allowed one but let strangers write; a member nobody named."""
    write(CONFIGURATION, '{\n  "debug": false\n}\n', 0o622)
    Path("/etc/docker").chmod(0o733)
    write("/etc/default/docker", "# nothing\n", 0o606)
    write("/usr/lib/systemd/system/docker.service", "[Service]\nExecStart=/usr/sbin/dockerd\n", 0o622)
    write("/usr/lib/systemd/system/docker.socket", "[Socket]\nListenStream=/run/docker.sock\n", 0o607)
    write("/etc/docker/certs.d/registry.example:5000/client.key", "not a key\n", 0o644)
    write("/etc/docker/certs.d/registry.example:5000/ca.crt", "not a certificate\n", 0o437)
    Path("/run/containerd").mkdir()
    write(PROFILE, ALLOW_ALL)
    call("mount", "-t", "tmpfs", "tmpfs", SHARED)
    call("mount", "--make-shared", SHARED)
    call("groupadd", "--force", "docker")
    call("useradd", "--no-create-home", "--groups", "docker", "eve")


def furnish(engine: TestEngine) -> None:
    """Images, then containers."""
    Path("/run/docker.sock").chmod(0o646)
    images(engine)
    engine.docker("volume", "create", "--opt", "type=none", "--opt", "o=bind", "--opt", "device=/etc/ssh", "bound")
    run_all(engine, BOXES)
    engine.create("asleep", "--privileged", "--publish", "443:80", "--volume", "/:/host")


def images(engine: TestEngine) -> None:
    """A base of which the whole history is told, and images whose history is misread easily."""
    base(engine)
    engine.build("stage/grouped:1", f"FROM {IMAGE}\nCOPY group /etc/group\n", files={"group": "root:x:0:\n"})
    engine.build(
        "stage/sshd:1",
        f"FROM {IMAGE}\nCOPY sshd /usr/sbin/sshd\n",
        files={"sshd": b"#!/bin/sh\nwhile true; do sleep 3600; done\n"},
    )
    engine.build("stage/silenced:1", "FROM stage/base:1\nHEALTHCHECK NONE\n")
    engine.build("stage/checked:1", "FROM stage/base:1\nHEALTHCHECK CMD true\n")
    engine.build("stage/adding:1", "FROM stage/base:1\nADD note.txt /\n", files={"note.txt": "x\n"})
    engine.build("stage/child:1", "FROM stage/adding:1\nCOPY note.txt /copy.txt\n", files={"note.txt": "x\n"})
    engine.build("stage/address:1", "FROM stage/base:1\nENV BANNER='ADDRESS BOOK'\n")
    engine.build("stage/hidden:1", f"FROM stage/base:1\nRUN : {'a' * 60} ; apt-get update\n")
    engine.build("stage/harmless:1", "FROM stage/base:1\nRUN update-ca-certificates\n")
    engine.build("stage/told:1", f"FROM stage/base:1\nENV DB_PASSWORD={SECRET}\n")
    engine.build("stage/asked:1", f"FROM stage/base:1\nARG DB_PASSWORD={SECRET}\nRUN true\n")


def base(engine: TestEngine) -> None:
    """stage/base:1, from nothing: programs of which two only pretend."""
    engine.build(
        "stage/base:1",
        """FROM scratch
COPY busybox apt-get update-ca-certificates /bin/
RUN ["/bin/busybox", "ln", "-s", "busybox", "/bin/sh"]
RUN ["/bin/busybox", "ln", "-s", "busybox", "/bin/true"]
""",
        files={"busybox": BUSYBOX.read_bytes(), "apt-get": b"#!/bin/sh\n", "update-ca-certificates": b"#!/bin/sh\n"},
    )


IMAGES = (
    *("stage/silenced:1", "stage/checked:1", "stage/adding:1", "stage/child:1", "stage/address:1", "stage/hidden:1"),
    *("stage/harmless:1", "stage/told:1", "stage/asked:1"),
)
LOOSE = Stage(
    "loose",
    (
        *("-H", SOCKET, "-H", "tcp://0.0.0.0:2375", "--log-level=debug", "--live-restore=false"),
        *("--no-new-privileges=false", "--insecure-registry", "192.0.2.1:5000", "--config-file", CONFIGURATION),
    ),
    (
        Scene(
            "all",
            furnish,
            ("1.1.1", "1.1.2", "1.2", "2.", "3.", "4.", "5.", "6.", "7."),
            alone=OF_CONTAINER,
            images=IMAGES,
        ),
    ),
    prepare,
)
