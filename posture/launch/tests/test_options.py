"""What the command line means."""

import pytest

from posture.launch.options import read_options
from posture.launch.trouble import Trouble


@pytest.mark.parametrize(
    ("words", "url", "binds"),
    [
        ([], "http://127.0.0.1:8000", ["127.0.0.1"]),
        (["--port", "8080"], "http://127.0.0.1:8080", ["127.0.0.1"]),
        (["--listen", "192.0.2.7"], "https://192.0.2.7:8000", ["127.0.0.1", "192.0.2.7"]),
        (["--listen", "192.0.2.7:8443"], "https://192.0.2.7:8443", ["127.0.0.1", "192.0.2.7"]),
        (["--listen", "Posture.example:443"], "https://posture.example:443", ["0.0.0.0"]),
        (["--listen", "[2001:db8::1]:8443"], "https://[2001:db8::1]:8443", ["127.0.0.1", "2001:db8::1"]),
        (["--listen", "2001:db8::1"], "https://[2001:db8::1]:8000", ["127.0.0.1", "2001:db8::1"]),
        (["--listen", "127.0.0.1"], "https://127.0.0.1:8000", ["127.0.0.1"]),
    ],
)
def test_where_the_product_is_served(words: list[str], url: str, binds: list[str]) -> None:
    options = read_options(words)
    assert options.url == url
    assert options.binds == binds


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--listen", "0.0.0.0"], "no address that other hosts can call"),
        (["--listen", "a b"], "neither a host name nor an IP address"),
        (["--listen", "256.1.1.1"], "neither a host name nor an IP address"),
        (["--listen", "host:port"], "is no port"),
        (["--port", "70000"], "between 1 and 65535"),
        (["--listen", "host:8443", "--port", "8000"], "give one of them"),
    ],
)
def test_what_cannot_be_meant_gets_a_sentence(words: list[str], sentence: str) -> None:
    with pytest.raises(Trouble, match=sentence):
        read_options(words)
