"""The agent is one small file that runs on every Python from 3.7 on and needs nothing else."""

import ast
import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from agents.build import SOURCES, build

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


def test_equal_sources_give_equal_bytes(tmp_path: Path) -> None:
    first, second = tmp_path / "a" / "agent.pyz", tmp_path / "b" / "agent.pyz"
    assert build(first) == build(second) == hashlib.sha256(second.read_bytes()).hexdigest()
    assert first.stat().st_size <= LIMIT
    assert first.stat().st_mode & 0o777 == 0o755


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
    build(agent)
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
    build(agent)
    done = subprocess.run([sys.executable, str(agent), "--version"], capture_output=True, timeout=60)
    assert done.stdout.decode().strip().count(".") == 2
