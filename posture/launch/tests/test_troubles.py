"""Each thing that stands in the way gets one clear sentence."""

import errno
import os
import socket
from pathlib import Path

import pytest

from posture.launch import lock
from posture.launch.account import own_account
from posture.launch.child import Command
from posture.launch.console import Console
from posture.launch.disk import require_room
from posture.launch.engine import trouble_with_engine
from posture.launch.given import require_database, require_redis
from posture.launch.places import require_own
from posture.launch.port import free_port, require_free
from posture.launch.supervisor import Supervisor
from posture.launch.trouble import Trouble, in_words
from posture.tests.requirements import require


def test_a_taken_port_names_who_has_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Trouble, match=rf"Port {port} is taken by \S+ \(process {os.getpid()}\).*--port"):
            require_free("127.0.0.1", port)


def test_a_foreign_address_is_named() -> None:
    with pytest.raises(Trouble, match=r"192\.0\.2\.1 is not an address of this machine"):
        require_free("192.0.2.1", free_port())


def test_a_disk_without_room_says_how_much_is_wanted(tmp_path: Path) -> None:
    with pytest.raises(Trouble, match="MiB free and Posture wants"):
        require_room(tmp_path / "var", needed=1 << 60)
    require_room(tmp_path / "var", needed=1)


def test_a_disk_that_fills_up_is_understood_from_a_command_s_words(tmp_path: Path) -> None:
    command = Command(
        "writer", ["sh", "-c", "cat /proc/version > /dev/full"], own_account(), {"PATH": os.environ["PATH"]}, tmp_path
    )
    with Supervisor(Console()) as supervisor, pytest.raises(Trouble, match="The disk is full"):
        supervisor.run(command)


def test_a_disk_that_fills_up_is_understood_from_the_system_s_error() -> None:
    with pytest.raises(OSError, match="No space left") as caught, Path("/dev/full").open("wb", buffering=0) as full:
        full.write(b"x")
    assert caught.value.errno == errno.ENOSPC
    assert in_words(caught.value).startswith("The disk is full")


def test_a_second_start_names_the_first(tmp_path: Path) -> None:
    path = tmp_path / "up.lock"
    held = lock.take(path)
    lock.note(held, "process 17, http://127.0.0.1:8000")
    with pytest.raises(Trouble, match=r"already runs here \(process 17, http://127.0.0.1:8000\)"):
        lock.take(path)
    assert lock.is_held(path)
    os.close(held)
    assert not lock.is_held(path)


def test_a_database_out_of_reach_is_named_without_its_password() -> None:
    url = f"postgres://someone:hush-hush@127.0.0.1:{free_port()}/posture"
    with pytest.raises(Trouble, match=r"DATABASE_URL \(127.0.0.1:\d+/posture\) cannot be used") as caught:
        require_database(url)
    assert "hush-hush" not in str(caught.value)


def test_a_broker_out_of_reach_is_named_without_its_password() -> None:
    with pytest.raises(Trouble, match=r"REDIS_URL \(127.0.0.1:\d+/0\) cannot be used") as caught:
        require_redis(f"redis://:hush-hush@127.0.0.1:{free_port()}/0")
    assert "hush-hush" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["sqlite:///x", "postgres://u:hush-hush@h:port/x", "postgres://u:hush-hush@h/x?nonsense=1"]
)
def test_what_is_no_address_of_a_database_is_said_without_its_password(url: str) -> None:
    with pytest.raises(Trouble, match="DATABASE_URL") as caught:
        require_database(url)
    assert "hush-hush" not in str(caught.value)


def test_data_of_another_user_is_left_alone(tmp_path: Path) -> None:
    require("a directory of another user", Path("/proc/1").stat().st_uid != os.geteuid() or os.geteuid() == 0)
    var = tmp_path / "var"
    var.mkdir()
    if os.geteuid() == 0:
        os.chown(var, 12345, 12345)
    else:
        var = Path("/proc/1")
    with pytest.raises(Trouble, match=r"belongs to .*: start as .*, or keep the data elsewhere"):
        require_own(var)


def test_an_absent_engine_is_said_and_a_present_one_is_not(tmp_path: Path) -> None:
    path = tmp_path / "docker.sock"
    environment = {"DOCKER_HOST": f"unix://{path}"}
    assert "No container engine answers" in str(trouble_with_engine(environment))
    with socket.socket(socket.AF_UNIX) as engine:
        engine.bind(str(path))
        engine.listen()
        assert trouble_with_engine(environment) is None


def test_an_engine_out_of_reach_says_how_to_grant(tmp_path: Path) -> None:
    path = tmp_path / "docker.sock"
    with socket.socket(socket.AF_UNIX) as engine:
        engine.bind(str(path))  # nobody listens: refused, as an engine's socket is to a stranger
        sentence = trouble_with_engine({"DOCKER_HOST": f"unix://{path}", "USER": "alice"})
    assert sentence is not None
    assert "usermod -aG docker alice" in sentence
