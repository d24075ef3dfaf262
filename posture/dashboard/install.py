"""The commands that put the agent on a host, to copy and paste."""

import shlex
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from posture.dashboard.server import agent_digest, authority_digest

UNITS = Path(settings.BASE_DIR) / "agents" / "posture_agent" / "systemd"
INSTALLED = "/usr/local/bin/posture-agent"


@dataclass(frozen=True, slots=True)
class Install:
    """Shell texts: download with its check, enrolment, the systemd timer."""

    download: str
    enrol: str
    timer: str
    digest: str
    authority: str


def commands(*, secret: str) -> Install:
    """The commands for this server. ``secret`` is read from standard input, so that no list of processes shows it."""
    url, digest, authority = settings.PUBLIC_URL, agent_digest(), authority_digest()
    # Our own authority is not known to curl yet: the SHA-256 below it says that the file is the right one.
    trust = " --insecure" if authority else ""
    fetch = f"curl -fsS{trust} -o posture-agent.pyz {shlex.quote(f'{url}/agent/posture-agent.pyz')}"
    check = f"echo '{digest}  posture-agent.pyz' | sha256sum -c -"
    install = f"sudo install -m 0755 posture-agent.pyz {INSTALLED}"
    pin = f" --ca-sha256 {authority}" if authority else ""
    enrol = f"printf %s {shlex.quote(secret)} | sudo {INSTALLED} enrol {shlex.quote(url)} --key -{pin}"
    first = f"sudo {INSTALLED} send"
    return Install(
        download=f"{fetch} &&\n{check} &&\n{install}",
        enrol=f"{enrol} &&\n{first}",
        timer=timer_text(),
        digest=digest,
        authority=authority,
    )


@lru_cache(maxsize=1)
def timer_text() -> str:
    """Writes the two units and starts the timer."""
    parts = []
    for name in ("posture-agent.service", "posture-agent.timer"):
        body = (UNITS / name).read_text(encoding="utf-8").rstrip()
        parts.append(f"sudo tee /etc/systemd/system/{name} >/dev/null <<'UNIT'\n{body}\nUNIT")
    return "\n".join([*parts, "sudo systemctl daemon-reload && sudo systemctl enable --now posture-agent.timer"])
