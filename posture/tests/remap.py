"""The account of `userns-remap=default`, which dockerd wants on the machine."""

import subprocess
from pathlib import Path

REMAPPED = "dockremap"


def add_remap_account() -> None:
    """The account whose subordinate ids an engine with remapped users takes; it stays, and does no harm."""
    subprocess.run(["useradd", "--system", "--no-create-home", REMAPPED], check=False, capture_output=True)
    for path in (Path("/etc/subuid"), Path("/etc/subgid")):
        present = path.read_text().splitlines() if path.exists() else []
        if not any(line.startswith(f"{REMAPPED}:") for line in present):
            with path.open("a") as file:
                file.write(f"{REMAPPED}:200000:65536\n")
