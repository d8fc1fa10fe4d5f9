"""docs/configuration.md names every key of the configuration, its default, and no other key."""

from __future__ import annotations

import re

from tests.docs import known
from tests.docs.markdown import document
from tests.house import nothing

PAGE = document("docs/configuration.md")
TABLES = [words for depth, words in PAGE.headings if depth == 2]


def documented() -> dict[str, str]:
    """Each key of the tables and the default that stands beside it."""
    found: dict[str, str] = {}
    for heading in TABLES:
        for keys, _meaning, default, _bounds in PAGE.rows(heading):
            found |= dict.fromkeys(re.findall(r"`([^`]+)`", keys), default.strip("`"))
    return found


def test_every_key_that_is_taken_is_documented() -> None:
    taken = set(known.configuration_keys())
    assert len(taken) > 80
    nothing(f"{key} is not documented" for key in taken - documented().keys())


def test_no_key_is_documented_that_is_not_taken() -> None:
    every = known.configuration_keys()
    nothing(f"{key} is not taken" for key in documented() if key not in every)


def test_the_documented_defaults_are_the_real_ones() -> None:
    every = known.configuration_keys()
    nothing(
        f"{key}: {default} is documented, {every[key]} is real"
        for key, default in documented().items()
        if key in every and default != every[key]
    )


def test_no_key_stands_twice() -> None:
    written = [
        key for row in TABLES for keys in PAGE.rows(row) for key in re.findall("`([^`]+)`", keys[0])
    ]
    nothing(key for key in written if written.count(key) > 1)
