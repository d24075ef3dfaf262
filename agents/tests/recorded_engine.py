"""Stands for an engine by its recorded answers (agents/recorded), under the method names of docker.APIClient."""

import json
from pathlib import Path
from typing import Any

from agents.posture_agent.engine_api import EngineError

FOLDER = Path("agents/recorded")
ENGINES = sorted(path.name for path in FOLDER.iterdir() if (path / "version.json").exists())


class RecordedEngine:
    """One recorded engine."""

    def __init__(self, name: str) -> None:
        self.answers = {path.stem: json.loads(path.read_text()) for path in (FOLDER / name).glob("*.json")}

    def version(self) -> Any:
        return self.answers["version"]

    def info(self) -> Any:
        return self.answers["info"]

    def networks(self) -> Any:
        return self.answers["networks"]

    def containers(self, all: bool = False) -> Any:
        return self.answers["containers"]

    def images(self) -> Any:
        return self.answers["images"]

    def inspect_container(self, container: str) -> Any:
        return self.find("container-", "Id", container)

    def exec_inspect(self, exec_id: str) -> Any:
        return self.find("exec-", "ID", exec_id)

    def inspect_image(self, image: str) -> Any:
        return self.find("image-", "Id", image)

    def history(self, image: str) -> Any:
        name = next(key for key, value in self.answers.items() if key.startswith("image-") and value["Id"] == image)
        return self.answers[name.replace("image-", "history-")]

    def volumes(self) -> Any:
        if "volumes" not in self.answers:
            raise EngineError("absent", "not recorded", 404)
        return self.answers["volumes"]

    def inspect_swarm(self) -> Any:
        return self.answers["swarm"]

    def nodes(self) -> Any:
        return self.answers["nodes"]

    def services(self) -> Any:
        return self.answers["services"]

    def secrets(self) -> Any:
        return self.answers["secrets"]

    def peer_pid(self) -> None:
        return None

    def find(self, prefix: str, key: str, wanted: str) -> Any:
        """The recorded object with that id; what was not recorded is not known to the engine."""
        for name, value in self.answers.items():
            if name.startswith(prefix) and value[key] == wanted:
                return value
        raise EngineError("absent", "not recorded", 404)
