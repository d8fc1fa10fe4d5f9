"""config.example.yaml is true: it loads, shows the defaults, and names every key there is."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from typing import Any

from sms_notify import config
from sms_notify.config import Holidays

from .given import ROOT

EXAMPLE = ROOT / "config.example.yaml"


def keys(schema: dict[str, Any]) -> Iterator[str]:
    """`BLOCK.KEY` of every key that a file may hold."""
    for block, described in [("File", schema), *schema["$defs"].items()]:
        yield from (f"{block}.{key}" for key in described["properties"])


def test_the_example_has_no_problem_and_lacks_nothing_but_its_secrets() -> None:
    made = config.load(EXAMPLE, environ={}, secrets=False)
    assert [re.sub(r".*: (\S+): there is no file.*", r"\1", told) for told in made.warnings] == [
        "server.tokens[0].token_file",
        "gateways[0].password_file",
    ]
    assert made.start_problems() == ()


def test_every_key_is_in_the_example_or_the_readme() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    readme = ROOT / "README.md"
    text += readme.read_text(encoding="utf-8") if readme.exists() else ""
    written = set(re.findall(r"([a-z_]+):", text))
    every = set(keys(config.json_schema()))
    assert len(every) > 50
    assert {key for key in every if key.split(".")[1] not in written} == set()


def test_what_the_example_shows_of_optional_blocks_is_the_default() -> None:
    example = config.load(EXAMPLE, environ={}, secrets=False)
    sample = config.parse(config.sample_yaml(), environ={})
    for block in ("delivery", "incidents", "retention"):
        assert getattr(example, block) == getattr(sample, block)
    # limits for everybody together are nobody's default
    assert dataclasses.replace(example.throttle, total=(), month=None) == sample.throttle
    assert example.site.holidays == Holidays("CN")
    assert dataclasses.replace(example.site, signature="", holidays=Holidays()) == sample.site
    assert (example.server.host, example.server.port) == (sample.server.host, sample.server.port)
    assert example.route.repeat_interval == sample.route.repeat_interval
    kept = ("charset", "connect_timeout", "read_timeout", "signature_by", "proxy")
    for key in kept:
        assert getattr(example.gateways[0], key) == getattr(sample.gateways[0], key)


def test_the_json_schema_speaks_as_the_file_does() -> None:
    schema = config.json_schema()
    assert schema["additionalProperties"] is False
    assert set(schema["required"]) == {"store", "gateways", "people", "receivers", "route"}
    assert "global" in schema["properties"]
    assert "continue" in schema["$defs"]["RouteBlock"]["properties"]
    assert schema["$defs"]["DeliveryBlock"]["properties"]["expires"]["default"] == "2h"
