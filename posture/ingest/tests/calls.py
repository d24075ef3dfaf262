"""Calls as an agent makes them."""

import base64
import gzip
import json
from collections.abc import Mapping
from typing import Any

import msgspec
from django.http import HttpResponse
from django.test import Client

from posture.fleet.services.credentials import mac_of
from posture.fleet.tests.cast import Machine

SNAPSHOTS = "/api/v1/agent/snapshots"
CHECK_IN = "/api/v1/agent/check-in"
ENROL = "/api/v1/agent/enrol"
PASSAGES = "/api/v1/agent/passages"
HELLO = "/api/v1/agent/hello"
ROTATE = "/api/v1/agent/rotate"


def call(
    address: str,
    body: bytes | object,
    *,
    of: Machine | None = None,
    token: str | None = None,
    zipped: bool = False,
    method: str = "post",
    content_type: str = "application/json",
    more: Mapping[str, str] | None = None,
) -> HttpResponse:
    """POST a body: bytes as they are, anything else as JSON; ``of``: whose token and key. ``more``: further headers."""
    headers = dict(more or {})
    data = body if isinstance(body, bytes) else msgspec.json.encode(body)
    if zipped:
        data = gzip.compress(data)
        headers["Content-Encoding"] = "gzip"
    if of is not None:
        token = of.token
        headers["Posture-Mac"] = mac_of(key=base64.b64decode(of.key), path=address, body=data)
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    client = Client(raise_request_exception=False)
    answer = client.generic(method.upper(), address, data, content_type=content_type, headers=headers)
    assert isinstance(answer, HttpResponse)
    return answer


def problem_of(answer: HttpResponse) -> dict[str, Any]:
    """The problem an answer tells; it must be one."""
    assert answer["Content-Type"] == "application/problem+json", answer.content
    told: dict[str, Any] = json.loads(answer.content)
    assert {"type", "title", "status", "detail"} <= set(told)
    assert told["status"] == answer.status_code
    return told
