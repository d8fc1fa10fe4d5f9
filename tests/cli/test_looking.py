"""`messages`, `incidents`, `check`, `explain`: what an operator reads at 3 a.m."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from sms_notify import config
from sms_notify.intake import TellCall, Writer, rules
from sms_notify.model import DAY
from sms_notify.sources import alertmanager
from sms_notify.store import open_store

from ..server.serving import DATA, ONE
from .running import COMMAND, cli, configured

TWO_PEOPLE = """\
store: sqlite:///sms-notify.db
gateways:
  - {name: 主通道, type: wavecom, account: demo, password: demo-word-41, urls: ["http://127.0.0.1:1"]}
people:
  张伟: {phone: "+8613800000001"}
  李娜: {phone: "+8613800000002"}
schedules:
  值班: {rotate: [张伟, 李娜], every: 1w, handoff: Mon 10:00, since: 2026-01-05}
receivers:
  - {name: 兜底, to: 张伟}
  - {name: 数据库, to: 值班}
route: {receiver: 兜底, routes: [{matchers: ['team="dba"'], receiver: 数据库}]}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "config.yaml").write_text(TWO_PEOPLE, encoding="utf-8")
    return tmp_path


@pytest.fixture
def told(folder: Path) -> Path:
    """A store with one message that nobody sends."""
    take(folder, ONE)
    return folder


def take(folder: Path, body: bytes) -> None:
    """Judge a webhook into the store of the folder."""
    loaded = config.load(folder / "config.yaml")
    store = open_store(loaded.store)
    call = alertmanager.parse(body, levels=loaded.site.levels, called_at=store.now())
    Writer(store, memory=lambda: DAY).judge_now(TellCall(rules(loaded), call))
    store.close()


def test_a_summary_says_how_many_stand_how_and_why(told: Path) -> None:
    ran = cli("messages", "--summary", "--since", "1h", folder=told)
    head, *lines = ran.out.splitlines()
    assert head.startswith("1 messages since 20")
    assert "1\tqueued\t-\t-\t1\t0" in lines
    found = cli("messages", "--summary", "--json", folder=told).json
    assert (found["total"], found["messages"][0]["state"]) == (1, "queued")
    assert found["requests"] == []
    wrong = cli("messages", "--summary", "--since", "soon", folder=told)
    assert (wrong.code, "--since" in wrong.err) == (2, True)


def test_messages_are_listed_with_masked_phones(told: Path) -> None:
    ran = cli("messages", folder=told)
    assert ran.code == 0
    assert "queued" in ran.out
    assert "13800000001" not in ran.out
    [message] = cli("messages", "--json", folder=told).json
    assert message["phone"] in ("138****0001", "138****0002")
    assert message["events"][0]["what"] == "queued"
    assert {"id", "state", "reason", "person", "text", "incident", "gateway"} <= set(message)


def test_one_message_is_shown_with_its_history(told: Path) -> None:
    shown = cli("messages", "1", folder=told)
    assert "text: 严重 AlwaysFiring" in shown.out
    assert "queued" in shown.out.splitlines()[-1]
    assert cli("messages", "--state", "held", "--json", folder=told).json == []


def test_incidents_are_listed_and_shown_by_code(told: Path) -> None:
    [incident] = cli("incidents", "--json", folder=told).json
    assert {"code", "state", "level", "name", "opened_at", "acknowledged_by"} <= set(incident)
    shown = cli("incidents", incident["code"], folder=told).out
    assert "told, first in message 1" in shown
    assert cli("incidents", folder=told).out.splitlines()[0].startswith("code\t")


def test_explain_of_a_code_says_what_was_decided_and_stored(told: Path) -> None:
    [incident] = cli("incidents", "--json", folder=told).json
    for number in (incident["code"], incident["id"]):
        shown = cli("explain", number, folder=told).out
        assert "fire:1: told, first in message 1" in shown
        assert "138****" in shown


@pytest.mark.parametrize(
    "arguments", [("messages", "7"), ("incidents", "7"), ("explain", "7"), ("explain", "9" * 30)]
)
def test_what_is_not_there_is_exit_1(told: Path, arguments: tuple[str, ...]) -> None:
    assert cli(*arguments, folder=told).code == 1


def test_looking_makes_no_store(folder: Path) -> None:
    ran = cli("messages", folder=folder)
    assert ran.code == 1
    assert "there is no store" in ran.err
    assert [path.name for path in folder.iterdir()] == ["config.yaml"]


