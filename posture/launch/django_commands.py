"""Runs several management commands one after the other in one process: each start of Django costs a second.

`python -m posture.launch.django_commands "migrate --no-input" assign_rulesets`
"""

import os
import shlex
import sys

import django
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command

# Before the output of each command comes a line with this sign (record separator) and the command's name.
SEPARATOR = "\x1e"


def main(lines: list[str]) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "posture.settings")
    try:
        django.setup()
    except ImproperlyConfigured as error:
        sys.exit(str(error))  # what the operator gave is wrong, such as a rule of the site: no trace says it better
    for line in lines:
        name, *words = shlex.split(line)
        print(f"{SEPARATOR}{name}", flush=True)
        call_command(name, *words)


if __name__ == "__main__":
    main(sys.argv[1:])
