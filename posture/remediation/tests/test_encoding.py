"""No value breaks out of the text it is put into."""

import json
import re
import shlex
import subprocess

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from posture.remediation.encoding import (
    dockerfile_word,
    json_string,
    positional,
    printable,
    shell,
    yaml_scalar,
)

TEXT = st.text(max_size=60) | st.text("'\"$`\\(){}\n\r\t;&|<>*?[]#~=% !-\x1b\x00\u202e\x85\u2028", max_size=30)


@given(st.text(st.characters(exclude_categories=("C", "Zl", "Zp")), max_size=60))
def test_a_printable_value_is_one_word_of_a_shell(value: str) -> None:
    assert shlex.split(f"docker stop {shell(value)} end") == ["docker", "stop", value, "end"]


@settings(max_examples=40, deadline=None)
@given(st.lists(TEXT, min_size=1, max_size=40))
def test_bash_reads_every_value_back(values: list[str]) -> None:
    words = " ".join(map(shell, values))
    done = subprocess.run(["bash", "-c", f"printf '%s\\0' {words}"], capture_output=True, check=True, env={})
    assert done.stdout.decode() == "".join(value.replace("\0", "") + "\0" for value in values)


@given(TEXT)
def test_nothing_unprintable_reaches_a_terminal(value: str) -> None:
    assert printable(shell(value))
    assert printable(yaml_scalar(value))
    assert printable(dockerfile_word(value))
    assert printable(json_string(value))


@pytest.mark.parametrize("value", ["-rf", "--privileged", "-", ""])
def test_a_name_is_never_an_option(value: str) -> None:
    assert positional(value, "CONTAINER") == "CONTAINER"


@given(TEXT)
def test_yaml_gives_values_back(value: str) -> None:
    loaded = yaml.safe_load(f"a:\n  - {yaml_scalar(value, interpolated=False)}\nb: {yaml_scalar(value)}\n")
    assert loaded == {"a": [value], "b": value.replace("$", "$$")}


@given(TEXT)
def test_yaml_gives_keys_back(value: str) -> None:
    loaded = yaml.safe_load(f"services:\n  {yaml_scalar(value, interpolated=False)}:\n    read_only: true\n")
    assert loaded == {"services": {value: {"read_only": True}}}


@given(st.from_regex(r"[A-Za-z_/][A-Za-z0-9_./-]{0,8}", fullmatch=True))
def test_a_plain_text_stays_a_text(value: str) -> None:
    assert yaml.safe_load(yaml_scalar(value)) == value


@pytest.mark.parametrize("value", ["yes", "null", "1e3", "012", "10001:10001", "~", "2026-01-01", "off", "=", ".inf"])
def test_a_text_that_looks_like_another_type_stays_a_text(value: str) -> None:
    assert yaml.safe_load(yaml_scalar(value)) == value


@given(TEXT)
def test_json_gives_values_back(value: str) -> None:
    assert json.loads(f'{{"a": {json_string(value)}}}') == {"a": value}


@given(TEXT)
def test_a_word_of_a_dockerfile_is_one_word(value: str) -> None:
    word = dockerfile_word(value)
    assert re.fullmatch(r'[A-Za-z0-9_./:@+-]+|"(?:[^"\\$\n]|\\["\\$])*"', word)
    assert re.sub(r'\\(["\\$])', r"\1", word[1:-1] if word[0] == '"' else word) == "".join(filter(printable, value))


def test_ordinary_values_stay_readable() -> None:
    assert shell("shop-web-1") == "shop-web-1"
    assert yaml_scalar("web_1") == "web_1"
    assert dockerfile_word("nginx:1.25") == "nginx:1.25"
    assert shell("été à Nîmes") == "'été à Nîmes'"