def test_explain_of_labels_says_who_is_told_what_and_why(folder: Path) -> None:
    asked = ("explain", "--label", "alertname=DiskFull", "--label", "team=dba")
    before = cli(*asked, "--at", "2026-11-23 09:59:59", folder=folder).out
    after = cli(*asked, "--at", "2026-11-23T10:00:00+08:00", folder=folder).out
    assert "judged on an empty ledger" in before
    assert "route.routes[0] → 数据库" in before
    assert "told (first)" in before
    assert ("张伟" in before, "李娜" in before) != ("张伟" in after, "李娜" in after)
    assert not (folder / "sms-notify.db").exists()


def test_explain_of_a_file_folds_what_is_alike(folder: Path) -> None:
    file = DATA / "grouped_40_firing_zh.json"
    said = cli("explain", file, "--json", folder=folder).json
    assert sum(alert["count"] for alert in said["alerts"]) == 40
    [message] = said["messages"]
    assert message["units"] <= 70
    assert message["phone"] == "138****0001"


def test_a_file_without_a_payload_is_told_and_no_fault_of_ours(folder: Path) -> None:
    (folder / "nothing.json").write_bytes(b"")
    for command in ("explain", "replay"):
        ran = cli(command, "nothing.json", folder=folder)
        assert (ran.code, ran.err.startswith("nothing.json: ")) == (1, True)
        assert "fault" not in ran.err
        assert not ran.err.rstrip().endswith(";")


def test_explain_of_a_line_body_works_too(folder: Path) -> None:
    (folder / "line.json").write_text(json.dumps({"text": "x", "to": "李娜"}))
    assert "asked for 李娜 → 李娜" in cli("explain", "line.json", folder=folder).out


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("explain",), 2),
        (("explain", "--label", "x"), 2),
        (("explain", "--label", "a=b", "--at", "yesterday"), 2),
        (("explain", "10", "--label", "a=b"), 2),
        (("explain", "no-such-file"), 1),
        (("explain", "config.yaml"), 1),
    ],
)
def test_what_explain_cannot_explain(folder: Path, arguments: tuple[str, ...], code: int) -> None:
    assert cli(*arguments, folder=folder).code == code


def test_check_shows_who_is_on_call_and_every_text_with_its_length(folder: Path) -> None:
    ran = cli("check", folder=folder)
    assert ran.code == 0
    assert "usable" in ran.out
    assert "schedule 值班: " in ran.out
    assert " now until 20" in ran.out
    assert "demo-word-41" not in ran.out + ran.err
    assert "13800000001" not in ran.out
    said = cli("check", "--json", folder=folder).json
    assert said["ok"] is True
    assert {"first", "resolved", "digest"} <= {sample["kind"] for sample in said["samples"]}
    assert all(0 < sample["units"] <= 70 for sample in said["samples"])


def test_check_tells_every_problem_at_once(folder: Path) -> None:
    text = TWO_PEOPLE.replace("to: 值班", "to: 值斑").replace("people:", "poeple:")
    (folder / "config.yaml").write_text(text, encoding="utf-8")
    ran = cli("check", folder=folder)
    assert ran.code == 2
    assert len(ran.err.splitlines()) > 2
    assert "config.yaml:" in ran.err
    said = cli("check", "--json", folder=folder)
    assert (said.code, said.json["ok"]) == (2, False)


def test_check_lists_level_words_of_stored_alerts_that_are_unknown(told: Path) -> None:
    assert "is not in global.levels" not in cli("check", folder=told).out
    take(told, ONE.replace(b'"critical"', b'"catastrophic"').replace(b"17fedd", b"28fedd"))
    said = cli("check", folder=told).out
    assert "level word 'catastrophic' of 1 stored alerts is not in global.levels" in said


def test_a_configuration_is_found_beside_or_named_by_the_environment(folder: Path) -> None:
    elsewhere = folder / "empty"
    elsewhere.mkdir()
    nowhere = cli("check", folder=elsewhere)
    assert nowhere.code == 2
    assert "config.yaml" in nowhere.err
    named = str(folder / "config.yaml")
    assert cli("check", folder=elsewhere, SMS_NOTIFY_CONFIG=named).code == 0


def test_a_reader_that_goes_away_is_no_error(told: Path) -> None:
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {COMMAND} check | head -1"],
        cwd=told,
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_configured_is_what_the_sample_says(tmp_path: Path) -> None:
    assert cli("check", "-c", configured(tmp_path)).code == 0


def test_a_time_that_is_none_is_a_wrong_use(tmp_path: Path) -> None:
    for command in (
        ("messages", "--summary", "--since"),
        ("replay", "-", "--after"),
        ("mute", "1"),
    ):
        ran = cli(*command, "99999w", folder=tmp_path)
        assert (ran.code, "longer than ten years" in ran.err) == (2, True), command
