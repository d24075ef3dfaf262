"""The command line and the settings file: what they take, what they refuse, and which of them wins."""

import re
from pathlib import Path

import pytest

from agents.posture_agent import __main__ as command
from agents.posture_agent import failures, options, settings, usage, words
from agents.posture_agent.failures import UsageError


def test_options_come_in_any_form_and_place() -> None:
    given = options.parse(["collect", "-H", "unix:///a", "--engine=unix:///b", "--interval=60", "--state", "/s"])
    assert (given.command, given.engine, given.interval, given.state) == (
        "collect",
        ["unix:///a", "unix:///b"],
        60,
        "/s",
    )
    assert (given.scans, given.help) == (None, False)
    move = options.parse(["move", "--ca-sha256", "ab", "--", "https://x"])
    assert (move.url, move.ca_sha256) == ("https://x", "ab")
    assert options.parse(["enrol", "u", "--key", "-"]).key == "-"


@pytest.mark.parametrize(
    "line",
    [
        "",
        "bogus",
        "send more",
        "move",
        "move a b",
        "send --bogus",
        "send --engin x",
        "send --interval",
        "send --interval 9",
        "send --interval 86401",
        "send --interval ten",
        "send --due=yes",
        "send --scans=",
        "collect --language de",
        "collect --key x",
        "send --wait 601",
        "send --spool-bytes 0",
    ],
)
def test_a_wrong_line_is_refused(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(line.split()) == failures.USAGE
    said = capsys.readouterr().err
    assert said.startswith("posture-agent: ")
    assert "--help" in said


@pytest.mark.parametrize("name", options.COMMANDS)
@pytest.mark.parametrize("language", words.LANGUAGES)
def test_help_names_every_option(name: str, language: str, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        assert command.main([name, "--help", "--language", language]) == failures.OK
    finally:
        words.speak("en")
    text = capsys.readouterr().out
    assert set(re.findall(r"(?m)^  .*?--([a-z0-9-]+)", text)) == set(options.options_of(name))
    assert max(map(len, text.splitlines())) < 140


def test_every_option_has_its_words() -> None:
    assert usage.OPTION_WORDS.keys() == options.OPTIONS.keys()
    assert usage.COMMAND_WORDS.keys() == options.COMMANDS.keys()
    assert usage.PLACEHOLDERS.keys() == {name for name, kind in options.OPTIONS.items() if kind is not options.FLAG}
    assert set(options.SETTINGS) <= options.OPTIONS.keys()


def test_the_command_line_goes_before_the_file() -> None:
    found = settings.read("x", "# mine\n\ninterval = 600\nengine = unix:///a\n engine=unix:///b\nscans = /a = b\n")
    assert found == {"interval": ["600"], "engine": ["unix:///a", "unix:///b"], "scans": ["/a = b"]}
    given = options.parse(["collect", "--interval", "60"])
    settings.apply(given, found)
    assert (given.interval, given.engine, given.scans) == (60, ["unix:///a", "unix:///b"], "/a = b")
    status = options.parse(["forget", "x"])
    settings.apply(status, found)  # what a command does not take is no matter
    assert not hasattr(status, "interval")


@pytest.mark.parametrize(
    ("text", "words_of_it"),
    [
        ("engin = x\n", "x, line 1: there is no setting engin"),
        ("\ninterval =\n", "x, line 2: interval has no value"),
        ("interval = 60\ninterval = 61\n", "x, line 2: interval is set a second time"),
        ("key = secret\n", "x, line 1: there is no setting key"),
        ("nonsense\n", "x, line 1: there is no setting nonsense"),
        ("proxy http://mara:hunter2@proxy\n", "x, line 1: there is no setting proxy"),
        ("\x1b[31mred = x\n", "x, line 1: there is no setting [31mred"),
        ("= x\n", "x, line 1: there is no setting ="),
        ("\nspool-bytes = 64M\n", "x, line 2: spool-bytes: a limit is a whole number above zero"),
        ("interval = soon\n", "x, line 1: interval: an interval is a number of seconds from 10 to 86400"),
        ("language = de\n", "x, line 1: language: the agent speaks en, fr"),
        ("engine = unix:///a\nengine = foo\n", "x, line 2: engine: an engine is named unix:///PATH, "),
        ("proxy = ftp://mara:hunter2@proxy\n", "x, line 1: proxy: the proxy is named http://"),
    ],
)
def test_a_wrong_setting_is_named_with_its_line(text: str, words_of_it: str) -> None:
    with pytest.raises(UsageError, match=re.escape(words_of_it)):
        settings.read("x", text)


def test_a_wrong_value_in_the_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "conf"
    path.write_text("interval = soon\n")
    assert command.main(["send", "--config", str(path)]) == failures.USAGE
    assert command.main(["send", "--config", str(tmp_path / "none")]) == failures.USAGE
    assert command.main(["collect", "--engine", "foo", "--state", str(tmp_path)]) == failures.USAGE


@pytest.mark.parametrize("name", sorted(options.COMMANDS))
def test_every_command_says_what_is_wrong_in_the_file(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "conf"
    path.write_text("# mine\nspool-bytes = 64M\n")
    assert command.main([name, "--config", str(path)]) == failures.USAGE
    assert f"{path}, line 2: spool-bytes: " in capsys.readouterr().err


def test_the_file_chooses_the_language(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "conf"
    path.write_text("language = fr\n")
    try:
        assert command.main(["send", "--config", str(path), "--bogus"]) == failures.USAGE
    finally:
        words.speak("en")
    assert "send n’a pas d’option --bogus" in capsys.readouterr().err


def test_changing_a_file_keeps_its_other_lines() -> None:
    text = "# mine\nengine = unix:///a\nlanguage = fr\nengine = unix:///b\n"
    changed = settings.changed(text, {"engine": ["unix:///c"], "interval": ["60"]})
    assert changed == "# mine\nlanguage = fr\nengine = unix:///c\ninterval = 60\n"
    assert settings.changed(changed, {}) == changed
