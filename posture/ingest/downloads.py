"""Downloads for hosts to be added: the agent, its checksum, and the certificate authority of this server."""

import hashlib
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from posture.ingest.problems import problem

NAME = "posture-agent.pyz"


@lru_cache(maxsize=4)
def digest_of(path: Path, changed: int) -> str:
    """SHA-256 of a file in hexadecimal; ``changed`` (nanoseconds) makes a new file a new question."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


@require_safe
def agent(request: HttpRequest) -> HttpResponseBase:
    """The agent, one file."""
    try:
        file = settings.AGENT_FILE.open("rb")
    except OSError:
        return missing("This server has no agent to offer; its administrator builds it with bin/up.")
    return FileResponse(file, as_attachment=True, filename=NAME, content_type="application/zip")


@require_safe
def agent_digest(request: HttpRequest) -> HttpResponse:
    """The agent's checksum, as sha256sum -c reads it."""
    try:
        digest = digest_of(settings.AGENT_FILE, settings.AGENT_FILE.stat().st_mtime_ns)
    except OSError:
        return missing("This server has no agent to offer; its administrator builds it with bin/up.")
    return HttpResponse(f"{digest}  {NAME}\n", content_type="text/plain; charset=utf-8")


@require_safe
def authority(request: HttpRequest) -> HttpResponse:
    """The certificate authority, where this server made its own."""
    try:
        text = Path(settings.CA_FILE).read_bytes() if settings.CA_FILE else b""
    except OSError:
        text = b""
    if not text:
        return missing("This server has no certificate authority of its own.")
    return HttpResponse(text, content_type="application/x-pem-file")


def missing(detail: str) -> HttpResponse:
    return problem(404, "not-found", "There is nothing here", detail)
