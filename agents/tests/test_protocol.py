"""The published schema is the one the server validates with."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator, ValidationError  # type: ignore[import-untyped]  # it ships no types

from posture.ingest.management.commands.export_protocol import TARGET, schema_text


def test_the_schema_file_is_current() -> None:
    assert Path(TARGET).read_text(encoding="utf-8") == schema_text(), "run manage.py export_protocol"


def test_the_schema_refuses_what_is_no_snapshot() -> None:
    schema = json.loads(schema_text())
    Draft202012Validator.check_schema(schema)
    with pytest.raises(ValidationError):
        Draft202012Validator(schema).validate({"protocol": 1})
