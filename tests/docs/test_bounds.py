"""The bounds in docs/configuration.md are those that the configuration enforces."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from sms_notify import config
from sms_notify.errors import ConfigError
from sms_notify.model import SECOND
from tests.docs.markdown import document
from tests.docs.test_configuration import TABLES

BOUNDS = re.compile(r"(?:0, or )?(\d+[smhdw]?) to (\d+[smhdw]?)")
SECTIONS = {"gateways", "throttle", "delivery", "incidents", "retention", "route", "templates"}


def bounded() -> list[tuple[str, str, str]]:
    """Each key of one value with its lowest and highest one."""
    page = document("docs/configuration.md")
    rows = [row for heading in TABLES for row in page.rows(heading)]
    found = [
        (key, BOUNDS.fullmatch(bounds))
        for keys, _meaning, default, bounds in rows
        for key in re.findall("`([^`]+)`", keys)
        if default != "required" and re.split(r"\W", key)[0] in SECTIONS
    ]
    return [(key, bounds[1], bounds[2]) for key, bounds in found if bounds]


def takes(key: str, value: str, folder: Path) -> bool:
    """Whether a configuration that works still does with this value."""
    document: Any = yaml.safe_load(config.sample_yaml())
    block = document
    *above, last = key.replace("[]", ".0").split(".")
    for step in above:
        block = block[0] if step == "0" else block.setdefault(step, {})
    if last == "max_units":
        block["text"] = "{{ name }}"
    block[last] = value
    text = yaml.safe_dump(document, allow_unicode=True)
    try:
        config.parse(text, path=folder / "config.yaml", environ={})
    except ConfigError as wrong:
        return any(last not in problem for problem in wrong.problems)  # it complains of another
    return True


def beside(value: str, step: int) -> str:
    """One more or less, in seconds where it is a time."""
    if value.isdigit():
        return str(int(value) + step)
    return f"{config.parse_duration(value) // SECOND + step}s"


def test_the_page_has_bounds() -> None:
    assert len(bounded()) > 15


@pytest.mark.parametrize(("key", "lowest", "highest"), bounded())
def test_the_bounds_are_the_real_ones(key: str, lowest: str, highest: str, tmp_path: Path) -> None:
    assert takes(key, lowest, tmp_path)
    assert takes(key, highest, tmp_path)
    assert not takes(key, beside(lowest, -1), tmp_path)
    assert not takes(key, beside(highest, 1), tmp_path)


def test_the_endpoints_that_may_be_open_are_the_real_ones(tmp_path: Path) -> None:
    page = document("docs/configuration.md")
    [bounds] = [row[-1] for row in page.rows("server") if row[0] == "`server.open`"]
    text = config.sample_yaml() + "server: {open: nothing}\n"
    with pytest.raises(ConfigError) as raised:
        config.parse(text, path=tmp_path / "config.yaml", environ={})
    [problem] = raised.value.problems
    known = set(re.findall(r"[a-z]+", problem.split("server.open", 1)[1]))
    documented = re.findall("`([a-z]+)`", bounds)
    assert set(documented) <= known
    assert {"metrics", "api", "alertmanager", "zabbix", "line"} == set(documented)
