"""Collects from an engine on a full disk, in a mount namespace: python -m agents.tests.brim_engine DIR URL ENDPOINT.

What is new to the agent there: the engine, its images, and a place where engines are found. Prints as JSON the exit
statuses, the last contact, and in how many seconds a collection is due.
"""

import json
import subprocess
import sys
from pathlib import Path

from agents.posture_agent import __main__ as command
from agents.posture_agent import contact, due
from agents.posture_agent.state import State
from agents.tests.brim import fill


def main(folder: Path, url: str, endpoint: str) -> None:
    """Enrol, send without the engine, fill the disk, send with it."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k,mode=700", "tmpfs", str(folder)], check=True)
    state = State(str(folder / "state"))
    words = ["send", "--state", state.folder, "-H"]
    statuses = [command.main(["enrol", url, "--key", "k", "--state", state.folder])]
    statuses.append(command.main([*words, f"unix://{folder}/none.sock"]))
    Path(state.path("contents.json")).write_text('{"form": 2, "images": {"sha256:gone": {}}}')
    state.remember(["unix:///run/docker.sock"])
    command.main([*words, f"unix://{folder}/none.sock"])
    due.plan(state.path("schedule.json"), -1.0)
    fill(folder / "filler")
    statuses += [command.main([*words, endpoint]) for _ in range(2)]
    found = state.remember(["unix:///run/docker.sock", "unix:///run/podman/podman.sock"])
    told = {"contact": contact.last(state.folder), "due": due.left(state.path("schedule.json"))["collect"]}
    print(json.dumps({"statuses": statuses, "found": found, **told}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
