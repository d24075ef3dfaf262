"""The rules on owners and modes, from files on a disk to verdicts."""

import os
import stat
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posture.evaluation.judge import judge
from posture.evaluation.predicate import View
from posture.facts.tests.builders import OBSERVED
from posture.rules.tests.judged_files import LOGIC, RULES, Judged, judged_below, ordinary_engine, rootless_engine
from posture.tests.requirements import require

GROUPS = "root:x:0:\ndocker:x:998:\nusers:x:100:\nalice:x:1000:\n"
SERVICE = "/usr/lib/systemd/system/docker.service"
SOCKET_UNIT = "/usr/lib/systemd/system/docker.socket"
CERTIFICATE = "/etc/docker/certs.d/registry.example.org/ca.crt"
CLIENT_KEY = "/etc/docker/certs.d/registry.example.org/client.key"
CONTAINERD = "/run/containerd/containerd.sock"
TLS_FOLDERS = ("/etc/docker", "/root/.docker")  # where the test's options lead, and where dockerd looks without them
OPTIONS = {"tlscacert": "ca", "tlscert": "cert", "tlskey": "key"}

# What a mode rule lets through at most. By hand, from the reference table.
MASKS = {
    "file-service-unit-mode": 0o644,
    "file-socket-unit-mode": 0o644,
    "file-config-directory-mode": 0o1755,  # a sticky bit only restricts
    "file-registry-certificates-mode": 0o444,
    "file-registry-keys-mode": 0o400,
    "file-tls-ca-mode": 0o444,
    "file-tls-certificate-mode": 0o444,
    "file-tls-key-mode": 0o400,
    "file-engine-socket-mode": 0o660,
    "file-daemon-json-mode": 0o644,
    "file-defaults-mode": 0o644,
    "file-sysconfig-mode": 0o644,
    "file-containerd-socket-mode": 0o660,
}

