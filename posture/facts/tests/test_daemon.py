"""Facts of the daemon: flags, daemon.json, sockets and what the engine says of itself."""

from collections.abc import Mapping
from typing import Any

import pytest
from msgspec import UNSET

from posture.facts.addresses import is_loopback
from posture.facts.listeners import canonical_endpoint, stream_endpoint
from posture.facts.normalise import normalise
from posture.facts.resource import HostFacts
from posture.facts.tests.builders import container, engine, image, network, snapshot, special_network
from posture.facts.values import Reason, Unseen, Value
from posture.facts.wire.snapshot import Source

NOT_COLLECTED = Unseen(Reason.NOT_COLLECTED)
TLS = {"tlsverify": True, "tlscacert": "/c", "tlscert": "/d", "tlskey": "/e"}


def daemon_of(found: HostFacts) -> Mapping[str, Value]:
    return next(one for one in found.resources if one.kind == "daemon").facts


def fact(name: str, **engine_keys: Any) -> Value:
    return daemon_of(normalise(snapshot([container("web")], **engine_keys)))[name]


def daemon(flags: dict[str, Any] | None = None, file: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {"Daemon": {"Flags": flags or {}, "File": file, **more}}


def test_a_flag_and_a_file_count_alike() -> None:
    assert fact("LogLevel") == "info"
    assert fact("LogLevel", **daemon({"log-level": "debug"})) == "debug"
    assert fact("LogLevel", **daemon({}, {"log-level": "warn"})) == "warn"
    assert fact("LogLevel", **daemon({"debug": True})) == "debug"
    assert fact("CgroupParent", **daemon({}, {"cgroup-parent": "/x"})) == "/x"
    assert fact("Iptables", **daemon({"iptables": False})) is False
    assert fact("UserlandProxy", **daemon({}, {"userland-proxy": False})) is False
    sources = fact("SettingSources", **daemon({"debug": True}, {"icc": False}))
    assert isinstance(sources, tuple)
    assert {"Option": "debug", "Place": "command line"} in sources
    assert {"Option": "icc", "Place": "daemon.json"} in sources


def test_what_one_place_hides_the_other_may_still_decide() -> None:
    hidden: dict[str, Any] = {"Daemon": {"Flags": UNSET, "FlagsError": "not_permitted", "File": {"log-level": "warn"}}}
    assert fact("LogLevel", **hidden) == "warn"
    assert fact("UserlandProxy", **hidden) == Unseen(Reason.NOT_PERMITTED)
    no_file: dict[str, Any] = {"Daemon": {"Flags": {"icc": False}, "File": UNSET, "FileError": "timed_out"}}
    assert fact("UserlandProxy", **no_file) == Unseen(Reason.TIMED_OUT)
    source = Source(Name="docker.daemon", Status="failed", Reason="source_failed")
    assert fact("LogLevel", Daemon=UNSET, sources=[source]) == Unseen(Reason.SOURCE_FAILED)


@pytest.mark.parametrize(
    ("host", "endpoint"),
    [
        ("tcp://0.0.0.0:2375", "tcp://0.0.0.0:2375"),
        ("tcp://:2376", "tcp://127.0.0.1:2376"),
        ("tcp://", "tcp://127.0.0.1:2375"),
        ("0.0.0.0:2375", "tcp://0.0.0.0:2375"),
        (":2375", "tcp://127.0.0.1:2375"),
        ("192.0.2.1", "tcp://192.0.2.1:2375"),
        ("tcp://[::]:2375", "tcp://[::]:2375"),
        ("http://0.0.0.0:2375/v1", "tcp://0.0.0.0:2375"),
        ("unix:///var/run/docker.sock", None),
        ("unix://", None),
        ("fd://", None),
        ("fd://3", None),
        ("/var/run/docker.sock", None),
        ("", None),
    ],
)
def test_endpoints_in_every_spelling(host: str, endpoint: str | None) -> None:
    assert canonical_endpoint(host) == endpoint


@pytest.mark.parametrize(
    ("stream", "endpoint"),
    [
        ("/run/docker.sock", None),
        ("2375", "tcp://[::]:2375"),
        ("0.0.0.0:2375", "tcp://0.0.0.0:2375"),
        ("[::]:2375", "tcp://[::]:2375"),
        ("vsock::2375", None),
        ("@abstract", None),
    ],
)
def test_streams_of_a_socket_unit(stream: str, endpoint: str | None) -> None:
    assert stream_endpoint(stream) == endpoint


def test_no_listener() -> None:
    assert fact("TcpListeners") == ()
    assert fact("UnprotectedTcpListeners") == ()


@pytest.mark.parametrize(
    "keys",
    [
        daemon({"hosts": ["tcp://0.0.0.0:2375"]}, Listeners=["0.0.0.0:2375"]),
        daemon({}, {"hosts": ["fd://", "tcp://0.0.0.0:2375"]}, Listeners=UNSET),
        daemon({"hosts": ["fd://"]}, SocketActivated=["/run/docker.sock", "0.0.0.0:2375"], Listeners=UNSET),
        daemon({"hosts": ["fd://"]}, Listeners=["0.0.0.0:2375"]),
        {"Info": {"Warnings": ["WARNING: API is accessible on http://0.0.0.0:2375 without encryption."]}},
        daemon({"hosts": ["tcp://0.0.0.0:2375"], "tls": True}),
        daemon({"hosts": ["tcp://0.0.0.0:2375"], "tlsverify": True}),
        daemon({"hosts": ["tcp://0.0.0.0:2375"], "tlsverify": False, "tlscacert": "/c"}),
    ],
)
def test_listeners_without_mutual_tls(keys: dict[str, Any]) -> None:
    assert fact("UnprotectedTcpListeners", **keys) == ("tcp://0.0.0.0:2375",)


def test_mutual_tls_protects_wherever_it_is_set() -> None:
    for keys in (
        daemon({"hosts": ["tcp://0.0.0.0:2376"], **TLS}, Listeners=["[::]:2376"]),
        daemon({"hosts": ["tcp://0.0.0.0:2376"]}, TLS),
        daemon({}, {"hosts": ["tcp://0.0.0.0:2376"], **TLS}),
    ):
        assert fact("TcpListeners", **keys) == ("tcp://0.0.0.0:2376",)
        assert fact("UnprotectedTcpListeners", **keys) == ()


def test_an_engine_that_warns_is_believed() -> None:
    text = "WARNING: API is accessible on https://0.0.0.0:2376 without TLS client verification."
    keys = {**daemon({"hosts": ["tcp://0.0.0.0:2376"], **TLS}), "Info": {"Warnings": [text]}}
    assert fact("UnprotectedTcpListeners", **keys) == ("tcp://0.0.0.0:2376",)


def test_other_sockets_of_dockerd_are_not_its_api() -> None:
    swarm = {"Info": {"Swarm": {"LocalNodeState": "active"}}}
    keys = {**daemon({"metrics-addr": "127.0.0.1:9323"}, Listeners=["127.0.0.1:9323", "[::]:2377", "[::]:7946"])}
    assert fact("TcpListeners", **keys, **swarm) == ()
    assert fact("TcpListeners", **daemon({}, Listeners=["[::]:2377"])) == ("tcp://[::]:2377",)


def test_hidden_places_hide_listeners() -> None:
    keys: dict[str, Any] = {
        "Daemon": {"Flags": UNSET, "FlagsError": "not_permitted", "Listeners": UNSET, "ListenersError": "not_permitted"}
    }
    assert fact("TcpListeners", **keys) == Unseen(Reason.NOT_PERMITTED)
    assert fact("UnprotectedTcpListeners", **keys) == Unseen(Reason.NOT_PERMITTED)


@pytest.mark.parametrize("name", ["127.0.0.0/8", "127.1.2.3", "::1/128", "localhost:5000", "127.0.0.1:5000"])
def test_loopback(name: str) -> None:
    assert is_loopback(name)


def test_insecure_registries() -> None:
    info = {"InsecureRegistryCIDRs": ["127.0.0.0/8", "::1/128", "10.0.0.0/8"], "InsecureIndexes": ["hub.example:5000"]}
    assert fact("InsecureRegistries", Info=info) == ("10.0.0.0/8", "hub.example:5000")
    assert fact("InsecureRegistries") == ()


def test_remapping_is_only_what_the_engine_says() -> None:
    assert fact("UsernsRemap", **daemon({"userns-remap": "default"})) is False
    assert fact("UsernsRemap", Info={"SecurityOptions": ["name=userns"]}) is True
    assert fact("UsernsRemap", Info={"SecurityOptions": ["name=rootless"]}) is True
    assert fact("Rootless", Info={"SecurityOptions": ["name=rootless"]}) is True
    assert fact("Rootless", **daemon(Uid=1000)) is True


@pytest.mark.parametrize(
    ("options", "profile", "action"),
    [
        (["name=seccomp,profile=default"], "builtin", "SCMP_ACT_ERRNO"),
        (["name=seccomp,profile=builtin"], "builtin", "SCMP_ACT_ERRNO"),
        (["name=seccomp,profile=unconfined"], "unconfined", "SCMP_ACT_ALLOW"),
        (["name=seccomp,profile=/etc/p.json"], "custom", "SCMP_ACT_LOG"),
        (["seccomp"], "builtin", "SCMP_ACT_ERRNO"),
        (["name=apparmor"], "", "SCMP_ACT_ALLOW"),
    ],
)
def test_the_daemon_wide_seccomp_profile(options: list[str], profile: str, action: str) -> None:
    keys = daemon(SeccompProfile={"Path": "/etc/p.json", "DefaultAction": "SCMP_ACT_LOG"})
    keys["Info"] = {"SecurityOptions": options}
    assert fact("SeccompProfile", **keys) == profile
    assert fact("SeccompDefaultAction", **keys) == action


@pytest.mark.parametrize(
    ("driver", "options", "leaves"),
    [
        ("json-file", {}, False),
        ("none", {}, False),
        ("local", {}, False),
        ("journald", {}, False),
        ("awslogs", {}, True),
        ("syslog", {}, False),
        ("syslog", {"syslog-address": "tcp remote"}, True),
        ("syslog", {"syslog-address": "unix local"}, False),
        ("gelf", {"gelf-address": "udp remote"}, True),
        ("fluentd", {"fluentd-address": None}, Unseen(Reason.SOURCE_FAILED)),
        ("a-plugin", {}, NOT_COLLECTED),
    ],
)
def test_logs_that_leave_the_host(driver: str, options: dict[str, Any], leaves: Value) -> None:
    keys = daemon({}, {"log-opts": options})
    keys["Info"] = {"LoggingDriver": driver}
    assert fact("LogsLeaveHost", **keys) == leaves


def test_containers_with_a_local_log() -> None:
    remote = container("far", HostConfig={"LogConfig": {"Type": "syslog"}})
    found = normalise(snapshot([remote, container("near")]))
    assert daemon_of(found)["LocalLogContainers"] == ("near",)
    hidden = normalise(snapshot([remote, container("broken", Error="timed_out", HostConfig=UNSET)]))
    assert daemon_of(hidden)["LocalLogContainers"] == Unseen(Reason.TIMED_OUT)


def test_no_new_privileges_as_default() -> None:
    assert fact("NoNewPrivileges") is False
    assert fact("NoNewPrivileges", **daemon({"no-new-privileges": False})) is False
    assert fact("NoNewPrivileges", **daemon({}, {"no-new-privileges": True})) is True
    assert fact("NoNewPrivileges", Info={"SecurityOptions": ["name=no-new-privileges"]}) is True


def test_the_default_bridge() -> None:
    assert fact("DefaultBridgeIcc") is True
    off = {"com.docker.network.bridge.default_bridge": "true", "com.docker.network.bridge.enable_icc": "false"}
    assert fact("DefaultBridgeIcc", networks=[network("bridge", Options=off)]) is False
    assert fact("DefaultBridge", networks=[special_network("host")]) is False
    unread = {"Networks": UNSET, **daemon({"bridge": "none"})}
    assert fact("DefaultBridge", **unread) is False


def test_counts() -> None:
    images = [image("nginx:1.25"), image("old:1"), image("x:1", RepoTags=[], RepoDigests=[])]
    containers = [container("web"), container("off", running=False), container("new", State={"Status": "created"})]
    daemon_ = daemon_of(normalise(snapshot(containers, images)))
    assert (daemon_["UnusedImages"], daemon_["DanglingImages"], daemon_["StoppedContainers"]) == (2, 1, 2)
    broken = [*containers, container("broken", Error="timed_out", Image=UNSET, State=UNSET)]
    assert daemon_of(normalise(snapshot(broken, images)))["UnusedImages"] == Unseen(Reason.TIMED_OUT)


def test_storage_and_ulimits() -> None:
    assert fact("BaseDeviceSize", **daemon({"storage-opts": ["dm.fs=xfs", "dm.basesize=20G"]})) == "20G"
    limits = {"default-ulimits": {"nofile": {"Name": "nofile", "Soft": 1, "Hard": 2}}}
    assert fact("DefaultUlimits", **daemon({}, limits)) == ("nofile",)
    assert fact("DefaultUlimitRecords", **daemon(limits)) == ({"Name": "nofile", "Soft": 1, "Hard": 2},)


def test_an_engine_that_does_not_answer_leaves_gaps() -> None:
    gone = ("containers", "images", "networks", "info", "daemon")
    sources = [Source(Name=f"docker.{name}", Status="failed", Reason="not_permitted") for name in gone]
    silent: dict[str, Any] = dict.fromkeys(("Containers", "Images", "Networks", "Info", "Daemon", "Version"), UNSET)
    found = normalise(snapshot(engines=[engine(**silent)], sources=sources))
    assert {(gap.kind.value, gap.reason.value) for gap in found.gaps} == {
        (kind, "not_permitted") for kind in ("container", "image", "network", "swarm")
    }
    daemon_ = next(one for one in found.resources if one.kind == "daemon")
    assert {name for name, value in daemon_.facts.items() if not isinstance(value, Unseen)} == set()


def test_content_trust() -> None:
    def trust(value: str) -> Value:
        facts = snapshot().facts
        host = type(facts.Host)(Hostname="a", Environment={"DOCKER_CONTENT_TRUST": value} if value else {})
        return normalise(snapshot(host=host)).resources[0].facts["ContentTrust"]

    assert [trust(value) for value in ("1", "true", "0", "")] == [True, True, False, False]


def test_pids_limit_of_an_old_kernel() -> None:
    old = type(snapshot().facts.Host)(Hostname="board", Kernel="3.10.96-3-ARCH")
    found = normalise(snapshot(host=old, Info={"PidsLimit": UNSET}))
    assert found.context["docker"]["engine.PidsLimit"] is False


def test_the_kernel_speaks_for_an_engine_that_does_not_print_the_pids_limit() -> None:
    old: dict[str, Any] = {"Version": {"Version": "18.9.1"}, "Info": {"PidsLimit": UNSET}}
    new = type(snapshot().facts.Host)(Hostname="board", Kernel="5.10.0")
    assert normalise(snapshot(host=new, **old)).context["docker"]["engine.PidsLimit"] is True
    silent = normalise(snapshot(host=new, Info={"PidsLimit": UNSET}))
    assert silent.context["docker"]["engine.PidsLimit"] == NOT_COLLECTED


def test_no_other_network_can_stand_for_the_default_bridge() -> None:
    claim = {"com.docker.network.bridge.default_bridge": "true", "com.docker.network.bridge.enable_icc": "false"}
    real = network("bridge", Options={"com.docker.network.bridge.enable_icc": "true"})
    assert fact("DefaultBridgeIcc", networks=[network("a", Options=claim), real]) is True


@pytest.mark.parametrize(
    ("version", "options", "legacy"),
    [
        ("20.10.24", {}, False),
        ("17.12.0-ce", {}, False),
        ("17.09.1-ce", {}, False),
        ("17.06.0-ce", {"disable-legacy-registry": False}, True),
        ("17.03.2-ce", {}, True),
        ("1.11.2", {"disable-legacy-registry": True}, False),
        ("nonsense", {}, NOT_COLLECTED),
    ],
)
def test_registries_of_version_1(version: str, options: dict[str, Any], legacy: Value) -> None:
    assert fact("LegacyRegistry", Version={"Version": version}, **daemon(options)) == legacy


def test_registries_of_version_1_and_options_out_of_sight() -> None:
    hidden: dict[str, Any] = {"Daemon": {"Flags": UNSET, "FlagsError": "not_permitted", "File": {}}}
    assert fact("LegacyRegistry", Version={"Version": "1.11.2"}, **hidden) == Unseen(Reason.NOT_PERMITTED)
    assert fact("LegacyRegistry", **hidden) is False
    assert fact("LegacyRegistry", Kind="podman", Version={"Version": "4.3.1"}) is False


def test_support_of_the_engine() -> None:
    assert fact("SupportEnd") == "2023-12-10T00:00:00Z"
    assert fact("SupportEnd", Kind="podman", Version={"Version": "4.3.1"}) == "2022-11-10T00:00:00Z"
    assert fact("SupportEnd", Version={"Version": "99.0"}) == NOT_COLLECTED
    assert fact("SupportEnd", Version=UNSET) == "2023-12-10T00:00:00Z"  # from /info
    assert fact("SupportEnd", Version=UNSET, Info=UNSET) == NOT_COLLECTED


def test_where_ports_are_published() -> None:
    assert fact("DefaultBindAddress") == "0.0.0.0"
    assert fact("DefaultBindAddress", **daemon({}, {"ip": "127.0.0.1"})) == "127.0.0.1"
    assert fact("DefaultBindAddress", Daemon=UNSET) == NOT_COLLECTED


def test_what_several_containers_may_write() -> None:
    def holder(name: str, **mount: Any) -> Any:
        kind = {"Type": "volume", "Name": "shared", "Destination": "/data", "RW": True}
        return container(name, Mounts=[{**kind, **mount}])

    def written(*containers: Any) -> Value:
        return daemon_of(normalise(snapshot(list(containers))))["VolumesWrittenByMany"]

    bind = {"Type": "bind", "Source": "/srv/../srv/x/"}
    assert written(holder("a"), holder("b"), holder("c", RW=False), holder("d", Name="own")) == ("shared: a, b",)
    assert written(holder("a"), holder("b", RW=False)) == ()
    binds = [container(name, Mounts=[{**bind, "Destination": "/y", "RW": True}]) for name in ("a", "b")]
    assert written(*binds) == ("/srv/x: a, b",)
    assert written(holder("a"), container("b", Mounts=UNSET, Error="timed_out")) == Unseen(Reason.TIMED_OUT)
    assert written(container("a", Mounts=[{"Type": "volume", "Name": "v", "Destination": "/d"}])) == NOT_COLLECTED


def test_the_daemons_own_limits_override_nothing() -> None:
    """The engine writes its default ulimits into every container it makes."""
    mine = container("web", HostConfig={"Ulimits": [{"Name": "nofile", "Soft": 1, "Hard": 2}]})

    def overrides(defaults: dict[str, Any]) -> Value:
        found = normalise(snapshot([mine], **daemon({}, {"default-ulimits": defaults})))
        return next(one for one in found.resources if one.kind == "container").facts["Ulimits"]

    assert overrides({"nofile": {"Name": "nofile", "Soft": 1, "Hard": 2}}) == ()
    assert overrides({"nofile": {"Name": "nofile", "Soft": 1, "Hard": 3}}) == ("nofile=1:2",)
    assert overrides({"nproc": {"Name": "nproc", "Soft": 1, "Hard": 2}}) == ("nofile=1:2",)
    hidden = normalise(snapshot([mine], Daemon={"FileError": "not_permitted", "File": UNSET}))
    seen = next(one for one in hidden.resources if one.kind == "container").facts["Ulimits"]
    assert seen == Unseen(Reason.NOT_PERMITTED)
