"""Secret-like values become marks; harmless ones do not; the values themselves never stay in a text."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.posture_agent.secrets import (
    REDACTED,
    Marker,
    cleaned,
    needs_scrubbing,
    random_looking,
    scrubbed,
    secrets_in,
)
from agents.posture_agent.wire import canonical

AWS = "AKIA" + "IOSFODNN7EXAMPLE"
JWT = "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxMjM0NTY3ODkwIn0." + "dozjgNryP4J3jVmNHl0w5N"
GITHUB = "ghp_" + "a1B2" * 9


@pytest.mark.parametrize(
    ("name", "text", "pattern"),
    [
        ("DB_PASSWORD", "hunter22", "secret-variable"),
        ("mysql_root_password", "x", "secret-variable"),
        ("API_KEY", "0123abcd", "secret-variable"),
        ("GITHUB_TOKEN", "abc", "secret-variable"),
        ("SESSION_KEY", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822c", "random-value"),
        ("DATABASE_URL", "postgres://app:s3cret@db/app", "url-credentials"),
        ("JAVA_OPTS", "-Xmx1g -Ddb.password=s3cret", "password-assignment"),
        ("X", AWS, "aws-access-key"),
        ("X", JWT, "jwt"),
        ("X", GITHUB, "github-token"),
        ("", "-----BEGIN RSA PRIVATE KEY-----\nMIIE", "private-key"),
        ("", "curl -H 'Authorization: Bearer abcdefghijkl1234' https://x", "bearer-token"),
        ("", "curl -u admin:hunter22 https://x", "curl-user"),
        ("", "/bin/sh -c echo 'root:hunter22' | chpasswd", "chpasswd"),
        ("", "ENV DB_PASSWORD=hunter22", "password-assignment"),
        ("", "|1 NPM_TOKEN=hunter22 /bin/sh -c npm ci", "password-assignment"),
        ("", "mysqld --password hunter22", "password-assignment"),
        ("", '{"password": "hunter22"}', "password-assignment"),
    ],
)
def test_it_is_a_secret(name: str, text: str, pattern: str) -> None:
    assert pattern in {found for found, _ in secrets_in(name, text)}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("DB_PASSWORD", ""),
        ("DB_PASSWORD_FILE", "/run/secrets/db"),
        ("DB_PASSWORD", "/run/secrets/db"),
        ("TOKEN_URL", "https://login/token"),
        ("PASSWORD_POLICY", "strict"),
        ("PWD", "/srv"),
        ("PATH", "/usr/local/sbin:/usr/local/bin"),
        ("GPG_KEY", "short"),
        ("USE_TOKEN", "true"),
        ("", "the token is checked by the server"),
        ("", "export PASSWORD=$OTHER"),
        ("", "apt-get install -y passwd"),
        ("", "https://example.org:8080/path@v1"),
    ],
)
def test_it_is_no_secret(name: str, text: str) -> None:
    assert list(secrets_in(name, text)) == []


def test_marks_name_the_place_and_never_the_value() -> None:
    first, second = Marker(b"a" * 32), Marker(b"b" * 32)
    (mark,) = first.marks([("Config.Env.DB_PASSWORD", "DB_PASSWORD", "hunter22")])
    assert mark["Pattern"] == "secret-variable"
    assert mark["Place"] == "Config.Env.DB_PASSWORD"
    assert "hunter22" not in str(mark)
    assert first.marks([("a", "DB_PASSWORD", "hunter22")])[0]["Fingerprint"] == mark["Fingerprint"]
    assert second.marks([("a", "DB_PASSWORD", "hunter22")])[0]["Fingerprint"] != mark["Fingerprint"]


def test_a_token_in_any_text_is_taken_out() -> None:
    facts = {f"label {AWS}": [{"Path": f"/srv/{GITHUB}", "n": 1, "none": None}]}
    assert needs_scrubbing(str(facts))
    assert scrubbed(facts) == {f"label {REDACTED}": [{"Path": f"/srv/{REDACTED}", "n": 1, "none": None}]}


@given(st.text(max_size=200))
def test_ordinary_text_is_kept(text: str) -> None:
    if not needs_scrubbing(text):
        assert cleaned(text) == text


@given(st.text(string.ascii_letters + string.digits, max_size=31))
def test_short_values_do_not_look_random(text: str) -> None:
    assert not random_looking(text)


@pytest.mark.parametrize(
    "text", ["A" * 65536, "a:" * 32768, "eyJ" * 20000, "-----BEGIN " * 5000, "password " * 7000, "--token" * 9000]
)
def test_hostile_texts_cost_little(text: str) -> None:
    # That this ends at all is the point: a quadratic expression would take minutes here.
    assert len(list(secrets_in("", text))) <= len(text)
    assert cleaned(text)


def test_a_token_right_behind_an_escaped_character_is_found() -> None:
    for before in ("\n", "\t", "\x01", '"'):
        assert needs_scrubbing(canonical({"label": before + AWS}).decode())
