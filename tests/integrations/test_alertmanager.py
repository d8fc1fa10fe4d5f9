"""The Alertmanager files that we ship are taken by the real programs and do what they say."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.house import ROOT
from tests.programs.process import need, wait_until
from tests.programs.prometheus import ALERTMANAGER, PROMETHEUS, Alertmanager
from tests.programs.receiver import Receiver

pytestmark = pytest.mark.real

SHIPPED = ROOT / "integrations" / "alertmanager"
CONFIG = SHIPPED / "alertmanager.yml"
TOKEN = "Kw8uQ0x3yQ"


def run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def installed(
    receiver: Receiver, tmp_path: Path, alertmanager: Callable[[str], Alertmanager]
) -> Alertmanager:
    """An Alertmanager with the shipped file and its token, which posts to the test, in a hurry."""
    text = CONFIG.read_text(encoding="utf-8")
    for shipped, ours in (
        ("http://127.0.0.1:9097/", f"{receiver.url}/"),
        ("group_wait: 10s", "group_wait: 0s"),
        ("group_interval: 1m ", "group_interval: 1s "),
    ):
        assert shipped in text
        text = text.replace(shipped, ours)
    (tmp_path / "alertmanager").mkdir()
    (tmp_path / "alertmanager" / "sms-notify.token").write_text(TOKEN)
    return alertmanager(text)


def test_amtool_and_promtool_accept_the_files() -> None:
    need(ALERTMANAGER, "amtool")
    need(PROMETHEUS, "promtool")
    assert "SUCCESS" in run("amtool", "check-config", str(CONFIG))
    assert "SUCCESS" in run("promtool", "check", "rules", str(SHIPPED / "watchdog.rules.yml"))


def test_the_watchdog_has_a_route_of_its_own_to_the_same_receiver() -> None:
    need(ALERTMANAGER, "amtool")
    asked = ["amtool", "config", "routes", "test", f"--config.file={CONFIG}", "--tree"]
    told = run(*asked, "alertname=Watchdog")
    assert told.count('alertname="Watchdog"') == 1
    assert "receiver: sms-notify" in told


def test_the_alert_and_its_end_are_posted_with_the_token(
    installed: Alertmanager, receiver: Receiver
) -> None:
    alert = {"labels": {"alertname": "DiskFull", "cluster": "db"}}
    installed.push([alert])
    page = receiver.wait_for("the page")
    assert (page.path, page.headers["Authorization"]) == ("/alertmanager", f"Bearer {TOKEN}")
    assert page.json["groupLabels"] == {"alertname": "DiskFull", "cluster": "db"}
    installed.push([{**alert, "endsAt": page.json["alerts"][0]["startsAt"]}])
    receiver.wait_for("the end", lambda posted: b'"status":"resolved"' in posted.body)


def test_a_list_is_never_cut(installed: Alertmanager, receiver: Receiver) -> None:
    hosts = [{"labels": {"alertname": "HostDown", "instance": f"db-{n:03}"}} for n in range(300)]
    installed.push(hosts)
    wait_until(
        "all hosts", lambda: receiver.posted and len(receiver.posted[-1].json["alerts"]) == 300
    )
    assert receiver.posted[-1].json["truncatedAlerts"] == 0


def test_a_redirect_is_not_followed(installed: Alertmanager, receiver: Receiver) -> None:
    receiver.answer = lambda posted: 302
    installed.push([{"labels": {"alertname": "DiskFull"}}])
    receiver.wait_for("the page")
    wait_until("the refusal in the log", lambda: "302" in installed.output())
    assert [posted.method for posted in receiver.posted] == ["POST"] * len(receiver.posted)
