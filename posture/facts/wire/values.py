"""The values of the wire: texts, numbers, digests and moments, each with its bounds."""

from typing import Annotated

from msgspec import Meta

Text = Annotated[str, Meta(max_length=4096)]
Short = Annotated[str, Meta(max_length=256)]
# The lengths are said as well: a pattern's $ lets a line break follow.
Digest = Annotated[str, Meta(pattern=r"^sha256:[0-9a-f]{64}$", max_length=71)]
Link = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$", max_length=64)]  # see posture/facts/chain.py
Identifier = Annotated[str, Meta(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", max_length=36)]
Moment = Annotated[str, Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$", max_length=27)]
Natural = Annotated[int, Meta(ge=0, le=2**63 - 1)]
Integer = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
FileMode = Annotated[int, Meta(ge=0, le=0o7777)]
Texts = Annotated[list[Text], Meta(max_length=4096)]
TextMap = Annotated[dict[Short, Text], Meta(max_length=512)]
