"""Lists of hosts as people and spreadsheets write them."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posture.remote.rollout.host_list import LARGEST, MOST_ROWS, ListedHost, WrongList, read_list

PRINT = "SHA256:" + "a" * 43
WANTED = [
    ListedHost(2, "192.0.2.7", 22, "", "alpha", "", ""),
    ListedHost(3, "board.example.org", 2222, "ops", "bêta", "alpha", PRINT),
]
ENGLISH = (
    f"address,port,user,name,jump,fingerprint\n192.0.2.7,,,alpha,,\nboard.example.org,2222,ops,bêta,alpha,{PRINT}=\n"
)
FRENCH = (
    "Adresse;Port;Utilisateur;Nom;Rebond;Empreinte\r\n"
    f"192.0.2.7;;;alpha;;\r\nboard.example.org;2222;ops;bêta;alpha;{PRINT}\r\n"
)


@pytest.mark.parametrize(
    "data",
    [
        ENGLISH.encode(),
        b"\xef\xbb\xbf" + FRENCH.encode(),  # Excel's "CSV UTF-8"
        FRENCH.encode("cp1252"),  # Excel's plain CSV
        FRENCH.replace(";", "\t").encode("utf-16"),  # Excel's "Unicode text"
        ENGLISH.replace(",alpha,,", ',"alpha",,').encode(),
        ENGLISH.replace("fingerprint\n", "fingerprint,,\n").encode(),
    ],
)
def test_every_spreadsheet_says_the_same(data: bytes) -> None:
    assert read_list(data) == WANTED


def test_only_the_address_is_needed() -> None:
    assert read_list(b"\n\naddress\n\n2001:db8::7\n \nnas.\n") == [
        ListedHost(5, "2001:db8::7", 22, "", "", "", ""),
        ListedHost(7, "nas", 22, "", "", "", ""),
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", [(1, "", "empty")]),
        ("address\n", [(1, "", "empty")]),
        ("192.0.2.7\n192.0.2.8\n", [(1, "address", "head"), (1, "192.0.2.7", "column")]),
        ("address,colour\nx,red\n", [(1, "colour", "column")]),
        ("address,address\nx,y\n", [(1, "address", "repeated")]),
        ("address,port\n,22\n", [(2, "address", "missing")]),
        ("address,port\nok,22\n1.2.3,0\n", [(3, "address", "address"), (3, "port", "port")]),
        ("address,port\nok,65536\n", [(2, "port", "port")]),
        ("address,port\nok,²²\n", [(2, "port", "port")]),
        ("address,user\nok,-oProxyCommand=x\n", [(2, "user", "user")]),
        ("address,user\nok,a b\n", [(2, "user", "user")]),
        ("address\n-oProxyCommand=x\n=cmd()\n$(id)\n", [(line, "address", "address") for line in (2, 3, 4)]),
        ("address\n224.0.0.1\n", [(2, "address", "address")]),
        ("address,fingerprint\nok,MD5:aa:bb\n", [(2, "fingerprint", "fingerprint")]),
        ("address,name\na,x\nb,x\na,y\n", [(3, "name", "twice"), (4, "address", "twice")]),
        ("address,port\na,22,more\n", [(2, "", "wide")]),
        ('address,name\na,"never closed\n', [(2, "", "csv")]),
        ("address,name\na," + "x" * 254, [(2, "name", "name")]),
    ],
)
def test_what_is_wrong_is_said_with_line_and_column(text: str, told: list[tuple[int, str, str]]) -> None:
    with pytest.raises(WrongList) as caught:
        read_list(text.encode())
    assert [(one.line, one.column, one.reason) for one in caught.value.troubles] == told


def test_limits() -> None:
    most = "address\n" + "".join(f"host-{number}\n" for number in range(MOST_ROWS))
    assert len(read_list(most.encode())) == MOST_ROWS
    for data in ((most + "one-more\n").encode(), b"address\n" + b" " * LARGEST):
        with pytest.raises(WrongList):
            read_list(data)


@given(st.binary(max_size=400) | st.text(max_size=200).map(lambda text: f"address,port,user\n{text}".encode()))
def test_whatever_is_given_is_read_or_refused(data: bytes) -> None:
    hosts = []
    with suppress(WrongList):
        hosts = read_list(data)
    assert all(not host.address.startswith("-") and 0 < host.port < 65536 for host in hosts)
