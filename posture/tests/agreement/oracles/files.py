"""Section 3: owners and modes, from stat."""

import glob
from collections.abc import Callable, Mapping

from posture.tests.agreement.oracles.audit import fixed, unit
from posture.tests.agreement.oracles.truth import Oracle, Truth, holds, none_of
from posture.tests.agreement.readings import Readings
from posture.tests.agreement.world import call

CERTIFICATES = "/etc/docker/certs.d/*/*"
SOCKET = "/run/docker.sock"
Find = Callable[[Readings], str]


def configured(key: str) -> Find:
    return lambda readings: str(readings.configuration.get(key, ""))


def configuration_path(readings: Readings) -> str:
    return readings.configuration_path


def containerd_socket(readings: Readings) -> str:
    return readings.containerd_socket


def owned(find: Find) -> Oracle:
    def oracle(readings: Readings) -> Truth:
        path = find(readings)
        found = readings.stat(path) if path else ""
        if not found:
            return "not_applicable", f"there is no {path or 'such file named'}"
        return holds(found.split()[:2] == ["0", "0"], f"stat {path}: {found}")

    return oracle


def within(find: Find, mask: int) -> Oracle:
    def oracle(readings: Readings) -> Truth:
        path = find(readings)
        found = readings.stat(path) if path else ""
        if not found:
            return "not_applicable", f"there is no {path or 'such file named'}"
        return holds(int(found.split()[2], 8) & ~mask == 0, f"stat {path}: mode {found.split()[2]}, allowed {mask:o}")

    return oracle


def certificates_owned(readings: Readings) -> Truth:
    paths = glob.glob(CERTIFICATES)
    if not paths:
        return "not_applicable", f"nothing matches {CERTIFICATES}"
    return none_of([path for path in paths if readings.stat(path).split()[:2] != ["0", "0"]], "stat, owner not 0:0")


def certificates_within(readings: Readings) -> Truth:
    paths = [path for path in glob.glob(CERTIFICATES) if not path.endswith(".key")]
    if not paths:
        return "not_applicable", f"nothing matches {CERTIFICATES}"
    modes = {path: readings.stat(path).split()[2] for path in paths}
    wide = [f"{path} {mode}" for path, mode in modes.items() if int(mode, 8) & ~0o444]
    return none_of(wide, "stat, beyond 444")


def socket_owned(readings: Readings) -> Truth:
    uid, gid, _mode = readings.stat(SOCKET).split()
    group = call("getent", "group", gid).split(":")[0]
    return holds(uid == "0" and group in ("root", "docker"), f"stat {SOCKET}: uid {uid}, group {group}")


def socket_within(readings: Readings) -> Truth:
    mode = readings.stat(SOCKET).split()[2]
    return holds(int(mode, 8) & ~0o660 == 0, f"stat {SOCKET}: mode {mode}, allowed 660")


SERVICE, ACTIVATION = unit("docker.service"), unit("docker.socket")
FOLDER, DAEMON_JSON = fixed("/etc/docker"), configuration_path
DEFAULTS, SYSCONFIG = fixed("/etc/default/docker"), fixed("/etc/sysconfig/docker")
CA, CERTIFICATE, KEY = configured("tlscacert"), configured("tlscert"), configured("tlskey")

ORACLES: Mapping[str, Oracle] = {
    "3.1": owned(SERVICE),
    "3.2": within(SERVICE, 0o644),
    "3.3": owned(ACTIVATION),
    "3.4": within(ACTIVATION, 0o644),
    "3.5": owned(FOLDER),
    "3.6": within(FOLDER, 0o1755),  # sticky only takes away: who may write may not delete what others own
    "3.7": certificates_owned,
    "3.8": certificates_within,
    "3.9": owned(CA),
    "3.10": within(CA, 0o444),
    "3.11": owned(CERTIFICATE),
    "3.12": within(CERTIFICATE, 0o444),
    "3.13": owned(KEY),
    "3.14": within(KEY, 0o400),
    "3.15": socket_owned,
    "3.16": socket_within,
    "3.17": owned(DAEMON_JSON),
    "3.18": within(DAEMON_JSON, 0o644),
    "3.19": owned(DEFAULTS),
    "3.20": within(DEFAULTS, 0o644),
    "3.21": within(SYSCONFIG, 0o644),
    "3.22": owned(SYSCONFIG),
    "3.23": owned(containerd_socket),
    "3.24": within(containerd_socket, 0o660),
}
