#!/usr/bin/env python3
"""Django's command line for Posture."""

import os
import secrets
import sys

from django.core.management import execute_from_command_line

ALONE = (
    "assess",
    "export_rules",
    "export_protocol",
)  # keep nothing and sign nothing: they need no secret of the server

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "posture.settings")
    # A command's name may be written with hyphens: try-rule is try_rule.
    words = [word.replace("-", "_") for word in sys.argv[1:2]]
    if words and words[0] in ALONE:
        os.environ.pop("POSTURE_SECRET_KEY_FILE", None)  # of the server's account, which may not be ours
        os.environ["POSTURE_SECRET_KEY"] = secrets.token_urlsafe(32)
    execute_from_command_line([*sys.argv[:1], *words, *sys.argv[2:]])
