"""Answers that say what went wrong, as problem details (RFC 9457)."""

import msgspec
from django.http import HttpResponse

CONTENT_TYPE = "application/problem+json"


def problem(
    status: int, name: str, title: str, detail: str, *, field: str = "", retry_after: int | None = None, **more: object
) -> HttpResponse:
    """One problem. ``name`` is the last part of its type; ``retry_after`` in seconds."""
    body: dict[str, object] = {"type": f"/problems/{name}", "title": title, "status": status, "detail": detail, **more}
    if field:
        body["field"] = field
    answer = HttpResponse(msgspec.json.encode(body), status=status, content_type=CONTENT_TYPE)
    answer["X-Content-Type-Options"] = "nosniff"
    if retry_after is not None:
        answer["Retry-After"] = str(retry_after)
    return answer
