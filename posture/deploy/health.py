"""Health checks of the containers: ``python3 -m posture.deploy.health web|worker|beat``. Exit status 0 is healthy."""

import http.client
import socket
import sys
import time
from pathlib import Path

from posture.celery import app

BEAT_SCHEDULE = Path("/tmp/beat-schedule")  # noqa: S108 - the container's own tmpfs, named in docker-compose.yml
BEAT_SILENCE = 600  # seconds; beat writes its schedule at least every three minutes


def web_is_healthy() -> bool:
    """Whether the web process answers on its own port (any answer below 500 will do: the host name may be refused)."""
    connection = http.client.HTTPConnection("127.0.0.1", 8000, timeout=8)
    try:
        connection.request("GET", "/healthz", headers={"X-Forwarded-Proto": "https"})
        return connection.getresponse().status < 500
    except OSError:
        return False
    finally:
        connection.close()


def worker_is_healthy() -> bool:
    """Whether this container's worker answers a ping through the broker."""
    return bool(app.control.inspect(destination=[f"celery@{socket.gethostname()}"], timeout=10).ping())


def beat_is_healthy() -> bool:
    """Whether beat has written its schedule lately."""
    candidates = BEAT_SCHEDULE.parent.glob(BEAT_SCHEDULE.name + "*")
    return any(time.time() - path.stat().st_mtime < BEAT_SILENCE for path in candidates)


CHECKS = {"web": web_is_healthy, "worker": worker_is_healthy, "beat": beat_is_healthy}


def main() -> int:
    """Run the named check."""
    if len(sys.argv) != 2 or sys.argv[1] not in CHECKS:
        sys.stderr.write("usage: python3 -m posture.deploy.health web|worker|beat\n")
        return 2
    return 0 if CHECKS[sys.argv[1]]() else 1


if __name__ == "__main__":
    sys.exit(main())