# The path, "uid:gid mode", and what the rule on its owner and the rule on its mode have to say.
TABLE = [
    ("file-service-unit", SERVICE, "0:0 644", "pass", "pass"),
    ("file-service-unit", SERVICE, "0:0 600", "pass", "pass"),
    ("file-service-unit", SERVICE, "0:0 622", "pass", "fail"),
    ("file-service-unit", SERVICE, "0:0 606", "pass", "fail"),
    ("file-service-unit", SERVICE, "1000:0 644", "fail", "pass"),
    ("file-service-unit", SERVICE, "0:1000 4755", "fail", "fail"),
    ("file-socket-unit", SOCKET_UNIT, "0:0 444", "pass", "pass"),
    ("file-socket-unit", SOCKET_UNIT, "0:0 646", "pass", "fail"),
    ("file-socket-unit", SOCKET_UNIT, "0:998 664", "fail", "fail"),
    ("file-config-directory", "/etc/docker/", "0:0 755", "pass", "pass"),
    ("file-config-directory", "/etc/docker/", "0:0 700", "pass", "pass"),
    ("file-config-directory", "/etc/docker/", "0:0 733", "pass", "fail"),
    ("file-config-directory", "/etc/docker/", "0:0 747", "pass", "fail"),
    ("file-config-directory", "/etc/docker/", "0:0 1755", "pass", "pass"),
    ("file-config-directory", "/etc/docker/", "0:0 2755", "pass", "fail"),
    ("file-config-directory", "/etc/docker/", "1000:1000 755", "fail", "pass"),
    ("file-registry-certificates", CERTIFICATE, "0:0 444", "pass", "pass"),
    ("file-registry-certificates", CERTIFICATE, "0:0 437", "pass", "fail"),
    ("file-registry-certificates", CERTIFICATE, "0:1000 644", "fail", "fail"),
    ("file-registry-certificates", CLIENT_KEY, "1000:0 400", "fail", "pass"),
    ("file-registry-certificates", CLIENT_KEY, "0:0 600", "pass", "fail"),
    ("file-tls-ca", "/etc/docker/ca.pem", "0:0 444", "pass", "pass"),
    ("file-tls-ca", "/etc/docker/ca.pem", "0:1000 406", "fail", "fail"),
    ("file-tls-certificate", "/etc/docker/cert.pem", "0:0 400", "pass", "pass"),
    ("file-tls-certificate", "/etc/docker/cert.pem", "1000:0 644", "fail", "fail"),
    ("file-tls-key", "/etc/docker/key.pem", "0:0 400", "pass", "pass"),
    ("file-tls-key", "/etc/docker/key.pem", "0:0 000", "pass", "pass"),
    ("file-tls-key", "/etc/docker/key.pem", "0:0 600", "pass", "fail"),
    ("file-tls-key", "/etc/docker/key.pem", "0:998 440", "fail", "fail"),
    ("file-engine-socket", "/run/docker.sock", "0:998 660", "pass", "pass"),
    ("file-engine-socket", "/run/docker.sock", "0:0 600", "pass", "pass"),
    ("file-engine-socket", "/run/docker.sock", "0:998 606", "pass", "fail"),
    ("file-engine-socket", "/run/docker.sock", "0:998 622", "pass", "fail"),
    ("file-engine-socket", "/run/docker.sock", "0:998 646", "pass", "fail"),
    ("file-engine-socket", "/run/docker.sock", "0:998 1660", "pass", "fail"),
    ("file-engine-socket", "/run/docker.sock", "0:1000 660", "fail", "pass"),
    ("file-engine-socket", "/run/docker.sock", "0:100 660", "fail", "pass"),
    ("file-engine-socket", "/run/docker.sock", "0:4242 660", "unknown", "pass"),  # no name is known for it
    ("file-engine-socket", "/run/docker.sock", "1000:998 660", "fail", "pass"),
    ("file-daemon-json", "/etc/docker/daemon.json", "0:0 644", "pass", "pass"),
    ("file-daemon-json", "/etc/docker/daemon.json", "0:1000 646", "fail", "fail"),
    ("file-defaults", "/etc/default/docker", "0:0 644", "pass", "pass"),
    ("file-defaults", "/etc/default/docker", "1000:1000 622", "fail", "fail"),
    ("file-sysconfig", "/etc/sysconfig/docker", "0:0 640", "pass", "pass"),
    ("file-sysconfig", "/etc/sysconfig/docker", "0:1000 606", "fail", "fail"),
    ("file-containerd-socket", CONTAINERD, "0:0 660", "pass", "pass"),
    ("file-containerd-socket", CONTAINERD, "0:998 606", "fail", "fail"),
]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An empty host whose files this test may give to whom it likes."""
    require("root", os.geteuid() == 0)
    make(tmp_path, "/etc/group", "0:0 644").write_text(GROUPS)
    return tmp_path


def make(root: Path, path: str, wanted: str) -> Path:
    """A file, a directory (``/`` at its end) or a socket (``.sock``) with this "uid:gid mode"."""
    made = root / path.strip("/")
    owner, mode = wanted.split()
    made.parent.mkdir(parents=True, exist_ok=True)
    if path.endswith("/"):
        made.mkdir(exist_ok=True)
    elif path.endswith(".sock"):
        os.mknod(made, stat.S_IFSOCK | 0o600)
    else:
        made.touch()
    uid, gid = map(int, owner.split(":"))
    os.chown(made, uid, gid)
    made.chmod(int(mode, 8))
    return made


def link(root: Path, path: str, target: str) -> None:
    made = root / path.strip("/")
    made.parent.mkdir(parents=True, exist_ok=True)
    made.symlink_to(target)


def pair(found: Judged, subject: str, path: str) -> tuple[str, str]:
    return found[f"{subject}-owner", path], found[f"{subject}-mode", path]


@pytest.mark.parametrize(("subject", "path", "made", "owner", "mode"), TABLE)
def test_owner_and_mode(root: Path, subject: str, path: str, made: str, owner: str, mode: str) -> None:
    make(root, path, made)
    found = judged_below(str(root), [ordinary_engine(Endpoint="unix:///run/docker.sock")])
    assert pair(found, subject, path.rstrip("/") if path.endswith("/") else path) == (owner, mode)


def test_a_clients_key_is_for_root_alone(root: Path) -> None:
    make(root, CLIENT_KEY, "0:0 444")
    make(root, CERTIFICATE, "0:0 444")
    found = judged_below(str(root), [])
    assert found["file-registry-certificates-mode", CLIENT_KEY] == "pass"
    assert found["file-registry-keys-mode", CLIENT_KEY] == "fail"
    assert ("file-registry-keys-mode", CERTIFICATE) not in found


def test_what_is_absent_does_not_apply(root: Path) -> None:
    found = judged_below(str(root), [ordinary_engine(Endpoint="unix:///run/docker.sock")])
    assert {rule for rule, _ in found} >= set(RULES) - {"file-registry-keys-mode"}
    assert set(found.values()) == {"not_applicable"}


def test_links_are_judged_by_where_they_lead(root: Path) -> None:
    make(root, "/srv/daemon.json", "1000:0 666")
    make(root, "/run/docker.sock", "0:998 660")
    link(root, "/etc/docker/daemon.json", "../../srv/daemon.json")
    link(root, "/var/run", "../run")
    link(root, "/etc/default/docker", "nowhere")
    found = judged_below(str(root), [ordinary_engine(Endpoint="unix:///var/run/docker.sock")])
    assert pair(found, "file-daemon-json", "/etc/docker/daemon.json") == ("fail", "fail")
    assert pair(found, "file-engine-socket", "/run/docker.sock") == ("pass", "pass")
    assert pair(found, "file-defaults", "/etc/default/docker") == ("not_applicable", "not_applicable")


def test_a_masked_unit_is_no_unit(root: Path) -> None:
    """Its link leads to /dev/null, which everybody may write."""
    link(root, "/etc/systemd/system/docker.socket", "/dev/null")
    found = judged_below(str(root), [])
    unit = "/etc/systemd/system/docker.socket"
    assert pair(found, "file-socket-unit", unit) == ("not_applicable", "not_applicable")
    assert found["file-audit-socket-unit", unit] == "not_applicable"


def test_a_folder_of_registries_is_no_certificate(root: Path) -> None:
    make(root, "/etc/docker/certs.d/registry.example.org/", "1000:1000 777")
    found = judged_below(str(root), [])
    assert pair(found, "file-registry-certificates", "/etc/docker/certs.d") == ("not_applicable", "not_applicable")


def test_a_rootless_engines_files_are_its_users(root: Path) -> None:
    make(root, "/run/user/1000/docker.sock", "1000:1000 1660")  # dockerd sets the sticky bit itself
    make(root, "/home/alice/.config/docker/daemon.json", "1000:1000 666")
    found = judged_below(str(root), [rootless_engine()])
    assert pair(found, "file-engine-socket", "/run/user/1000/docker.sock") == ("not_applicable", "pass")
    assert pair(found, "file-daemon-json", "/home/alice/.config/docker/daemon.json") == ("not_applicable", "fail")


def test_roots_engine_gets_no_such_leave(root: Path) -> None:
    """A socket in somebody's home gives away the host when the engine behind it is root's."""
    make(root, "/home/alice/docker.sock", "1000:1000 1660")
    found = judged_below(str(root), [ordinary_engine(Endpoint="unix:///home/alice/docker.sock")])
    assert pair(found, "file-engine-socket", "/home/alice/docker.sock") == ("fail", "fail")


ORDER = ("not_applicable", "pass", "unknown", "fail")
PLACES = st.dictionaries(
    st.sampled_from(("tlsverify", "tlscacert", "tlscert", "tlskey")), st.sampled_from(("Flags", "File", "default"))
)


@given(
    places=PLACES,
    modes=st.tuples(*[st.sampled_from((0o400, 0o444, 0o666, None))] * 6),
    hidden=st.sets(st.sampled_from(("Flags", "File")), min_size=1),
)
@settings(max_examples=60, deadline=None)
def test_hiding_a_daemons_options_makes_nothing_better(
    places: dict[str, str], modes: tuple[int | None, ...], hidden: set[str]
) -> None:
    """``places`` says which of the two sets an option; ``modes`` are those of the TLS files, None for an absent one."""
    with TemporaryDirectory() as folder:
        for path, mode in zip(
            [f"{home}/{name}.pem" for home in TLS_FOLDERS for name in OPTIONS.values()], modes, strict=True
        ):
            if mode is not None:
                make(Path(folder), path, f"{os.getuid()}:{os.getgid()} {mode:o}")
        daemon: dict[str, Any] = {"Uid": 0, "FilePath": "/etc/docker/daemon.json", "Flags": {}, "File": {}}
        for option, place in places.items():
            if place != "default":
                daemon[place][option] = True if option == "tlsverify" else f"/etc/docker/{OPTIONS[option]}.pem"
        before = worst(judged_below(folder, [ordinary_engine(Daemon=daemon)]))
        unread = {f"{place}Error": "not_permitted" for place in hidden}
        left = {key: value for key, value in daemon.items() if key not in hidden}
        after = worst(judged_below(folder, [ordinary_engine(Daemon={**left, **unread})]))
    for rule, status in before.items():
        if status in ("unknown", "fail"):
            assert after.get(rule) in ("unknown", "fail"), rule


def test_tls_files_of_unread_options_are_unknown(root: Path) -> None:
    daemon = {"Uid": 0, "FlagsError": "not_permitted", "FileError": "not_permitted"}
    found = worst(judged_below(str(root), [ordinary_engine(Daemon=daemon)]))
    assert {rule: status for rule, status in found.items() if rule.startswith("file-tls-")} == dict.fromkeys(
        [f"file-tls-{word}-{what}" for word in ("ca", "certificate", "key") for what in ("owner", "mode")], "unknown"
    )


def worst(found: Judged) -> dict[str, str]:
    """The worst status that a rule has on any file."""
    statuses: dict[str, str] = {}
    for (rule, _), status in found.items():
        statuses[rule] = max(statuses.get(rule, status), status, key=ORDER.index)
    return statuses


def test_the_masks_are_those_of_all_rules_on_modes() -> None:
    assert set(MASKS) == {rule for rule in RULES if rule.endswith("-mode")}


@pytest.mark.parametrize("rule", MASKS)
def test_every_mode_is_compared_bit_by_bit(rule: str) -> None:
    kind = "directory" if "directory" in rule else "file"
    for mode in range(0o10000):
        found = judge(LOGIC[rule], View({"Kind": kind, "Mode": mode, "Rootless": False}, {}, OBSERVED))
        assert found.status.value == ("fail" if mode & ~MASKS[rule] else "pass"), oct(mode)
