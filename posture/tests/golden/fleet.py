"""Containers that each violate or honour something different, on a real engine of the tests' own."""

import time
from pathlib import Path

from posture.tests.engine import IMAGE, TestEngine

SSHD = "#!/bin/sh\nsleep 3600\nexit 0\n"
PACKAGES = "#!/bin/sh\nexit 0\n"
BAKED = f"""FROM {IMAGE}
ADD note.txt /note.txt
COPY apt-get /bin/apt-get
RUN chmod 755 /bin/apt-get
RUN apt-get update
ENV DB_PASSWORD=correct-horse-battery-staple
RUN cat /bin/busybox > /bin/climb && chmod 4755 /bin/climb
"""
SICK = ("--health-cmd", "false", "--health-interval", "1s", "--health-retries", "1", "--health-timeout", "1s")


def build_images(engine: TestEngine) -> None:
    """Five images: an imported one and four built on it."""
    engine.docker("tag", IMAGE, "golden/base:1")
    engine.build("golden/healthy:1", f"FROM {IMAGE}\nUSER 1000:1000\nHEALTHCHECK CMD true\n")
    engine.build("golden/silenced:1", f"FROM {IMAGE}\nHEALTHCHECK NONE\n")
    engine.build("golden/sshd:1", f"FROM {IMAGE}\nCOPY sshd /bin/sshd\nRUN chmod 755 /bin/sshd\n", files={"sshd": SSHD})
    engine.build("golden/baked:1", BAKED, files={"note.txt": "hello\n", "apt-get": PACKAGES})
    engine.docker("rmi", IMAGE)


def start_containers(engine: TestEngine, shared: Path) -> None:
    """The containers of the table; `shared` is a mount point with shared propagation."""
    base = "golden/base:1"
    engine.docker("network", "create", "safe")
    engine.run("plain", image=base)
    engine.run(
        "hardened", "--user", "1000:1000", "--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges",
        "--memory", "64m", "--cpu-shares", "512", "--pids-limit", "50", "--restart", "on-failure:5",
        "--network", "safe", "--publish", "127.0.0.1:18443:8443", image="golden/healthy:1",
    )  # fmt: skip
    engine.run("zeroes", "--user", "0:0", "--cpus", "0.5", image=base)
    engine.run("captain", "--cap-add", "SYS_ADMIN", "--cap-drop", "NET_RAW", image=base)
    engine.run("quiet", "--cap-drop", "NET_RAW", "--cpu-shares", "1024", image=base)
    engine.run("hostly", "--network", "host", "--pid", "host", "--ipc", "host", "--uts", "host", image=base)
    engine.run("mounts", "--volume", "/etc:/host-etc:ro", "--volume", "/var/run:/host-run", image=base)
    engine.run("socket", "--volume", f"{engine.socket}:/var/run/docker.sock:ro", image=base)
    engine.run("volume", "--volume", "settings:/etc", image=base)
    engine.run("port80", "--publish", "80:80", image=base)
    engine.run("portv6", "--publish", "[::]:8081:80", image=base)
    engine.run("port1024", "--publish", "127.0.0.1:1024:80", image=base)
    engine.run("restarter", "--restart", "always", "--ulimit", "nofile=1024:2048", image=base)
    engine.run("retrier", "--restart", "on-failure", "--memory", "64m", image=base)
    engine.run(
        "unconfined", "--security-opt", "seccomp=unconfined", "--security-opt", "no-new-privileges:false", image=base
    )
    engine.run("nonew", "--security-opt", "no-new-privileges:true", "--pids-limit", "-1", image=base)
    engine.run("device", "--device", "/dev/null:/dev/spare", image=base)
    engine.run(
        "shared", "--mount", f"type=bind,source={shared},destination=/shared,bind-propagation=rshared", image=base
    )
    engine.create("born", "--privileged", image=base)
    engine.run("cgroup", "--cgroup-parent", "/posture-custom", image=base)
    engine.run("neighbour", "--pid", "container:plain", image=base)
    engine.run("sick", *SICK, image=base)
    engine.run("sshd", image="golden/sshd:1", command=("/bin/sshd",))
    engine.run("stopped", image=base, command=("true",))
    engine.run("numbered", "--user", "1000", image=base)
    wait_for_health(engine)


def wait_for_health(engine: TestEngine, *, seconds: float = 30.0) -> None:
    """Wait until the health checks of `sick` and `hardened` have spoken."""
    end = time.monotonic() + seconds
    wanted = {"sick": "unhealthy"}
    while time.monotonic() < end:
        if all(
            engine.docker("inspect", "-f", "{{.State.Health.Status}}", name) == word for name, word in wanted.items()
        ):
            return
        time.sleep(0.3)
    raise RuntimeError("the health check of 'sick' never failed")
