"""Containers that each violate or honour something different, on a real engine of the tests' own."""

import io
import json
import tarfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from posture.tests.engine import IMAGE, TestEngine

SSHD = "#!/bin/sh\nsleep 3600\nexit 0\n"
OPEN = f"FROM {IMAGE}\nRUN touch /anybody && chmod 666 /anybody\nRUN mkdir /swap && chmod 777 /swap\n"
TOOLS = f"""FROM {IMAGE}
COPY tool /usr/bin/sudo
COPY tool /usr/bin/gcc
RUN chmod 4755 /usr/bin/sudo && chmod 755 /usr/bin/gcc
"""
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
    """An imported image, those built on it, and one for another processor."""
    engine.docker("tag", IMAGE, "golden/base:1")
    engine.build("golden/healthy:1", f"FROM {IMAGE}\nUSER 1000:1000\nHEALTHCHECK CMD true\n")
    engine.build("golden/silenced:1", f"FROM {IMAGE}\nHEALTHCHECK NONE\n")
    engine.build("golden/sshd:1", f"FROM {IMAGE}\nCOPY sshd /bin/sshd\nRUN chmod 755 /bin/sshd\n", files={"sshd": SSHD})
    engine.build("golden/baked:1", BAKED, files={"note.txt": "hello\n", "apt-get": PACKAGES})
    engine.build("golden/loose:1", OPEN)
    engine.build("golden/tools:1", TOOLS, files={"tool": SSHD})
    for name, release in (("old", "ID=debian\nVERSION_ID=8\n"), ("rolling", "ID=arch\n")):
        engine.build(f"golden/{name}:1", f"FROM {IMAGE}\nCOPY os /etc/os-release\n", files={"os": release})
    engine.build("golden/floating", f"FROM {IMAGE}\nCMD true\n")
    engine.build("golden/ports:1", f"FROM {IMAGE}\nEXPOSE 80 81\n")
    engine.build(
        "golden/supervised:1",
        f"FROM {IMAGE}\nCOPY supervisord /bin/supervisord\nRUN chmod 755 /bin/supervisord\n",
        files={"supervisord": SSHD},
    )
    load_foreign(engine, "golden/foreign:1")
    engine.docker("rmi", IMAGE)


def load_foreign(engine: TestEngine, tag: str) -> None:
    """The imported image once more, as one for a processor that none of our hosts has."""
    saved, changed = engine.folder / "saved.tar", engine.folder / "changed.tar"
    engine.docker("save", "--output", str(saved), IMAGE)
    with tarfile.open(saved) as source, tarfile.open(changed, "w") as target:
        manifest = json.loads(content_of(source, source.getmember("manifest.json")))
        for entry in source.getmembers():
            content = content_of(source, entry)
            if entry.name == manifest[0]["Config"]:
                content = json.dumps({**json.loads(content), "architecture": "s390x"}).encode()
            elif entry.name == "manifest.json":
                content = json.dumps([{**manifest[0], "RepoTags": [tag]}]).encode()
            elif entry.name == "repositories":
                continue
            entry.size = len(content)
            target.addfile(entry, io.BytesIO(content))
    engine.docker("load", "--input", str(changed))


def leave_scans(engine: TestEngine, folder: Path) -> None:
    """What a scanner left in its folder: nothing bad in `base`, a mended flaw in `sshd`, of `tools` an old result."""
    flaw = {"Severity": "CRITICAL", "FixedVersion": "9.9"}
    now = datetime.now(UTC)
    for name, found, scanned_at in (("base", [], now), ("sshd", [flaw], now), ("tools", [], now - timedelta(days=60))):
        report = {
            "SchemaVersion": 2,
            "CreatedAt": scanned_at.isoformat(),
            "ArtifactType": "container_image",
            "Metadata": {"ImageID": engine.docker("image", "inspect", "--format", "{{.Id}}", f"golden/{name}:1")},
            "Results": [{"Class": "os-pkgs", "Vulnerabilities": found}],
        }
        (folder / f"{name}.json").write_text(json.dumps(report))


def content_of(archive: tarfile.TarFile, entry: tarfile.TarInfo) -> bytes:
    """Of a file its bytes, of anything else nothing."""
    file = archive.extractfile(entry) if entry.isfile() else None
    return file.read() if file else b""


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
    start_more_containers(engine, shared)
    wait_for_health(engine)


def start_more_containers(engine: TestEngine, shared: Path) -> None:
    """Those that tell the stricter rules apart."""
    base = "golden/base:1"
    engine.run("lender", "--ipc", "shareable", image=base)
    engine.run("borrower", "--ipc", "container:lender", image=base)
    engine.run(
        "unswapped", "--memory", "64m", "--memory-swap", "64m", "--cpu-period", "100000", "--cpu-quota", "50000",
        image=base,
    )  # fmt: skip
    engine.run("swapping", "--memory", "64m", "--memory-swap", "-1", "--cpuset-cpus", "0", image=base)
    engine.run("scratch", "--tmpfs", "/tmp", image=base)
    engine.run("cache", "--read-only", "--tmpfs", "/run", "--volume", "cache:/var/tmp", image=base)
    engine.run("writer", "--volume", f"{shared}/data:/data", image=base)
    engine.run("reader", "--volume", f"{shared}/data:/data:ro", image=base)
    engine.run("everyport", "--publish-all", image="golden/ports:1")
    engine.run("pinned", image=engine.docker("image", "inspect", "--format", "{{.Id}}", base))
    engine.run("grown", image=base)
    engine.docker("exec", "grown", "busybox", "dd", "if=/dev/zero", "of=/grown", "bs=1M", "count=80")
    engine.run("supervised", image="golden/supervised:1", command=("/bin/supervisord",))
    engine.run("bindcap", "--cap-drop", "ALL", "--cap-add", "NET_BIND_SERVICE", image=base)
    engine.run("readdev", "--device", "/dev/null:/dev/spare:r", image=base)
    engine.run("tree", "--volume", "/sys/fs/cgroup:/tree:ro", image=base)
    engine.run("sudoer", image="golden/tools:1")
    engine.run("sudoless", "--security-opt", "no-new-privileges", image="golden/tools:1")
    engine.docker("exec", "plain", "sh", "-c", "echo kept > /note")
    engine.docker("commit", "plain", "golden/committed:1")


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
