"""Secrets, translations, requirements' marks and the environment of the server."""

import os
import time
from pathlib import Path

import pytest

from posture.launch import environment, secret_file
from posture.launch.account import own_account
from posture.launch.console import printable
from posture.launch.descendants import parent_of
from posture.launch.options import read_options
from posture.launch.places import Places, make_places
from posture.launch.requirements import digest
from posture.launch.translations import compile_translations


def test_a_secret_is_made_once_and_read_by_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    first = secret_file.keep(path, own_account())
    assert len(first) >= 40
    assert secret_file.keep(path, own_account()) == first
    assert path.stat().st_mode & 0o777 == 0o600


def test_directories_with_secrets_are_closed(tmp_path: Path) -> None:
    places = make_places(tmp_path / "var", own_account())
    for path in (places.server, places.postgres, places.valkey, places.authority, places.agent_state):
        assert path.stat().st_mode & 0o777 == 0o700


def test_the_server_gets_what_is_listed_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of another service")
    monkeypatch.setenv("POSTURE_INTERVAL", "120")
    places = make_places(tmp_path, own_account())
    options = read_options(["--listen", "192.0.2.7:8443"])
    variables = environment.server_environment(
        options, places, own_account(), database="postgres://x", redis="redis://x", papers=None
    )
    assert "AWS_SECRET_ACCESS_KEY" not in variables
    assert variables["POSTURE_INTERVAL"] == "120"
    assert variables["POSTURE_PUBLIC_URL"] == "https://192.0.2.7:8443"
    assert variables["POSTURE_ALLOWED_HOSTS"].split(",")[-1] == "192.0.2.7"
    environment.store(Places(tmp_path).environment, own_account(), variables)
    assert environment.load(Places(tmp_path).environment) == variables


def test_translations_are_compiled_when_they_changed(tmp_path: Path) -> None:
    folder = tmp_path / "fr" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    source = folder / "django.po"
    head = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'
    source.write_text(head + 'msgid "Host"\nmsgstr "Hôte"\n', encoding="utf-8")
    assert compile_translations(tmp_path) == 1
    assert "Hôte".encode() in (folder / "django.mo").read_bytes()
    assert compile_translations(tmp_path) == 0
    later = time.time() + 5
    os.utime(source, (later, later))
    assert compile_translations(tmp_path) == 1


def test_the_mark_of_requirements_follows_their_content(tmp_path: Path) -> None:
    path = tmp_path / "requirements.txt"
    path.write_text("Django==5.2.19\n", encoding="ascii")
    before = digest(path)
    path.write_text("Django==5.2.20\n", encoding="ascii")
    assert digest(path) != before


def test_control_characters_do_not_reach_the_terminal() -> None:
    assert printable("a\x1b[31mb\x07\u202e\tc") == "a [31mb  \tc"


def test_a_command_s_name_cannot_forge_its_parent() -> None:
    assert parent_of("12 (evil) S 1 (x) S 77 12 12") == 77
