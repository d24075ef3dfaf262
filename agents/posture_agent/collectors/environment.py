"""Settings of Docker's client that hold for every account, from the places that set environments."""

from __future__ import annotations

import re

from ..hostfiles import HostFiles

NAMES = ("DOCKER_CONTENT_TRUST",)
TRUE = ("1", "t", "true")  # as Docker's client reads it
FILES = ("/etc/environment", "/etc/profile", "/etc/bash.bashrc", "/etc/bashrc")
LINE = re.compile(r"""^\s*(?:export\s+|setenv\s+)?([A-Z_]+)[=\s]\s*["']?([\w.:/-]{0,64})["']?\s*(?:;|#|$)""")


def collect(files: HostFiles) -> dict[str, str]:
    """The listed variables and their values where a file sets them for everybody; empty when none does."""
    paths = list(FILES)
    try:
        paths[1:1] = ["/etc/profile.d/" + name for name in files.names("/etc/profile.d") if name.endswith(".sh")]
    except FileNotFoundError:
        pass  # no such directory: nothing is set there
    found: dict[str, str] = {}
    for path in paths:
        try:
            lines = files.text(path).splitlines()
        except FileNotFoundError:
            continue
        for line in lines:
            match = LINE.match(line)
            if match is not None and match.group(1) in NAMES:
                name, value = match.groups()
                # Which file a shell reads last depends on how it was started: what switches off anywhere counts.
                found[name] = value if value.lower() not in TRUE else found.get(name, value)
    return found
