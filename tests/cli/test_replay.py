"""`server.record` and `replay`: what came is kept as it came, and lived through again."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from sms_notify.cli import payloads
from sms_notify.cli.payloads import recorded
from sms_notify.config import load
from sms_notify.model import DAY, HOUR, MINUTE, SECOND
from sms_notify.recorded import WAITING, Received, Recorder, line_of
from tests.full import files_up_to

from ..server.serving import ONE
from .running import cli
from .test_looking import TWO_PEOPLE

AT = 1_795_000_000 * SECOND
OTHER = TWO_PEOPLE.replace("name: 数据库, to: 值班", "name: 数据库, to: 张伟")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "config.yaml").write_text(TWO_PEOPLE, encoding="utf-8")
    (tmp_path / "new.yaml").write_text(OTHER, encoding="utf-8")
    (tmp_path / "kept").mkdir()
    return tmp_path


def keep(folder: Path, *received: Received) -> None:
    with (folder / "kept" / "day.jsonl").open("ab") as file:
        file.writelines(map(line_of, received))


def webhook(at: int, body: bytes = ONE, path: str = "/alertmanager") -> Received:
    return Received(at, "alertmanager", path, "application/json", body)


@pytest.fixture
def recorder(tmp_path: Path) -> Iterator[Recorder]:
    made = Recorder(tmp_path / "kept", keep=lambda: 2 * DAY)
    yield made
    made.stop()


def test_another_configuration_shows_which_sms_go_and_which_come(folder: Path) -> None:
    keep(folder, webhook(AT), webhook(AT + MINUTE))
    said = cli("replay", "kept", "--config", "new.yaml", "--json", folder=folder).json
    assert said["calls"] == 2
    assert said["before"]["by_person"] == {"李娜": 1}
    [gone], [new] = said["gone"], said["new"]
    assert (gone["person"], new["person"]) == ("李娜", "张伟")
    assert gone["text"] == new["text"]
    assert gone["at"].startswith("2026-11-18T")
    shown = cli("replay", "kept", "--config", "new.yaml", folder=folder).out
    assert "before: 1 SMS (李娜 1)" in shown
    assert shown.startswith("- ")


def test_the_same_configuration_makes_no_difference(folder: Path) -> None:
    keep(folder, webhook(AT))
    both = ("--config", "config.yaml", "--against", "config.yaml")
    ran = cli("replay", "kept", *both, folder=folder)
    assert "no difference" in ran.out
    assert not list(folder.glob("*.db*")), "a replay touches no store"


def test_repeats_and_limits_count_as_in_service(folder: Path) -> None:
    """Four hours and a minute later the same webhook is a repeat."""
    keep(folder, webhook(AT), webhook(AT + HOUR), webhook(AT + 4 * HOUR + MINUTE))
    said = cli("replay", "kept", "--json", folder=folder).json
    assert [message["kind"] for message in said["new"]] == ["first", "repeat"]


def test_calls_are_read_as_they_came(folder: Path) -> None:
    """A form of Zabbix, a line, and a webhook by the path of a receiver."""
    said = {"sendto": "李娜", "subject": "problem", "message": "trigger: 磁盘满"}
    form = urlencode(said).encode()
    kind = "application/x-www-form-urlencoded"
    keep(
        folder,
        Received(AT, "zabbix", "/zabbix", kind, form),
        Received(AT + 2 * MINUTE, "line", "/line", "application/json", b'{"text": "failed"}'),
        webhook(AT + 4 * MINUTE, path="/alertmanager/数据库"),
    )
    said = cli("replay", "kept", "--json", folder=folder).json
    assert [message["person"] for message in said["new"]] == ["李娜", "张伟", "李娜"]


def test_a_folder_of_plain_payloads_can_be_replayed_too(folder: Path) -> None:
    (folder / "kept" / "one.json").write_bytes(ONE)
    assert cli("replay", "kept", "--json", folder=folder).json["after"]["messages"] == 1


@pytest.mark.parametrize(
    ("body", "said"),
    [(b"", "no file here"), (b'{"a": 1}', "holds no payload"), (b"[3]", "is not an object")],
)
def test_what_cannot_be_replayed_says_why(folder: Path, body: bytes, said: str) -> None:
    if body:
        (folder / "kept" / "one.json").write_bytes(body)
    ran = cli("replay", "kept", folder=folder)
    assert ran.code == 1
    assert said in ran.err


def test_a_span_must_be_one(folder: Path) -> None:
    keep(folder, webhook(AT))
    assert cli("replay", "kept", "--after", "soon", folder=folder).code == 2


def test_a_record_is_one_line_that_only_its_owner_reads(recorder: Recorder) -> None:
    recorder.note(webhook(AT))
    recorder.note(Received(AT, "zabbix", "/zabbix", "text/plain", b"\xff\x00"))
    recorder.stop()
    [file] = recorder.folder.iterdir()
    assert file.name == "2026-11-18.jsonl"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    first, second = map(json.loads, file.read_bytes().splitlines())
    assert first["payload"]["alerts"]
    assert second["raw"] == "/wA="


def test_old_days_are_forgotten(recorder: Recorder) -> None:
    for day in range(5):
        recorder.note(webhook(AT + day * DAY))
        recorder.stop()
    assert [path.name for path in sorted(recorder.folder.iterdir())] == [
        "2026-11-20.jsonl",
        "2026-11-21.jsonl",
        "2026-11-22.jsonl",
    ]


def test_what_cannot_be_kept_is_counted_and_in_nobodys_way(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("a file where the folder should be")
    lost: list[int] = []
    recorder = Recorder(tmp_path / "kept", keep=lambda: DAY, lost=lambda: lost.append(1))
    for number in range(WAITING):
        recorder.note(webhook(AT + number))
    recorder.stop()
    assert len(lost) == WAITING


def test_a_record_for_which_the_disk_has_no_room_costs_no_other(
    folder: Path, recorder: Recorder
) -> None:
    recorder.note(webhook(AT))
    recorder.stop()
    [file] = recorder.folder.iterdir()
    with files_up_to(file.stat().st_size + 100):
        recorder.note(webhook(AT + HOUR))
        recorder.stop()
    recorder.note(webhook(AT + 4 * HOUR + MINUTE))
    recorder.stop()
    ran = cli("replay", "kept", folder=folder)
    assert "2 calls" in ran.out
    assert f"{file.name}:2: is cut off" in ran.err


def test_a_day_of_any_size_is_read_to_its_end(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(payloads, "WHOLE", 2 * len(ONE))
    keep(folder, *(webhook(AT + number * MINUTE) for number in range(5)))
    config = load(folder / "config.yaml", secrets=False)
    read = list(recorded(config, str(folder / "kept"), AT))
    assert [one.at for one in read] == [AT + number * MINUTE for number in range(5)]
    (folder / "large.json").write_bytes(b"[" + ONE + b"," + ONE + b"]")
    [told] = recorded(config, str(folder / "large.json"), AT)
    assert "is larger than" in told.problem


def test_nothing_is_recorded_where_nobody_asked(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "kept", keep=lambda: 0)
    recorder.note(webhook(AT))
    recorder.stop()
    assert not (tmp_path / "kept").exists()
