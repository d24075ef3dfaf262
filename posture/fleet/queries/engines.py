"""Engines of a host, readable or not."""

import uuid

from posture.fleet.models import Engine


def list_engines(*, host: uuid.UUID) -> list[Engine]:
    """The engines of a host by key; ``problem`` says what could not be read and how to grant it."""
    return list(Engine.objects.filter(host=host).order_by("key"))
