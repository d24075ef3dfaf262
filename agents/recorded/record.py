"""Records an engine's answers: ``python -m agents.recorded.record unix:///PATH [--rename FROM=TO …] [--label WORD]``.

The answers go into a folder named after engine and version, "swarm" for a manager, and the label. Names of the machine
and of its places are replaced, so that a recording tells nothing about where it was made; record an engine made for the
purpose, never a real host's.
"""

import argparse
import json
import re
from pathlib import Path
from typing import Any

from agents.posture_agent.collectors import info
from agents.posture_agent.engine_api import EngineClient, EngineError

FOLDER = Path(__file__).resolve().parent


def recorded(api: EngineClient) -> dict[str, Any]:
    """Every answer the collectors ask for, by the name of its file."""
    answers: dict[str, Any] = {"version": api.version(), "info": api.info(), "networks": api.networks()}
    answers["volumes"] = api.volumes()
    answers["containers"] = listed = api.containers(all=True)
    for entry in listed:
        inspected = api.inspect_container(entry["Id"])
        answers["container-" + inspected["Name"].lstrip("/")] = inspected
        for number, identifier in enumerate(inspected["ExecIDs"] or []):
            answers[f"exec-{inspected['Name'].lstrip('/')}-{number}"] = api.exec_inspect(identifier)
    answers["images"] = images = api.images()
    for number, entry in enumerate(sorted(images, key=lambda image: str(image["RepoTags"]))):
        answers[f"image-{number}"] = api.inspect_image(entry["Id"])
        answers[f"history-{number}"] = api.history(entry["Id"])
    try:
        answers.update(swarm=api.inspect_swarm(), nodes=api.nodes(), services=api.services(), secrets=api.secrets())
    except EngineError:
        pass  # no manager of a swarm: it has no such answer
    return answers


def scrubbed(text: str, hostname: str, renamed: dict[str, str]) -> str:
    """A recording without the names of the machine it was made on."""
    for before, after in renamed.items():
        text = text.replace(before, after)
    text = re.sub(rf'"(HOSTNAME=)?{re.escape(hostname)}"', r'"\1host"', text)
    text = re.sub(r"SWMTKN-1-[0-9a-z-]+", "SWMTKN-1-removed", text)
    text = re.sub(r'"ID": "(?:[A-Z0-9]{4}:){11}[A-Z0-9]{4}"', '"ID": ""', text)
    return re.sub(r"\b02:42(?::[0-9a-f]{2}){4}\b", "02:42:ac:11:00:02", text)


def main() -> None:
    """Record one engine."""
    parser = argparse.ArgumentParser(description="Record the answers of a container engine.")
    parser.add_argument("endpoint")
    parser.add_argument("--rename", action="append", default=[], metavar="FROM=TO")
    parser.add_argument("--label", metavar="WORD", help="what sets this engine apart from others of its version")
    options = parser.parse_args()
    api = EngineClient(options.endpoint)
    answers = recorded(api)
    kind = "podman" if info.is_podman(answers["version"]) else "docker"
    number = answers["version"]["Version"].split("+")[0]
    target = FOLDER / "-".join(filter(None, (kind, number, "swarm" if "swarm" in answers else "", options.label)))
    target.mkdir(exist_ok=True)
    for name, answer in answers.items():
        text = json.dumps(answer, indent=1, sort_keys=True) + "\n"
        renamed = dict(pair.split("=", 1) for pair in options.rename)
        (target / f"{name}.json").write_text(scrubbed(text, answers["info"]["Name"], renamed))
    print(f"{len(answers)} answers in {target}")


if __name__ == "__main__":
    main()
