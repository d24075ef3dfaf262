"""`bin/manage COMMAND …`: Django's management commands with the settings and the account of the running product."""

import os
import sys
from pathlib import Path

from posture.launch import environment, lock
from posture.launch.account import server_account
from posture.launch.console import Console
from posture.launch.places import CHECKOUT, Places
from posture.launch.postgres import PROGRAMS
from posture.launch.trouble import Trouble, in_words


def main(words: list[str]) -> int:
    """Become the management command; returns only when that was not possible."""
    var = Path(os.environ.get("POSTURE_VAR") or CHECKOUT / "var").absolute()
    return become(Places(var), words)


def become(places: Places, words: list[str]) -> int:
    """Replace this process by a management command of what runs from these places."""
    try:
        if not lock.is_held(places.lock):
            raise Trouble(f"Posture does not run from {places.var}: start bin/up first, or say POSTURE_VAR=DIRECTORY.")
        account = server_account(CHECKOUT, places.var, PROGRAMS)
        command = account.command([sys.executable, str(CHECKOUT / "manage.py"), *words])
        os.execvpe(command[0], command, environment.load(places.environment))  # noqa: S606 - no shell reads the words
    except Trouble as trouble:
        Console(sys.stderr).trouble(str(trouble), [])
    except OSError as error:
        Console(sys.stderr).trouble(in_words(error), [])
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
