"""The way to the server through an HTTP proxy, and with an authority of one's own: verified from end to end."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.posture_agent import encryption
from agents.posture_agent.address import Address
from agents.posture_agent.failures import UsageError
from agents.posture_agent.proxy import Proxy, excepted, proxy_for
from agents.posture_agent.server import Server, ServerError, Unreachable
from agents.tests.authority import Authority
from agents.tests.connect_proxy import connect_proxy
from agents.tests.peer import Script, peer, port, says
from agents.tests.protocol_server import ProtocolServer, serving

HOST = "posture.test"  # a name that no resolver knows: only the proxy leads there
ENROLMENT = {"protocol": 1, "installation": "00000000-0000-4000-8000-000000000001"}


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """An authority that no system trusts."""
    return Authority(tmp_path)


@pytest.fixture
def server(authority: Authority) -> Iterator[ProtocolServer]:
    """A server with a certificate for HOST."""
    with serving(*authority.issue(HOST)) as running:
        yield running


def url(server: ProtocolServer, host: str = HOST) -> str:
    """The server's address by name."""
    return f"https://{host}:{server.server_address[1]}"


def test_a_call_through_a_proxy_with_an_authority_of_our_own(authority: Authority, server: ProtocolServer) -> None:
    with connect_proxy() as proxy:
        one = Server(url(server), str(authority.pem), "t0k3n", proxy=proxy.url)
        assert one.enrol(ENROLMENT)["token"]
        assert one.enrol(ENROLMENT)["token"]
        one.close()
    authority_of_target = f"{HOST}:{server.server_address[1]}"
    assert proxy.requests[0] == f"CONNECT {authority_of_target} HTTP/1.1\r\nHost: {authority_of_target}\r\n\r\n"
    assert b"t0k3n" not in proxy.passed
    assert server.paths() == ["enrol", "enrol"]
    assert one.bytes_sent > 200 < one.bytes_received


def test_the_proxy_is_given_its_credentials_and_nobody_else_is(authority: Authority, server: ProtocolServer) -> None:
    with connect_proxy("Basic dXNlckB4OnA6d8Op") as proxy:  # base64 of user@x:p:wé
        address = proxy.url.replace("http://", "http://user%40x:p%3Aw%C3%A9@")
        one = Server(url(server), str(authority.pem), proxy=address)
        one.enrol(ENROLMENT)
        one.close()
        assert "dXNlckB4OnA6d8Op" not in str(server.requests)
        for wrong in (proxy.url, proxy.url.replace("http://", "http://user:s3cr3t@")):
            with pytest.raises(Unreachable, match="user and password") as error:
                Server(url(server), str(authority.pem), proxy=wrong).enrol(ENROLMENT)
            assert "s3cr3t" not in str(error.value)
    assert len(server.requests) == 1


