"""Published ports, running or not, on IPv4 and IPv6."""

from typing import Any

import pytest

from posture.facts.tests.one_fact import NOT_COLLECTED, fact, stopped


def ports(*bindings: tuple[str, str]) -> dict[str, Any]:
    return {"80/tcp": [{"HostIp": address, "HostPort": port} for address, port in bindings]}


@pytest.mark.parametrize("address", ["", "0.0.0.0", "::", "::0", "0:0:0:0:0:0:0:0", "::ffff:0.0.0.0"])
def test_wildcard_addresses(address: str) -> None:
    found = fact("WildcardPorts", Ports=ports((address, "8080")))
    assert isinstance(found, tuple)
    assert len(found) == 1


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "192.0.2.7", "fe80::1"])
def test_addresses_of_one_interface(address: str) -> None:
    assert fact("WildcardPorts", Ports=ports((address, "8080"))) == ()


def test_ports_below_1024_are_privileged() -> None:
    found = {port: fact("PrivilegedPorts", Ports=ports(("::1", port))) for port in ("1", "1023", "1024", "8080")}
    assert found == {"1": ("[::1]:1:80/tcp",), "1023": ("[::1]:1023:80/tcp",), "1024": (), "8080": ()}


def test_ports_of_a_stopped_container_come_from_its_configuration() -> None:
    host = {"PortBindings": ports(("", "443"))}
    assert fact("PublishedPorts", **stopped(HostConfig=host)) == ("0.0.0.0:443:80/tcp",)
    assert fact("PrivilegedHostPorts", **stopped(HostConfig=host)) == ("443/tcp",)
    assert fact("PublishedPorts", **stopped(HostConfig={**host, "NetworkMode": "host"})) == ()
    several = {"PortBindings": {"53/udp": [{"HostIp": "", "HostPort": "1000-1030"}]}}
    assert fact("PrivilegedPorts", **stopped(HostConfig=several)) == ("0.0.0.0:1000-1030:53/udp",)
    everything = {"PublishAllPorts": True}
    assert fact("WildcardPorts", **stopped(HostConfig=everything)) == ("0.0.0.0:0:80/tcp",)
    assert fact("PrivilegedPorts", **stopped(HostConfig=everything)) == ()


def test_a_binding_without_its_port_may_have_any() -> None:
    assert fact("PrivilegedPorts", Ports={"80/tcp": [{"HostIp": "::1"}]}) == NOT_COLLECTED
    host = {"PortBindings": {"80/tcp": [{"HostIp": "::1"}]}}
    assert fact("PrivilegedPorts", **stopped(HostConfig=host)) == NOT_COLLECTED


def test_ports_that_are_only_exposed_are_not_published() -> None:
    assert fact("PublishedPorts", Ports={"80/tcp": None, "81/tcp": []}) == ()


def test_between_two_restarts_ports_are_those_of_the_configuration() -> None:
    waiting: dict[str, Any] = {
        "State": {"Status": "restarting"},
        "Ports": {},
        "HostConfig": {"PortBindings": ports(("", "443"))},
    }
    assert fact("WildcardPorts", **waiting) == ("0.0.0.0:443:80/tcp",)
    assert fact("PrivilegedHostPorts", **waiting) == ("443/tcp",)
