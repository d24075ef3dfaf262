"""Facts of a container, case by case: each row is one way in which a simpler reading is wrong."""

from typing import Any

import pytest
from msgspec import UNSET

from posture.facts.normalise import normalise
from posture.facts.tests.builders import container, engine, hardened, image, network, snapshot
from posture.facts.tests.one_fact import NOT_COLLECTED, fact, stopped
from posture.facts.values import Reason, Unseen, Value

WEB = "docker/container/name:web"


@pytest.mark.parametrize("user", ["", "0", "root", "00", "0:0", "root:root", "0:1000", "+0", ":1000", " root"])
def test_root_in_every_spelling(user: str) -> None:
    assert fact("ConfiguredRoot", Config={"User": user}) is True
    assert fact("RootProcess", **stopped(Config={"User": user})) is True


@pytest.mark.parametrize("user", ["1", "1000:0", "www-data", "rooty", "01000", "10:root"])
def test_other_users_are_not_root(user: str) -> None:
    assert fact("ConfiguredRoot", Config={"User": user}) is False


def test_the_process_tells_the_truth_about_root() -> None:
    dropped = {"Uid": 999, "ContainerUid": 999}
    assert fact("RootProcess", Config={"User": ""}, Process=dropped) is False
    assert fact("RootProcess", Config={"User": "1000"}, Process={"Uid": 0, "ContainerUid": 0}) is True
    remapped = {"Uid": 100000, "ContainerUid": 0, "IdentityUidMap": False}
    assert fact("RootProcess", Process=remapped) is True
    assert fact("ProcessUid", Process=remapped) == 100000


def test_an_unreadable_process_hides_who_it_is() -> None:
    hidden = fact("RootProcess", Config={"User": "1000"}, Process={"Error": "not_permitted"})
    assert hidden == Unseen(Reason.NOT_PERMITTED)
    assert fact("RootProcess", Config={"User": "1000"}, Process=UNSET) == NOT_COLLECTED


@pytest.mark.parametrize("limit", [None, 0, -1])
def test_no_process_limit(limit: int | None) -> None:
    found = fact("HostConfig.PidsLimit", HostConfig={"PidsLimit": limit})
    assert isinstance(found, int)
    assert found <= 0


def test_keys_that_an_old_engine_leaves_out_are_its_defaults() -> None:
    old = {"Version": {"Version": "1.10.3"}, "Info": {"ServerVersion": "1.10.3"}}
    gone = dict.fromkeys(("PidsLimit", "NanoCpus", "UsernsMode", "DeviceRequests", "DeviceCgroupRules"), UNSET)
    assert fact("HostConfig.PidsLimit", engine_keys=old, HostConfig=gone) == 0
    assert fact("HostConfig.NanoCpus", engine_keys=old, HostConfig=gone) == 0
    assert fact("HostDevices", engine_keys=old, HostConfig=gone) == ()
    assert fact("Healthcheck", engine_keys=old, Config={"Healthcheck": UNSET}) is False
    assert fact("HostConfig.PidsLimit", HostConfig=gone) == NOT_COLLECTED
    assert fact("HostDevices", HostConfig=gone) == NOT_COLLECTED


def test_memory_above_the_host() -> None:
    assert fact("MemoryAboveHost", HostConfig={"Memory": 2**50}) is True
    assert fact("MemoryAboveHost", HostConfig={"Memory": 2**20}) is False
    assert fact("MemoryAboveHost", HostConfig={"Memory": 0}) is False


def test_health_checks() -> None:
    assert fact("Healthcheck", Config={"Healthcheck": {"Kind": "CMD"}}) is True
    assert fact("Healthcheck", Config={"Healthcheck": {"Kind": "NONE"}}) is False
    assert fact("Healthcheck", Config={"Healthcheck": None}) is False
    inherited = {"Healthcheck": {"Kind": ""}}
    found = normalise(snapshot([container("web", Config=inherited)], [image(Healthcheck={"Kind": "CMD"})]))
    assert next(one for one in found.resources if one.kind == "container").facts["Healthcheck"] is True


