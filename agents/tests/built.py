"""The agent as it is built today. Building takes a second; one process of the tests does it once."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from agents.build import build


def write_agent(target: Path) -> None:
    """Write the agent's one file to ``target`` as ``build`` does, with its mode."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(built())
    target.chmod(0o755)


@cache
def built() -> bytes:
    """What is in that file."""
    with TemporaryDirectory() as folder:
        target = Path(folder, "agent.pyz")
        build(target)
        return target.read_bytes()
