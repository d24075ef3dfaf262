"""Ports bound more tightly."""

from hypothesis import given
from hypothesis import strategies as st

from posture.facts.wire.container import PortBinding
from posture.remediation.ports import Port, exposed, on_loopback, published, unprivileged


def test_ports_are_read_from_bindings_in_order() -> None:
    bindings = {
        "80/tcp": [PortBinding(HostIp="", HostPort="8080"), PortBinding(HostIp="::1", HostPort="8080")],
        "53/udp": [PortBinding(HostIp="192.0.2.1", HostPort="0")],
        "9/tcp": None,
    }
    assert [str(port) for port in published(bindings)] == ["192.0.2.1::53/udp", "8080:80", "[::1]:8080:80"]


def test_wildcards_move_to_loopback_and_chosen_addresses_stay() -> None:
    ports = [Port("80/tcp", "0.0.0.0", "8080"), Port("80/tcp", "::", "8080"), Port("81/tcp", "10.0.0.1", "81")]
    assert [str(port) for port in on_loopback(ports)] == ["127.0.0.1:8080:80", "10.0.0.1:81:81"]


def test_low_ports_move_up_without_meeting_one_another() -> None:
    ports = [Port("80/tcp", "", "80"), Port("81/tcp", "", "8080"), Port("53/udp", "", "53"), Port("1/tcp", "", "1024")]
    assert [str(port) for port in unprivileged(ports)] == ["8081:80", "8080:81", "10053:53/udp", "1024:1"]


def test_one_port_on_two_addresses_moves_to_one_number() -> None:
    ports = [Port("443/tcp", "0.0.0.0", "443"), Port("443/tcp", "::", "443")]
    assert [str(port) for port in unprivileged(ports)] == ["0.0.0.0:8443:443", "[::]:8443:443"]


def test_declared_ports_are_read_and_anything_else_is_not() -> None:
    assert [str(port) for port in exposed(["80/tcp", "53/udp", "8000-8010/tcp", "x", "$(id)/tcp"])] == [
        "53:53/udp",
        "80:80",
    ]


@given(st.lists(st.builds(Port, st.sampled_from(["80/tcp", "53/udp"]), st.just(""), st.integers(0, 65535).map(str))))
def test_no_low_port_is_left(ports: list[Port]) -> None:
    assert all(int(port.host_port) >= 1024 for port in unprivileged(ports))