def test_devices() -> None:
    device = {"PathOnHost": "/dev/ttyUSB0", "CgroupPermissions": "mr"}
    config = {"Devices": [device], "DeviceRequests": [{"Driver": "nvidia"}], "DeviceCgroupRules": ["c 42:* rwm"]}
    assert fact("HostDevices", HostConfig=config) == ("/dev/ttyUSB0:rm", "request:nvidia", "rule:c 42:* rwm")
    wide = {"Devices": [{"PathOnHost": "/dev/sda", "CgroupPermissions": "rwm"}]}
    assert fact("WidestDevicePermissions", HostConfig=wide) == ("/dev/sda",)
    assert fact("Ulimits", HostConfig={"Ulimits": [{"Name": "nofile", "Soft": 1, "Hard": 2}]}) == ("nofile=1:2",)


def test_the_default_bridge() -> None:
    assert fact("OnDefaultBridge") is True
    assert fact("OnDefaultBridge", Networks=["shop"], HostConfig={"NetworkMode": "shop"}) is False
    assert fact("OnDefaultBridge", Networks=["shop", "bridge"], HostConfig={"NetworkMode": "shop"}) is True
    none = normalise(snapshot([container("web")], networks=[network("shop")]))
    assert next(one for one in none.resources if one.kind == "container").facts["OnDefaultBridge"] is False


def test_only_the_rules_about_processes_change_when_it_stops() -> None:
    running, stopped_ = (
        next(
            one
            for one in normalise(snapshot([hardened("web", running=running, Process=process)])).resources
            if one.kind == "container"
        ).facts
        for running, process in ((True, {}), (False, None))
    )
    changed = {name for name in running if running[name] != stopped_[name]}
    assert changed == {"Running", "Status", "ProcessUid", "SshServers", "Supervisors", "Health"}


def test_ssh_servers() -> None:
    assert fact("SshServers", Process={"SshServers": ["sshd"]}) == ("sshd",)
    assert fact("SshServers", **stopped()) == Unseen(Reason.ABSENT)


def podman(**overrides: Any) -> dict[str, Any]:
    return {"Key": "podman", "Kind": "podman", "Version": {"Version": "4.3.1"}, "Daemon": UNSET, **overrides}


def test_podman_in_its_own_words() -> None:
    one = container(
        "web",
        HostConfig={
            "CapDrop": ["CAP_AUDIT_WRITE", "CAP_MKNOD", "CAP_NET_RAW"],
            "PidsLimit": 2048,
            "IpcMode": "shareable",
            "MaskedPaths": None,
            "DeviceRequests": UNSET,
        },
        Process=None,
        running=False,
    )
    found = normalise(snapshot(engines=[engine([one], **podman())]))
    facts = next(each for each in found.resources if each.kind == "container").facts
    assert facts["NetRaw"] is False
    assert facts["AddedCapabilities"] == ()
    assert facts["HostConfig.PidsLimit"] == 2048
    assert facts["HostDevices"] == ()
    assert facts["SeccompUnconfined"] is False
    everything = container("web", HostConfig={"CapDrop": PODMAN_ALL}, running=False)
    found = normalise(snapshot(engines=[engine([everything], **podman())]))
    facts = next(each for each in found.resources if each.kind == "container").facts
    assert facts["DroppedCapabilities"] == ("ALL",)


PODMAN_ALL = [
    *("CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_NET_BIND_SERVICE", "CAP_SETFCAP"),
    *("CAP_SETGID", "CAP_SETPCAP", "CAP_SETUID", "CAP_SYS_CHROOT"),
]


def test_a_container_that_could_not_be_read_is_unseen_as_a_whole() -> None:
    broken = container("web", Error="timed_out")
    found = normalise(snapshot([broken])).resources
    facts = next(one for one in found if one.kind == "container").facts
    assert set(facts.values()) == {Unseen(Reason.TIMED_OUT)}


