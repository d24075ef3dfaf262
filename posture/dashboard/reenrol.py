"""The command that enrols a machine again where the agent is installed already."""

import shlex

from django.conf import settings


def command_again(*, secret: str, authority: str) -> str:
    """A shell text; ``authority``: SHA-256 of our own certificate authority, "" where there is none."""
    pin = f" --ca-sha256 {authority}" if authority else ""
    enrol = f"sudo posture-agent enrol {shlex.quote(settings.PUBLIC_URL)} --key - --again{pin}"
    return f"printf %s {shlex.quote(secret)} | {enrol} &&\nsudo posture-agent send"
