"""The body of a call, read within limits."""

from django.http import HttpRequest, UnreadablePostError
from rest_framework.exceptions import APIException

from posture.fleet.services.delivery import expand
from posture.fleet.services.refusals import TooLarge

SMALL = 16 * 1024


class LengthMissing(APIException):
    status_code = 411
    default_detail = "Say the length of the body."


class WrongMedia(APIException):
    status_code = 415
    default_detail = "Send application/json, as it is or with Content-Encoding: gzip."


def read_body(request: HttpRequest, *, compressed: int = SMALL, expanded: int = SMALL) -> bytes:
    """The expanded body, within limits in bytes; raises TooLarge, WrongShape, LengthMissing, WrongMedia."""
    body, zipped = read_sent(request, compressed=compressed, expanded=expanded)
    return expand(body=body, limit=expanded) if zipped else body


def read_sent(request: HttpRequest, *, compressed: int, expanded: int) -> tuple[bytes, bool]:
    """The body as it was sent, and whether it is compressed; its length is checked before it is read."""
    if request.headers.get("Content-Type", "").partition(";")[0].strip().lower() != "application/json":
        raise WrongMedia
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in {"gzip", "identity", ""}:
        raise WrongMedia
    length = request.META.get("CONTENT_LENGTH") or ""
    if not length.isdigit() or len(length) > 18:
        raise LengthMissing
    limit = compressed if encoding == "gzip" else expanded
    if int(length) > limit:
        raise TooLarge(f"The body is larger than {limit} bytes.")
    body = request.read(int(length))
    if len(body) < int(length):  # what is missing is no forgery
        raise UnreadablePostError
    return body, encoding == "gzip"
