"""The agent is one small file that runs on every Python from 3.7 on and needs nothing else."""

import ast
import hashlib
import json
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from agents.build import SOURCES, build
from agents.stripping import stripped
from agents.tests.built import built, write_agent

LIMIT = 120 * 1024
MODULES = sorted(SOURCES.rglob("*.py"))


@pytest.mark.parametrize("source", MODULES, ids=lambda path: path.relative_to(SOURCES).as_posix())
def test_every_module_is_python_3_7(source: Path) -> None:
    tree = ast.parse(source.read_text(), feature_version=(3, 7))
    assert ast.get_docstring(tree), "a module says what it is"


@pytest.mark.parametrize("source", MODULES, ids=lambda path: path.relative_to(SOURCES).as_posix())
def test_only_the_standard_library_is_imported(source: Path) -> None:
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Import):
            assert {alias.name.split(".")[0] for alias in node.names} <= sys.stdlib_module_names
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            assert (node.module or "").split(".")[0] in sys.stdlib_module_names


def test_a_traceback_names_and_shows_the_lines_of_the_repository(tmp_path: Path) -> None:
    write_agent(tmp_path / "agent.pyz")
    words = "import runpy, sys, traceback; sys.argv[1:] = ['--version']\n"
    words += "try: runpy.run_path('agent.pyz', run_name='__main__')\nexcept SystemExit: pass\n"
    words += "from posture_agent.clock import day_number\n"
    words += "try: day_number(2026, 13, 1)\nexcept ValueError: traceback.print_exc()\n"
    done = subprocess.run([sys.executable, "-c", words], cwd=tmp_path, capture_output=True, text=True, check=True)
    place = re.search(r'File ".*agent.pyz/posture_agent/clock.py", line (\d+)', done.stderr)
    assert place is not None
    line = (SOURCES / "clock.py").read_text().splitlines()[int(place.group(1)) - 1]
    assert line.strip().startswith("raise ValueError")
    assert f"    {line.strip()}\n" in done.stderr


def test_every_file_is_in_the_archive(tmp_path: Path) -> None:
    write_agent(tmp_path / "agent.pyz")
    with zipfile.ZipFile(tmp_path / "agent.pyz") as archive:
        assert archive.namelist() == ["__main__.py", "modules.txt"]
        text = archive.read("modules.txt").decode()
    wanted = [path for path in SOURCES.rglob("*") if path.suffix not in ("", ".pyc")]
    names = re.findall(r"^==> posture_agent/(.*) <==$", text, re.MULTILINE)
    assert names == sorted(path.relative_to(SOURCES).as_posix() for path in wanted)
    unit = SOURCES / "systemd" / "posture-agent.timer"
    assert text.endswith(unit.read_text()) or f"\n{unit.read_text()}\n==> " in text


SOURCE = '''"""A module."""

import os  # of the system

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any  # never run


class Empty:
    """Says
    nothing."""


def one(a: int) -> str:
    """A docstring
    of two lines."""
    # a comment
    return "# no comment" + """no
    docstring"""  # but this is
'''
STRIPPED = '''

import os

TYPE_CHECKING = False




class Empty:
    pass



def one(a: int) -> str:



    return "# no comment" + """no
    docstring"""
'''


def test_stripping_takes_words_and_moves_no_line() -> None:
    assert stripped(SOURCE) == STRIPPED
    assert stripped(STRIPPED) == STRIPPED
    for number, line in enumerate(STRIPPED.splitlines()):
        assert SOURCE.splitlines()[number].startswith(line) or line == "    pass"


@pytest.mark.parametrize("source", ["if TYPE_CHECKING:\n    x = 1\nelse:\n    x = 2\n", "def f(): 'x'\n"])
def test_stripping_never_changes_what_is_done(source: str) -> None:
    try:
        text = stripped(source)
    except (ValueError, SyntaxError):
        return
    assert compile(text, "x", "exec").co_code == compile(source, "x", "exec").co_code


def test_equal_sources_give_equal_bytes(tmp_path: Path) -> None:
    target = tmp_path / "a" / "agent.pyz"
    assert build(target) == hashlib.sha256(target.read_bytes()).hexdigest()
    assert target.read_bytes() == built(), "it was built before, elsewhere"
    assert target.stat().st_size <= LIMIT
    assert target.stat().st_mode & 0o777 == 0o755


def interpreter(minor: int) -> str | None:
    """A Python of that version: on the path, or one of those that pyenv keeps."""
    program = shutil.which(f"python3.{minor}")
    if program is not None and not subprocess.run([program, "-V"], capture_output=True).returncode:
        return program
    if shutil.which("pyenv") is None:
        return None
    done = subprocess.run(["pyenv", "prefix", f"3.{minor}"], capture_output=True, text=True)
    return None if done.returncode else f"{done.stdout.strip()}/bin/python3"


@pytest.mark.parametrize("minor", range(7, 14))
def test_it_runs_on_this_python(minor: int, tmp_path: Path) -> None:
    program = interpreter(minor)
    if program is None:
        pytest.skip(f"Python 3.{minor} is not installed here")
    agent = tmp_path / "agent.pyz"
    write_agent(agent)
    done = subprocess.run(
        [
            program,
            "-W",
            "error",
            str(agent),
            "collect",
            "--state",
            str(tmp_path / "state"),
            "-H",
            f"unix://{tmp_path}/none",
        ],
        capture_output=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr.decode()
    assert json.loads(done.stdout)["agent"]["Python"].startswith(f"3.{minor}.")


def test_the_version_is_printed(tmp_path: Path) -> None:
    agent = tmp_path / "agent.pyz"
    write_agent(agent)
    done = subprocess.run([sys.executable, str(agent), "--version"], capture_output=True, timeout=60)
    assert done.stdout.decode().strip().count(".") == 2
