"""What Zabbix' alert script kept is told once, whatever happens to sms-notify while it drains."""

from __future__ import annotations

import os
import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest

from sms_notify.simulator import Simulator
from tests.house import ROOT
from tests.intake.test_draining import problem
from tests.programs.process import SYSTEM_PATH, wait_until
from tests.programs.product import COMMAND, PASSWORD, Serve, config, texts, wait_for_texts
from tests.test_spool import content, write

from .site import START, WIDE, ask, post, rows, slowness, store_of, webhook

SCRIPT = ROOT / "integrations" / "zabbix" / "sms-notify-alert"
SECOND = 1_000_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "spool"
    made.mkdir()
    return made


def fill(folder: Path, numbers: range, age: float = 1.0) -> None:
    """Entries as the script writes them, one problem each."""
    at = round((time.time() - age) * SECOND)
    for number in numbers:
        write(folder, f"{number:05}.zabbix", content(*problem(number), called_at=at), at + number)


def waiting(folder: Path) -> int:
    return len(list(folder.glob("*.zabbix")))


def drained_below(folder: Path, rest: int) -> None:
    wait_until(f"fewer than {rest} to wait", lambda: waiting(folder) < rest)


def spooling(url: str, folder: Path) -> dict[str, object]:
    """Everything goes to one person; an SMS in flight at a kill is not sent once more."""
    delivery = {"resend_uncertain": "never"}
    return config(url) | {
        "throttle": WIDE,
        "delivery": delivery,
        "server": {"spool": str(folder)},
    }


def test_a_kill_while_it_drains_makes_no_second_sms_and_loses_none(
    sim: Simulator, serve: START, folder: Path
) -> None:
    running = serve(spooling(sim.url, folder))
    running.kill()
    fill(folder, range(600))
    for rest in (550, 400, 250):
        running.launch()
        drained_below(folder, rest)
        running.kill()
    running.start()
    wait_until("the spool to be empty", lambda: not waiting(folder))
    moving = "SELECT count(*) FROM message WHERE state IN ('held', 'queued', 'sending')"
    wait_until("the rest to leave", lambda: rows(store_of(running), moving) == [(0,)], 120)
    told = rows(store_of(running), "SELECT incident, count(*) FROM message GROUP BY incident")
    assert [count for _incident, count in told] == [1] * 600
    seen = Counter(texts(sim))
    assert set(seen.values()) == {1}
    [(uncertain,)] = rows(store_of(running), "SELECT count(*) FROM message WHERE state='uncertain'")
    assert 600 - uncertain <= len(seen) <= 600


def test_five_hundred_are_drained_in_seconds_while_webhooks_are_answered(
    sim: Simulator, serve: START, folder: Path
) -> None:
    running = serve(spooling(sim.url, folder))
    running.kill()
    fill(folder, range(500))
    began = time.monotonic()
    running.launch()
    wait_until("the service to answer", lambda: ask(running.url, "GET", "/-/healthy").status == 200)
    answers = []
    number = 0
    while waiting(folder):
        number += 1
        body = webhook(f"Beside{number}", ["db-01"], began=time.time())
        answers.append(post(running.url, body))
        assert time.monotonic() - began < 30 * slowness(), f"{waiting(folder)} still wait"
    took = time.monotonic() - began
    slowest = max((answer.seconds for answer in answers), default=0.0)
    print(f"500 entries in {took:.2f} s, {len(answers)} webhooks, the slowest {slowest:.3f} s")
    assert all(answer.status == 202 for answer in answers)
    assert slowest < 2 * slowness()


def test_what_waits_is_on_the_metrics_and_what_is_no_entry_on_ready(
    sim: Simulator, serve: START, folder: Path
) -> None:
    running = serve(spooling(sim.url, folder))
    write(folder, "rubbish.zabbix", b"rubbish", round(time.time() * SECOND))
    said = '"spool": "1 entries in bad/"'
    wait_until("the spool on /-/ready", lambda: said in ask(running.url, "GET", "/-/ready").text)
    assert ask(running.url, "GET", "/-/ready").status == 200
    page = ask(running.url, "GET", "/metrics").text
    for name, value in {"up": 1, "entries": 0, "bytes": 0, "oldest_seconds": 0, "bad": 1}.items():
        assert f"sms_notify_spool_{name} {value}.0\n" in page


def test_calls_of_the_spool_count_and_an_unknown_recipient_is_seen(
    sim: Simulator, serve: START, folder: Path
) -> None:
    running = serve(spooling(sim.url, folder))
    at = round(time.time() * SECOND)
    write(folder, "1.zabbix", content(*problem(1, sendto="没有这个组"), called_at=at), at)
    wait_for_texts(sim, 1)
    page = ask(running.url, "GET", "/metrics").text
    assert 'sms_notify_unknown_receivers_total{source="zabbix"} 1.0' in page
    assert 'sms_notify_alerts_total{source="zabbix"} 1.0' in page
    assert 'sms_notify_verdicts_total{verdict="told"} 1.0' in page


def script(running: Serve, folder: Path, *arguments: str) -> None:
    """Run the alert script as Zabbix does."""
    settings = {"SMS_NOTIFY_SERVER": running.url, "SMS_NOTIFY_SPOOL": str(folder)}
    command = ["sh", str(SCRIPT), *arguments]
    subprocess.run(command, env={"PATH": SYSTEM_PATH, **settings}, check=True)


def twin(running: Serve, *arguments: str, server: bool) -> str:
    """Run `sms-notify zabbix` against the server, or against its store."""
    command = [str(COMMAND), "zabbix", "--config", str(running.config)]
    command += ["--server", running.url] if server else []
    environment = {"PATH": os.defpath, "SMS_PASSWORD": PASSWORD}
    done = subprocess.run(
        [*command, *arguments], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


WITHOUT_ID = ("值班", "新主机 web-07", "发现了一台新主机")


@pytest.mark.parametrize("arguments", [problem(17), WITHOUT_ID], ids=["event", "no event id"])
def test_the_script_and_its_slow_twin_make_the_same_call(
    sim: Simulator, serve: START, folder: Path, arguments: tuple[str, str, str]
) -> None:
    running = serve(spooling(sim.url, folder))
    script(running, folder, *arguments)
    wait_for_texts(sim, 1)
    script(running, folder, *arguments)
    assert "known already" in twin(running, *arguments, server=True)
    running.kill()
    script(running, folder, *arguments)  # into the spool
    assert "known already" in twin(running, *arguments, server=False)
    running.start()
    wait_until("the spool to be empty", lambda: not waiting(folder))
    assert len(texts(sim)) == 1
    calls = rows(store_of(running), "SELECT count(*) FROM intake WHERE source = 'zabbix'")
    assert calls == [(1,)]
