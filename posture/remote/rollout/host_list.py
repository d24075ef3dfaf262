"""A list of hosts as people write or export it: CSV with a head, from any spreadsheet. No database, no network."""

import csv
import io
import ipaddress
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

MOST_ROWS = 1000
LARGEST = 256 * 1024  # bytes
MOST_TROUBLES = 20  # told at once
SHOWN = 60  # characters of a value in a message
# Each column's names; the first one is ours.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "address": ("address", "host", "ip", "adresse", "hôte"),
    "port": ("port",),
    "user": ("user", "utilisateur"),
    "name": ("name", "nom"),
    "jump": ("jump", "rebond"),
    "fingerprint": ("fingerprint", "empreinte"),
}
LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?"
HOST_NAME = re.compile(rf"(?=.{{1,253}}$){LABEL}(?:\.{LABEL})*\.?")
USER = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,62}\$?")
FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")
SEPARATORS = ",;\t"


@dataclass(frozen=True, slots=True)
class ListedHost:
    """One line. Empty texts: nothing was said; ``line`` counts from 1, the head included."""

    line: int
    address: str
    port: int
    user: str
    name: str
    jump: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with a list: ``reason`` is one of a closed list, ``value`` what stands there."""

    line: int
    column: str
    reason: str
    value: str = ""


class WrongList(ValueError):
    """A list that cannot be taken, with up to ``MOST_TROUBLES`` reasons."""

    def __init__(self, troubles: list[Trouble]) -> None:
        super().__init__("; ".join(f"line {one.line}, {one.column}: {one.reason}" for one in troubles))
        self.troubles = troubles[:MOST_TROUBLES]


def read_list(data: bytes) -> list[ListedHost]:
    """The hosts of a file or a pasted text. Raises WrongList."""
    if len(data) > LARGEST:
        raise WrongList([Trouble(1, "", "large")])
    text = decoded(data)
    head, _, _rest = text.lstrip("\r\n").partition("\n")
    separator = max(SEPARATORS, key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        return checked([(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)])
    except csv.Error as error:
        raise WrongList([Trouble(max(reader.line_num, 1), "", "csv", str(error))]) from error


def decoded(data: bytes) -> str:
    """The text: UTF-8, UTF-16 with its mark, or what Western Excel writes."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def checked(rows: list[tuple[int, list[str]]]) -> list[ListedHost]:
    """Every line as a host; the first one names the columns."""
    if not rows:
        raise WrongList([Trouble(1, "", "empty")])
    columns = columns_of(*rows[0])
    if len(rows) - 1 > MOST_ROWS:
        raise WrongList([Trouble(rows[MOST_ROWS + 1][0], "", "many")])
    if len(rows) == 1:
        raise WrongList([Trouble(rows[0][0], "", "empty")])
    troubles: list[Trouble] = []
    hosts = []
    for line, row in rows[1:]:
        if len(row) > len(columns) and any(cell.strip() for cell in row[len(columns) :]):
            troubles.append(Trouble(line, "", "wide"))
        cells = {name: row[place].strip() if place < len(row) else "" for place, name in enumerate(columns)}
        found = list(troubles_of(line, cells))
        troubles += found
        if not found:
            hosts.append(listed(line, cells))
    troubles += twice(hosts)
    if troubles:
        raise WrongList(sorted(troubles, key=lambda one: one.line))
    return hosts


def columns_of(line: int, head: list[str]) -> list[str]:
    """Our names of the columns, in their order."""
    known = {alias: name for name, aliases in COLUMNS.items() for alias in aliases}
    names = [cell.strip().casefold() for cell in head]
    while names and not names[-1]:
        names.pop()
    unknown = [Trouble(line, name[:SHOWN], "column") for name in names if name not in known]
    found = [known[name] for name in names if name in known]
    if "address" not in found:
        unknown.insert(0, Trouble(line, "address", "head"))
    unknown += [Trouble(line, name, "repeated") for name in set(found) if found.count(name) > 1]
    if unknown:
        raise WrongList(unknown)
    return found


def troubles_of(line: int, cells: Mapping[str, str]) -> Iterator[Trouble]:
    """What is wrong with the values of a line."""
    if not is_address(cells["address"]):
        yield Trouble(line, "address", "address" if cells["address"] else "missing", cells["address"][:SHOWN])
    port = cells.get("port", "")
    if port and not (port.isascii() and port.isdigit() and len(port) < 6 and 0 < int(port) < 65536):
        yield Trouble(line, "port", "port", port[:SHOWN])
    user = cells.get("user", "")
    if user and not USER.fullmatch(user):
        yield Trouble(line, "user", "user", user[:SHOWN])
    for column in ("name", "jump"):
        value = cells.get(column, "")
        if len(value) > 253 or not value.isprintable():
            yield Trouble(line, column, "name", value[:SHOWN])
    fingerprint = cells.get("fingerprint", "")
    if fingerprint and not FINGERPRINT.fullmatch(fingerprint.rstrip("=")):
        yield Trouble(line, "fingerprint", "fingerprint", fingerprint[:SHOWN])


def is_address(text: str) -> bool:
    """An IP address or a host name."""
    try:
        return not ipaddress.ip_address(text).is_multicast
    except ValueError:
        return HOST_NAME.fullmatch(text) is not None and not re.fullmatch(r"[0-9.]+", text)


def listed(line: int, cells: Mapping[str, str]) -> ListedHost:
    return ListedHost(
        line=line,
        address=cells["address"].rstrip("."),
        port=int(cells.get("port") or 22),
        user=cells.get("user", ""),
        name=cells.get("name", ""),
        jump=cells.get("jump", ""),
        fingerprint=cells.get("fingerprint", "").rstrip("="),
    )


def twice(hosts: list[ListedHost]) -> Iterator[Trouble]:
    """Hosts and names that stand there a second time."""
    places: set[tuple[str, int, str]] = set()
    names: set[str] = set()
    for host in hosts:
        place = (host.address, host.port, host.user)
        if place in places:
            yield Trouble(host.line, "address", "twice", host.address[:SHOWN])
        places.add(place)
        if host.name and host.name in names:
            yield Trouble(host.line, "name", "twice", host.name[:SHOWN])
        names.add(host.name)
