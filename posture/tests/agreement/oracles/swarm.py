"""Section 7: the swarm, from ``docker info``, ``docker network inspect``, ``docker service inspect`` and ss."""

import json
from collections.abc import Mapping

from posture.tests.agreement.oracles.truth import Oracle, Truth, holds, none_of
from posture.tests.agreement.readings import Readings

DAY = 24 * 3600 * 10**9
LONGEST = 30 * DAY  # the default of our rule
CONTROL_PORTS = (":2377 ", ":7946 ")


def in_swarm(oracle: Oracle) -> Oracle:
    """Nothing of a swarm applies to an engine that is in none."""

    def asked(readings: Readings) -> Truth:
        state = readings.info["Swarm"]["LocalNodeState"]
        return ("not_applicable", f"docker info: Swarm {state}") if state == "inactive" else oracle(readings)

    return asked


def managers(readings: Readings) -> Truth:
    count = readings.info["Swarm"]["Managers"]
    return holds(count in (1, 3, 5, 7), f"docker info: Managers {count}")


def addresses(readings: Readings) -> Truth:
    words = [
        line.split()[3] for line in readings.sockets.splitlines() if any(port in f"{line} " for port in CONTROL_PORTS)
    ]
    wide = [word for word in words if word.startswith(("*", "0.0.0.0", "[::]"))]
    return none_of(wide, f"ss, of {', '.join(words) or 'no control port'}")


def overlays(readings: Readings) -> Truth:
    names = readings.engine.docker("network", "ls", "--filter", "driver=overlay", "--quiet").split()
    if not names:
        return "not_applicable", "docker network ls: no overlay"
    found = json.loads(readings.engine.docker("network", "inspect", *names))
    return none_of([one["Name"] for one in found if "encrypted" not in one["Options"]], "docker network inspect, open")


def secrets(readings: Readings) -> Truth:
    names = readings.engine.docker("service", "ls", "--quiet").split()
    found = json.loads(readings.engine.docker("service", "inspect", *names)) if names else []
    leaks = [
        f"{one['Spec']['Name']} {word.partition('=')[0]}"
        for one in found
        for word in one["Spec"]["TaskTemplate"]["ContainerSpec"].get("Env") or []
        if "PASSWORD=" in word
    ]
    return none_of(leaks, "docker service inspect")


def autolock(readings: Readings) -> Truth:
    value = readings.info["Swarm"]["Cluster"]["Spec"]["EncryptionConfig"]["AutoLockManagers"]
    return holds(value, f"docker info: AutoLockManagers {value}")


def certificates(readings: Readings) -> Truth:
    value = readings.info["Swarm"]["Cluster"]["Spec"]["CAConfig"]["NodeCertExpiry"]
    return holds(value <= LONGEST, f"docker info: NodeCertExpiry {value // DAY} days, at most {LONGEST // DAY} wanted")


def authority(readings: Readings) -> Truth:
    created = readings.info["Swarm"]["Cluster"]["CreatedAt"]
    return "pass", f"docker info: the cluster and its authority were made at {created}, minutes ago"


def no_interface(what: str) -> Oracle:
    """A matter that no interface of the engine tells: a person has to say."""
    return lambda _readings: ("manual", f"no interface of the engine tells {what}")


ORACLES: Mapping[str, Oracle] = {
    "7.1": in_swarm(managers),
    "7.2": in_swarm(addresses),
    "7.3": in_swarm(overlays),
    "7.4": in_swarm(secrets),
    "7.5": in_swarm(autolock),
    "7.6": in_swarm(no_interface("when the unlock key was last rotated")),
    "7.7": in_swarm(certificates),
    "7.8": in_swarm(authority),
    "7.9": in_swarm(no_interface("the address of the data path")),
}
