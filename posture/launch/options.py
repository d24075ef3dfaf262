"""What may be said on the command line of `bin/up`."""

import argparse
import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from posture.launch.places import CHECKOUT
from posture.launch.trouble import Trouble

PORT = 8000
LOOPBACK = "127.0.0.1"
NAME = re.compile(r"(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*")


@dataclass(frozen=True)
class Options:
    """`address` is the name or number under which others reach us; None means this machine alone, without TLS."""

    address: str | None
    port: int
    var: Path
    demo: bool
    remove_demo: bool
    agent: bool

    @property
    def url(self) -> str:
        if self.address is None:
            return f"http://{LOOPBACK}:{self.port}"
        name = f"[{self.address}]" if ":" in self.address else self.address
        return f"https://{name}:{self.port}"

    @property
    def binds(self) -> list[str]:
        """The addresses to listen on: our own for the local agent, and the one for others (for a name: all)."""
        if self.address is None:
            return [LOOPBACK]
        try:
            number = ipaddress.ip_address(self.address)
        except ValueError:
            return ["0.0.0.0"]  # noqa: S104 - asked for with --listen NAME, and over TLS
        return [LOOPBACK] if number.is_loopback and number.version == 4 else [LOOPBACK, str(number)]


def read_options(words: Sequence[str]) -> Options:
    """The options, checked; argparse itself answers --help and what it does not know."""
    found = make_parser().parse_args(words)
    address, port = None, found.port or PORT
    if found.listen is not None:
        address, listed = split_address(found.listen)
        if listed and found.port and listed != found.port:
            raise Trouble(f"--listen says port {listed} and --port says {found.port}: give one of them.")
        port = listed or port
    if not 0 < port < 65536:
        raise Trouble(f"{port} is no port: it has to lie between 1 and 65535.")
    return Options(address, port, found.var.absolute(), found.demo, found.remove_demo, not found.no_agent)


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bin/up", description="Set up and run Posture on this machine.")
    parser.add_argument("--port", type=int, metavar="PORT", help=f"the port of the pages ({PORT})")
    parser.add_argument(
        "--listen",
        metavar="ADDRESS[:PORT]",
        help="serve other hosts too, over TLS, under this name or number (default: this machine alone)",
    )
    parser.add_argument("--demo", action="store_true", help="add an imaginary fleet with 90 days of history")
    parser.add_argument("--remove-demo", action="store_true", help="take the imaginary fleet away again, and end")
    parser.add_argument("--no-agent", action="store_true", help="do not look at this machine's own engine")
    parser.add_argument(
        "--var", type=Path, default=CHECKOUT / "var", metavar="DIRECTORY", help="where the data is kept (var/)"
    )
    return parser


def split_address(text: str) -> tuple[str, int | None]:
    """The address and the port of ADDRESS, ADDRESS:PORT, [IPv6]:PORT or IPv6."""
    bare = text.removeprefix("[")
    if text.startswith("["):
        host, _, rest = bare.partition("]")
        port = rest.removeprefix(":")
    elif text.count(":") == 1:
        host, _, port = text.partition(":")
    else:
        host, port = text, ""
    if port and not port.isdecimal():
        raise Trouble(f"{port!r} is no port.")
    return checked_host(host), int(port) if port else None


def checked_host(host: str) -> str:
    """The address, if other hosts could use it."""
    try:
        number = ipaddress.ip_address(host)
    except ValueError:
        if NAME.fullmatch(host) and not re.fullmatch(r"[0-9.]+", host):
            return host.lower()
        raise Trouble(f"{host!r} is neither a host name nor an IP address.") from None
    if number.is_unspecified or number.is_multicast:
        raise Trouble(
            f"{host} is no address that other hosts can call: give the one under which they reach this machine."
        )
    return str(number)
