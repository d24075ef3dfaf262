"""What the engine's volumes mount: most have a folder of the engine's own, some a path of the host."""

from __future__ import annotations

from ..engine_api import EngineError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Volumes:
    """The volumes of one engine, read when the first of them is asked for."""

    def __init__(self, api: Any) -> None:
        self.api = api
        self.devices: dict[str, str] | None = None

    def device(self, name: str) -> str:
        """The host path that a volume is made to mount (``--opt device=/path``), else empty. Raises EngineError."""
        if self.devices is None:
            self.devices = devices_of(self.api)
        return self.devices.get(name, "")


def devices_of(api: Any) -> dict[str, str]:
    """Paths of the host that volumes mount, by volume. Engines before 1.9 know no volumes by name."""
    try:
        listed = (api.volumes() or {}).get("Volumes") or []
    except EngineError as error:
        if error.status_code == 404:
            return {}
        raise
    options = {item["Name"]: item.get("Options") or {} for item in listed}
    return {name: found["device"] for name, found in options.items() if str(found.get("device", "")).startswith("/")}
