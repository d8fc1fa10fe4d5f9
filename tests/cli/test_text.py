"""`sms-notify text`: the texts of recorded payloads, as a table or JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sms_notify.cli.program import program
from sms_notify.config import sample_yaml

RECORDED = Path(__file__).parent.parent / "sources" / "data"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.yaml"
    path.write_text(sample_yaml(), encoding="utf-8")
    return path


def run(*arguments: str | Path, data: bytes = b"") -> Result:
    return CliRunner().invoke(
        program, ["text", *map(str, arguments)], input=data, standalone_mode=False
    )


def test_every_recorded_payload_of_a_folder_has_a_text_of_one_sms(config: Path) -> None:
    result = run(RECORDED, "-c", config, "--json")
    rows = json.loads(result.stdout)
    assert len(rows) >= 8
    assert all(row["units"] <= 70 and row["segments"] == 1 for row in rows)
    assert any("磁盘空间不足" in row["text"] for row in rows)


def test_lines_of_standard_input_are_texts_too(config: Path) -> None:
    result = run("-", "-c", config, data="备份失败 db-01\n".encode())
    assert "备份失败 db-01" in result.stdout
    assert "1 texts" in result.stdout


def test_two_configurations_stand_side_by_side(config: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    templates = 'templates: {page: "{{ name|fit }} !{{ time }}"}\n'
    other.write_text(sample_yaml() + templates, encoding="utf-8")
    result = run("-", "-c", config, "--against", other, "--json", data=b"disk full\n")
    (row,) = json.loads(result.stdout)
    assert "!" not in row["before"]
    assert "disk full !" in row["after"]


def test_what_cannot_be_read_is_named_and_the_rest_is_shown(config: Path) -> None:
    data = b'{"nothing": 1}\n{"alerts": [{"labels": {"alertname": "X"}, "status": "firing",'
    data += b' "startsAt": "2026-11-22T00:00:00Z"}]}\n'
    result = run("-", "-c", config, data=data)
    assert "holds no payload" in result.stderr
    assert "X" in result.stdout
    assert result.return_value == 0
