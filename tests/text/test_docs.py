"""docs/texts.md shows what the program does today."""

from __future__ import annotations

import re

from sms_notify.text.defaults import KEYS
from sms_notify.text.templates import VARIABLES
from tests.house import ROOT
from tests.text.before_after import table

PAGE = (ROOT / "docs" / "texts.md").read_text(encoding="utf-8")


def test_the_table_of_texts_is_what_the_program_writes() -> None:
    assert "\n".join(table()) in PAGE
    assert len(table()) >= 40 + 2


def test_every_variable_and_every_key_of_a_template_is_explained() -> None:
    said = set(re.findall(r"`(\w+)`", PAGE))
    assert said >= VARIABLES | set(KEYS)
