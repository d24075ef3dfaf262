"""Linux 3.10, which boards of 2015 still run: what it cannot do changes no fact that it can tell."""

import os
import platform
import sys

import pytest

from agents.tests.machines.interpreters import Interpreter, installed
from agents.tests.machines.likeness import Collect, pair
from agents.tests.machines.old_kernel import LAUNCHER
from posture.tests.requirements import require

NEWER = """
import errno, os
for call in (lambda: os.getrandom(1), lambda: os.memfd_create("x"), lambda: os.copy_file_range(0, 1, 1)):
    try:
        call()
    except OSError as error:
        print(errno.errorcode[error.errno])
"""


@pytest.fixture(autouse=True)
def _x86() -> None:
    require("an x86-64 processor", platform.machine() == "x86_64")


def test_the_kernel_is_really_old() -> None:
    assert Interpreter((sys.executable,)).under(*LAUNCHER).output("-c", NEWER).split() == ["ENOSYS"] * 3
    assert os.getrandom(1)


@pytest.mark.engine
@pytest.mark.parametrize("minor", [7, 13])
def test_facts_are_the_same(minor: int, collect: Collect) -> None:
    found = pair(collect, installed(minor).under(*LAUNCHER), "old kernel")
    assert found.differences() == []
