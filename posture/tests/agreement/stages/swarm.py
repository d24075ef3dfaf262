"""A swarm of one node: open, then closed, then with a leak beside what is closed."""

from pathlib import Path

from posture.tests.agreement.stages.stage import OF_CONTAINER, SOCKET, Scene, Stage, write
from posture.tests.agreement.world import call
from posture.tests.engine import IMAGE, TestEngine

LEAK = "DB_PASSWORD=correct-horse-battery-staple"


def prepare(_folder: Path) -> None:
    """Nothing but the group."""
    call("groupadd", "--force", "docker")


def furnish(engine: TestEngine) -> None:
    """A manager on a wildcard address with a plain overlay, a service with a secret in its environment."""
    engine.docker("swarm", "init", "--advertise-addr", "127.0.0.1")
    engine.docker("network", "create", "--driver", "overlay", "--opt", "encrypted", "sealed")
    engine.docker("network", "create", "--driver", "overlay", "open")
    engine.docker("service", "create", "--quiet", "--name", "web", "--env", LEAK, IMAGE, "sleep", "3600")


def close(engine: TestEngine) -> None:
    """What was open is closed: locked, a certificate's life of a day, and the password comes from the store."""
    engine.docker("service", "rm", "web")
    engine.docker("network", "rm", "open")
    engine.docker("swarm", "update", "--autolock=true", "--cert-expiry", "24h")
    secret = write("/run/stage/secret", "correct horse\n")
    engine.docker("secret", "create", "kept", str(secret))
    engine.docker("service", "create", "--detach", "--name", "keeper", "--replicas", "0", "--secret", "kept", IMAGE)


def leak_beside(engine: TestEngine) -> None:
    """A service with its password in its environment beside the one with a secret; certificates last two days."""
    engine.docker("service", "create", "--detach", "--name", "leaky", "--replicas", "0", "--env", LEAK, IMAGE)
    engine.docker("swarm", "update", "--cert-expiry", "48h")


SECTION = ("2.15", "7.")
SWARM = Stage(
    "swarm",
    ("-H", SOCKET),
    (
        Scene("all", furnish, ("2.15", "4.1", "5.", "7."), alone=OF_CONTAINER),
        Scene("closed", close, SECTION),
        Scene("leak beside", leak_beside, SECTION),
    ),
    prepare,
)
