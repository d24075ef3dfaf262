"""dockerd's command line is read in every spelling that dockerd takes."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.posture_agent.collectors import flags

WORDS = st.text(st.characters(codec="ascii", categories=("L", "N"), include_characters="/:._"), min_size=1, max_size=20)
BOOLEANS = st.sampled_from(sorted(flags.BOOLEANS))
TEXTS = st.sampled_from(sorted(flags.TEXTS))
LISTS = st.sampled_from(sorted(flags.LISTS))


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("--debug", {"debug": True}),
        ("-D", {"debug": True}),
        ("-D=false", {"debug": False}),
        ("--icc=false", {"icc": False}),
        ("-icc=false", {"icc": False}),
        ("--userland-proxy=0", {"userland-proxy": False}),
        ("--live-restore --icc=false", {"live-restore": True, "icc": False}),
        ("-H fd:// -H tcp://0.0.0.0:2375", {"hosts": ["fd://", "tcp://0.0.0.0:2375"]}),
        ("-Hunix:///run/x.sock", {"hosts": ["unix:///run/x.sock"]}),
        ("-H=tcp://:2375 --host unix:///y", {"hosts": ["tcp://:2375", "unix:///y"]}),
        ("-Dl debug", {"debug": True, "log-level": "debug"}),
        ("-lwarn", {"log-level": "warn"}),
        ("-l info --log-level=error", {"log-level": "error"}),
        ("-g /data", {"data-root": "/data"}),
        ("--graph=/data", {"data-root": "/data"}),
        (
            "--default-ulimit nofile=1024:2048",
            {"default-ulimits": {"nofile": {"Name": "nofile", "Soft": 1024, "Hard": 2048}}},
        ),
        ("--default-ulimit=core=0", {"default-ulimits": {"core": {"Name": "core", "Soft": 0, "Hard": 0}}}),
        ("--insecure-registry a --insecure-registry=b", {"insecure-registries": ["a", "b"]}),
        ("--mtu 1400", {"mtu": 1400}),
        ("--label site=paris --tlsverify", {"tlsverify": True}),
        ("--http-proxy http://u:p@proxy -D", {"debug": True}),
        ("--log-opt syslog-address=tcp://10.0.0.1:514", {"log-opts": {"syslog-address": "tcp remote"}}),
        ("--log-opt syslog-address=udp://127.0.0.1:514", {"log-opts": {"syslog-address": "udp local"}}),
        ("--log-opt fluentd-address=localhost:24224", {"log-opts": {"fluentd-address": "tcp local"}}),
        ("--log-opt fluentd-address=logs:24224", {"log-opts": {"fluentd-address": "tcp remote"}}),
        ("--log-opt gelf-address=udp://[::1]:1", {"log-opts": {"gelf-address": "udp local"}}),
        ("--log-opt splunk-token=abcd", {"log-opts": {"splunk-token": None}}),
        ("--registry-mirror https://user:pass@mirror/x", {"registry-mirrors": ["https://mirror/x"]}),
        ("--add-runtime kata=/usr/bin/kata", {"runtimes": {"kata": {"path": "/usr/bin/kata"}}}),
        ("--some-new-switch --debug", {"debug": True}),
    ],
)
def test_spellings(line: str, wanted: dict[str, Any]) -> None:
    assert flags.parse(line.split(" ")) == wanted


@pytest.mark.parametrize("line", ["-H", "--mtu many", "--debug=maybe", "--default-ulimit nofile=x"])
def test_a_line_that_dockerd_refuses_is_an_error(line: str) -> None:
    with pytest.raises(ValueError):
        flags.parse(line.split(" "))


@given(
    st.lists(st.tuples(TEXTS, WORDS, st.booleans()), max_size=6),
    st.lists(st.tuples(BOOLEANS, st.booleans()), max_size=4),
)
def test_both_ways_to_give_a_value_mean_the_same(
    texts: list[tuple[str, str, bool]], switches: list[tuple[str, bool]]
) -> None:
    words: list[str] = []
    for name, value, joined in texts:
        words += [f"--{name}={value}"] if joined else [f"--{name}", value]
    words += [f"--{name}={'true' if value else 'false'}" for name, value in switches]
    assert flags.parse(words) == {name: value for name, value, _ in texts} | dict(switches)


@given(st.lists(st.tuples(LISTS, WORDS), max_size=6))
def test_repeated_lists_keep_every_value_in_order(pairs: list[tuple[str, str]]) -> None:
    found = flags.parse([word for name, value in pairs for word in (f"--{name}", value)])
    for name in {name for name, _ in pairs}:
        assert found[flags.LISTS[name]] == [value for other, value in pairs if other == name]


@given(st.lists(st.text(max_size=30), max_size=10))
def test_no_line_breaks_the_parser(words: list[str]) -> None:
    try:
        found = flags.parse(words)
    except ValueError:
        return
    known = {*flags.BOOLEANS, *flags.INTEGERS, *flags.TEXTS, *flags.LISTS.values(), *flags.MAPS.values()}
    assert set(found) <= known


def test_the_file_keeps_listed_options_of_the_right_type_only() -> None:
    document = {
        "icc": False,
        "debug": "yes",
        "hosts": ["tcp://0.0.0.0:2376"],
        "log-opts": {"gelf-address": "udp://logs:1", "env": "SECRET"},
        "http-proxy": "http://user:secret@proxy",
        "proxies": {"http-proxy": "http://user:secret@proxy"},
        "labels": ["owner=secret"],
        "default-ulimits": {"nofile": {"Name": "nofile", "Soft": 1, "Hard": 2, "Other": "x"}},
        "graph": "/data",
    }
    assert flags.from_file(document) == {
        "icc": False,
        "hosts": ["tcp://0.0.0.0:2376"],
        "log-opts": {"gelf-address": "udp remote", "env": None},
        "default-ulimits": {"nofile": {"Name": "nofile", "Soft": 1, "Hard": 2}},
        "data-root": "/data",
    }
