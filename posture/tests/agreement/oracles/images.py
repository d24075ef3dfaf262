"""Section 4: users, from /proc; images, from their inspection, history and layers on the disk."""

from collections.abc import Callable, Mapping
from pathlib import Path

from posture.tests.agreement.oracles.truth import Oracle, Truth, holds, none_of
from posture.tests.agreement.readings import Readings
from posture.tests.agreement.world import call


def not_root(readings: Readings) -> Truth:
    """Effective uid of each main process as the container sees it; of one that does not run, its configured user."""
    roots = []
    for name, found in readings.containers.items():
        process = readings.process(name)
        user = process["Uid"].split()[1] if process else found["Config"]["User"].partition(":")[0]
        if process:
            start, outside, _length = Path(f"/proc/{found['State']['Pid']}/uid_map").read_text().split()[:3]
            user = str(int(user) - int(outside) + int(start))
        if user in ("", "0", "root"):
            roots.append(f"{name} ({'uid ' + user if process else 'User ' + repr(user)})")
    return none_of(roots, "/proc and docker inspect, root")


def scanned(readings: Readings) -> Truth:
    """What no scanner has looked at nobody can call patched."""
    used = {one["Image"] for one in readings.containers.values()} & {one["Id"] for one in readings.images.values()}
    if not used:
        return "not_applicable", "docker inspect: no container uses an image"
    return "unknown", f"docker inspect: {len(used)} images in use, and this stage runs no scanner"


def content_trust(_readings: Readings) -> Truth:
    lines = (
        Path("/etc/environment").read_text(encoding="utf-8").splitlines() if Path("/etc/environment").exists() else []
    )
    said = [line for line in lines if line.startswith("DOCKER_CONTENT_TRUST=")]
    return holds(said == ["DOCKER_CONTENT_TRUST=1"], f"/etc/environment: {said or 'no DOCKER_CONTENT_TRUST'}")


def health_checks(readings: Readings) -> Truth:
    tests = {name: (one["Config"].get("Healthcheck") or {}).get("Test") for name, one in readings.images.items()}
    return none_of(
        [f"{name} {test}" for name, test in tests.items() if not test or test == ["NONE"]], "docker image inspect"
    )


def own(readings: Readings, image: str) -> list[str]:
    """History without that of the largest other image whose layers it starts with."""
    layers = readings.every_image[image]["RootFS"]["Layers"]
    bases = [
        len(readings.history(name))
        for name, one in readings.every_image.items()
        if len(one["RootFS"]["Layers"]) < len(layers)
        and layers[: len(one["RootFS"]["Layers"])] == one["RootFS"]["Layers"]
    ]
    history = readings.history(image)
    return history[: len(history) - max(bases, default=0)]


def told(judge: Callable[[list[str]], Truth]) -> Oracle:
    """The judgement of every line of history; unknown where a layer with content has none, as an imported one."""

    def oracle(readings: Readings) -> Truth:
        lines = [line for name in readings.images for line in own(readings, name)]
        truth = judge(lines)
        whole = [line for name in readings.images for line in readings.history(name)]
        if truth[0] == "pass" and "" in whole:
            return "unknown", "docker history: a layer that was imported, of which nothing is told"
        return truth

    return oracle


def lone_refresh(lines: list[str]) -> Truth:
    lone = [line for line in lines if ("apt-get update" in line or "apk update" in line) and " install" not in line]
    return none_of(lone, "docker history")


def setuid(readings: Readings) -> Truth:
    """``find`` in the layers of every image."""
    folders: set[str] = set()
    for one in readings.images.values():
        data = one["GraphDriver"]["Data"]
        folders |= {data["UpperDir"], *filter(None, data.get("LowerDir", "").split(":"))}
    return none_of(call("find", *sorted(folders), "-xdev", "-type", "f", "-perm", "/6000").split(), "find -perm /6000")


def additions(lines: list[str]) -> Truth:
    """Only instructions of the image's own Dockerfile: what its base did, its base has to answer for."""
    return none_of([line for line in lines if "#(nop) ADD" in line or line.startswith("ADD ")], "docker history")


def secrets(readings: Readings) -> Truth:
    lines = [line for name in readings.images for line in readings.history(name)]
    return none_of([line for line in lines if "PASSWORD=" in line], "docker history")


def verified(lines: list[str]) -> Truth:
    words = ("--allow-unauthenticated", "--no-gpg-check", "trusted=yes", "| sh", "|sh")
    return none_of([line for line in lines if any(word in line for word in words)], "docker history")


ORACLES: Mapping[str, Oracle] = {
    "4.1": not_root,
    "4.4": scanned,
    "4.5": content_trust,
    "4.6": health_checks,
    "4.7": told(lone_refresh),
    "4.8": setuid,
    "4.9": told(additions),
    "4.10": secrets,
    "4.11": told(verified),
}