@pytest.mark.parametrize(
    ("labels", "key"),
    [
        ({}, WEB),
        (
            {
                "com.docker.compose.project": "shop",
                "com.docker.compose.service": "web",
                "com.docker.compose.container-number": "2",
            },
            "docker/container/compose:shop/web/2",
        ),
        ({"com.docker.compose.project": "shop"}, WEB),
        (
            {"com.docker.swarm.service.name": "api", "com.docker.swarm.task.name": "api.3.x1y2z3"},
            "docker/container/swarm:api/3",
        ),
    ],
)
def test_keys(labels: dict[str, str], key: str) -> None:
    found = normalise(snapshot([container("web", Config={"Labels": labels})]))
    assert [one.key for one in found.resources if one.kind == "container"] == [key]


def test_two_containers_never_share_a_key() -> None:
    labels = {
        "com.docker.compose.project": "shop",
        "com.docker.compose.service": "web",
        "com.docker.compose.container-number": "1",
    }
    found = normalise(snapshot([container(name, Config={"Labels": labels}) for name in ("a", "b")]))
    keys = [one.key for one in found.resources if one.kind == "container"]
    assert keys == ["docker/container/compose:shop/web/1", "docker/container/name:b"]


@pytest.mark.parametrize(
    ("keys", "wanted"),
    [
        ({}, ()),
        ({"PidMode": "host"}, ("pid=host",)),
        ({"IpcMode": "container:db", "UTSMode": "host"}, ("ipc=container:db", "uts=host")),
        ({"IpcMode": "shareable"}, ()),
        ({"IpcMode": "none"}, ()),
        ({"PidMode": "ns:/proc/7/ns/pid"}, ("pid=ns:/proc/7/ns/pid",)),
        ({"UTSMode": "pod"}, ("uts=pod",)),
        ({"PidMode": "host", "UTSMode": UNSET}, NOT_COLLECTED),
    ],
)
def test_namespaces_that_are_shared(keys: dict[str, Any], wanted: Value) -> None:
    assert fact("SharedNamespaces", HostConfig=keys) == wanted


IDENTITY = "sha256:" + "ab12" * 16


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("nginx:1.25", False),
        ("nginx@" + IDENTITY, True),
        (IDENTITY, True),
        ("ab12ab12", True),
        ("ab", False),
        ("cafe", False),
    ],
)
def test_images_named_by_digest(name: str, wanted: bool) -> None:
    assert fact("ImagePinned", Image=IDENTITY, Config={"Image": name}) is wanted
    assert fact("ImagePinned", Image=UNSET, Config={"Image": "ab12ab12"}) == NOT_COLLECTED
    assert fact("ImagePinned", Config={"Image": UNSET}) == NOT_COLLECTED


def test_the_size_of_the_writable_layer() -> None:
    assert fact("WritableBytes", WritableBytes=2**21) == 2**21
    assert fact("WritableBytes", WritableBytes=UNSET) == NOT_COLLECTED
    assert fact("StorageSize") == ""
    assert fact("StorageSize", HostConfig={"StorageOpt": {"size": "10G"}}) == "10G"
    daemon = {"Daemon": {"File": {"storage-opts": ["overlay2.override_kernel_check=1", "overlay2.size=20G"]}}}
    assert fact("StorageSize", engine_keys=daemon) == "20G"
    assert fact("StorageSize", HostConfig={"StorageOpt": UNSET}, engine_keys=daemon) == NOT_COLLECTED


def test_supervisors_and_sessions() -> None:
    assert fact("Supervisors", Process={"Supervisors": ["supervisord"]}) == ("supervisord",)
    assert fact("Supervisors", Process={"Supervisors": UNSET}) == NOT_COLLECTED
    assert fact("Supervisors", **stopped()) == Unseen(Reason.ABSENT)
    assert fact("RootExecs", RootExecs=2) == 2
    assert fact("RootExecs", RootExecs=UNSET) == NOT_COLLECTED


def test_setuid_sudo_in_its_image() -> None:
    sudo = image("nginx:1.25", SetuidFiles=[{"Path": "/usr/bin/sudo", "Mode": 0o4755}])
    assert fact("SudoPrograms", engine_keys={"images": [sudo]}) == ("/usr/bin/sudo",)
    assert fact("SudoPrograms", engine_keys={"images": []}) == NOT_COLLECTED
