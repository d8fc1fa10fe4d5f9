"""The JSON Schema of the file, for editors that complete and check YAML."""

from __future__ import annotations

from typing import Any

from sms_notify.config.written import File


def json_schema() -> dict[str, Any]:
    """What a file may hold."""
    return File.model_json_schema(by_alias=True)