def test_the_environment_names_the_proxy(
    authority: Authority, server: ProtocolServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with connect_proxy() as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        one = Server(url(server), str(authority.pem))
        one.enrol(ENROLMENT)
        one.close()
        monkeypatch.setenv("NO_PROXY", HOST)
        with pytest.raises(Unreachable, match="name is not known"):
            Server(url(server), str(authority.pem)).enrol(ENROLMENT)
    assert len(proxy.requests) == 1


def test_a_server_of_another_name_or_authority_is_not_believed(
    tmp_path: Path, authority: Authority, server: ProtocolServer
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    stranger = Authority(other)
    with connect_proxy() as proxy:
        for name, ca in ((HOST, stranger.pem), (HOST, None), ("other.test", authority.pem)):
            with pytest.raises(Unreachable, match="not trusted"):
                Server(url(server, name), str(ca) if ca else None, proxy=proxy.url).enrol(ENROLMENT)
    assert server.requests == []


def test_a_bundle_with_several_authorities(tmp_path: Path, authority: Authority, server: ProtocolServer) -> None:
    other = tmp_path / "other"
    other.mkdir()
    bundle = tmp_path / "bundle.pem"
    bundle.write_bytes(Authority(other, "Another authority").pem.read_bytes() + authority.pem.read_bytes())
    with connect_proxy() as proxy:
        one = Server(url(server), str(bundle), proxy=proxy.url)
        assert one.enrol(ENROLMENT)["token"]
        one.close()


@pytest.mark.parametrize("content", [b"", b"no certificate", None])
def test_an_authority_that_cannot_be_read(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ServerError, match=re.escape(str(path))):
        Server("https://posture.test", str(path)).enrol(ENROLMENT)


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (says(b"HTTP/1.1 403 No\r\n\r\n"), "status 403"),
        (says(b"HTTP/1.1 301 Go\r\nLocation: http://127.0.0.1/\r\n\r\n"), "status 301"),
        (says(b"SSH-2.0-x\r\n\r\n"), "does not answer as a proxy should"),
        (says(b""), "does not answer as a proxy should"),
        (says(b"HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n\r\n{}"), "speaks before"),
        (says(b"HTTP/1.1 200 OK\r\n\r\n", 0.01, b"HTTP/1.1 200 OK\r\n\r\n"), "cannot reach"),
        (says(b"HTTP/1.1 200 OK\r\n\r\n", 5.0), "no answer in time"),
        (says(5.0), "no answer in time"),
    ],
)
def test_a_hostile_proxy(script: Script, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agents.posture_agent.server.TIMEOUT", 0.5)
    with peer(script) as one, pytest.raises(Unreachable, match=re.escape(words)):
        Server("https://posture.test", proxy=f"u:s3cr3t@127.0.0.1:{port(one)}").enrol(ENROLMENT)


def test_a_proxy_that_is_away() -> None:
    with peer(says()) as gone:
        number = port(gone)
    with pytest.raises(Unreachable, match=f"cannot reach the proxy 127.0.0.1:{number}"):
        Server("https://posture.test", proxy=f"http://u:s3cr3t@127.0.0.1:{number}").enrol(ENROLMENT)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("http://proxy.example:8080/", "proxy.example:8080"),
        ("proxy.example", "proxy.example:3128"),
        ("HTTP://u:p@[2001:DB8::1]:1", "[2001:db8::1]:1"),
    ],
)
def test_proxies(text: str, wanted: str) -> None:
    assert str(Proxy(text)) == wanted


@pytest.mark.parametrize(
    "text",
    ["https://u:s3cr3t@x:1", "socks5://x", "http://u:s3cr3t@", "http://u:s3cr3t@x:0", "http://x/y", "a b", "", "x@y@z"]
)  # fmt: skip
def test_what_is_no_proxy_is_refused_without_showing_it(text: str) -> None:
    with pytest.raises(UsageError) as error:
        Proxy(text)
    assert "s3cr3t" not in str(error.value)


def test_which_proxy_is_used() -> None:
    address, environment = Address("https://posture.example"), {"HTTPS_PROXY": "http://a", "https_proxy": "http://b"}
    assert str(proxy_for(address, None, environment)) == "b:3128"
    assert str(proxy_for(address, "http://c", {**environment, "NO_PROXY": "*"})) == "c:3128"
    assert proxy_for(address, "none", environment) is None
    assert proxy_for(address, None, {}) is None
    assert proxy_for(address, None, {**environment, "no_proxy": "x, .example"}) is None
    assert proxy_for(Address("https://127.0.0.1"), None, environment) is None
    assert proxy_for(Address("http://127.0.0.1"), "http://c", environment) is None


@pytest.mark.parametrize(
    ("host", "exceptions", "wanted"),
    [
        ("a.example", "a.example", True),
        ("a.example", "example", True),
        ("a.example", ".EXAMPLE", True),
        ("a.example", "*.example", True),
        ("a.example", "b.example, *", True),
        ("a.example", "a.example:8443", True),
        ("a.example", "a.example:443", False),
        ("a.example", "ample", False),
        ("a.example", "", False),
        ("a.example", ",.,:,/,a/b,:8443", False),
        ("10.1.2.3", "10.0.0.0/8", True),
        ("11.1.2.3", "10.0.0.0/8", False),
        ("10.1.2.3", "10.0.0.0/x 10.0.0.0/-1 10.0.0.0/99 2001:db8::/32", False),
        ("[2001:db8::7]", "2001:db8::/32", True),
        ("[2001:db8::7]", "[2001:db8::7]:8443", True),
        ("[2001:db8::7]", "2001:db8::8", False),
    ],
)
def test_servers_that_need_no_proxy(host: str, exceptions: str, wanted: bool) -> None:
    assert excepted(Address(f"https://{host}:8443"), exceptions) is wanted


def test_tls_is_not_older_than_1_2() -> None:
    context = encryption.trusting(None)
    assert context.minimum_version.name == "TLSv1_2"
    assert context.check_hostname is True
