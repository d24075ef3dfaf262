#!/usr/bin/env python3
"""Django's command line for Posture."""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "posture.settings")
    # A command's name may be written with hyphens: try-rule is try_rule.
    execute_from_command_line([*sys.argv[:1], *(word.replace("-", "_") for word in sys.argv[1:2]), *sys.argv[2:]])
