"""Mounts as options and entries, whatever their paths hold."""

import csv
import io
import shlex

import yaml
from hypothesis import given
from hypothesis import strategies as st

from posture.facts.wire.container import Mount as WireMount
from posture.remediation.mounts import Mount, private, read_mounts, read_only_mounts, without

PATH = st.text(st.characters(exclude_categories=("C", "Zl", "Zp")), min_size=1, max_size=30).map(
    lambda text: f"/{text}"
)


@given(PATH, PATH, st.booleans())
def test_the_engine_reads_the_paths_back(source: str, destination: str, read_only: bool) -> None:
    option, value = shlex.split(Mount("bind", source, destination, read_only=read_only).option())
    assert option == "--mount"
    (fields,) = csv.reader(io.StringIO(value, newline=""))
    flags = ["readonly"] if read_only else []
    assert fields == ["type=bind", f"source={source}", f"target={destination}", *flags]


@given(PATH, PATH)
def test_compose_reads_the_paths_back(source: str, destination: str) -> None:
    entry = yaml.safe_load(f"- {Mount('bind', source, destination, propagation='rslave').entry()}")[0]
    assert {key: value.replace("$$", "$") for key, value in entry.items() if isinstance(value, str)} == {
        "type": "bind",
        "source": source,
        "target": destination,
    }
    assert entry["bind"] == {"propagation": "rslave"}


def test_a_label_that_was_asked_for_is_asked_for_again() -> None:
    wire = WireMount(Type="bind", Source="/srv", Destination="/srv", Mode="ro,Z", RW=False, Propagation="rprivate")
    assert [mount.option() for mount in read_mounts([wire])] == ["--volume /srv:/srv:Z,ro"]


def test_a_volume_and_a_tmpfs() -> None:
    wire = [
        WireMount(Type="volume", Name="data", Source="/var/lib/x", Destination="/data", Mode="z", RW=True),
        WireMount(Type="tmpfs", Destination="/run"),
        WireMount(Type="cluster", Destination="/c"),
    ]
    assert [mount.option() for mount in read_mounts(wire)] == [
        "--mount type=volume,source=data,target=/data",
        "--mount type=tmpfs,target=/run",
    ]


def test_named_mounts_go_and_a_volume_at_the_same_kind_of_place_stays() -> None:
    mounts = (Mount("bind", "/etc", "/a"), Mount("bind", "/run/x.sock", "/s"), Mount("volume", "v", "/etc"))
    facts = {"SensitiveMounts": ("/etc:/a:ro",), "EngineSockets": ("/run/x.sock:/s",)}
    assert without(mounts, facts) == (Mount("volume", "v", "/etc"),)
    assert without(mounts, {}) == mounts


def test_one_list_alone_may_name_what_goes() -> None:
    mounts = (Mount("bind", "/etc", "/a"), Mount("bind", "/sys", "/s"))
    facts = {"SensitiveMounts": ("/etc:/a:ro", "/sys:/s:ro"), "HostTreeMounts": ("/sys:/s:ro",)}
    assert without(mounts, facts, ("HostTreeMounts",)) == (Mount("bind", "/etc", "/a"),)


def test_paths_of_the_host_become_read_only_and_volumes_do_not() -> None:
    mounts = (Mount("bind", "/a", "/a"), Mount("volume", "v", "/b"), Mount("bind", "/c", "/c", read_only=True))
    facts = {"WritableMounts": ("/a:/a", "v:/b")}
    assert [mount.read_only for mount in read_only_mounts(mounts, facts, {"writable": ()})] == [True, False, True]
    assert read_only_mounts(mounts, facts, {"writable": ("/a:/a",)}) == mounts  # declared
    assert read_only_mounts(mounts, facts, {}) == mounts  # what may be written is not known


def test_shared_mounts_become_private() -> None:
    mounts = (Mount("bind", "/a", "/a", propagation="rshared"), Mount("bind", "/b", "/b", propagation="rslave"))
    assert [mount.propagation for mount in private(mounts)] == ["", "rslave"]
