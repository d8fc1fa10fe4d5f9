"""An evening in the life: everything goes wrong once, and every message is accounted for.

Host 1 of the account refuses, host 2 is slow; the balance ends at message 40 and is topped up; a
word is forbidden; 5 % of the reports say failed; the second account is locked for a while, then a
chat is all that is left.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sms_notify.cli.tally import say_sums
from sms_notify.model import HOUR, MINUTE, SECOND, Micros
from sms_notify.simulator import Account, Call, Fate, Fault, Kind, Options, Sms
from sms_notify.store.summing import Sums, sums
from tests.programs.receiver import Receiver
from tests.simulation.test_day import Monitoring
from tests.simulation.world import MIDNIGHT, Day, World

CONFIG = """
store: sqlite:///world.db
global: {signature: 星云运维}
gateways:
  - {name: 主通道, type: wavecom, account: mysms, password: wordless9,
     poll: {reports: 30s, replies: 0}, urls: ["http://10.0.0.1:8088", "http://10.0.0.2:8088"],
     balance: {every: 10m, warn_below: 50}}
  - {name: 副通道, type: wavecom, account: other, password: wordless8,
     poll: {reports: 30s, replies: 0}, urls: ["http://10.0.0.9:8088"]}
  - {name: 群, type: apprise, urls: ["CHAT"]}
people:
  张伟: {phone: ["+8613800000001", "+8613900000001"]}
  李娜: {phone: ["+8613800000002", "+8613900000002"]}
  王磊: {phone: ["+8613800000003", "+8613900000003"]}
receivers: [{name: 三人, to: [张伟, 李娜, 王磊]}]
route: {receiver: 三人}
checks: {tell: 李娜}
"""
SHANGHAI = ZoneInfo("Asia/Shanghai")
SIX = MIDNIGHT + 18 * HOUR
"""18:00 in China; a moment before, the day's first reading of the balance warns."""
FATES = (*[Fate.DELIVERED] * 95, *[Fate.FAILED] * 5)


class Dice(dict[str, Fate]):
    """What becomes of each SMS, whoever gets it."""

    rng = Random(4)

    def get(self, phone: str, default: Any = None) -> Any:
        return self.rng.choice(FATES)


@pytest.fixture
def chat() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


def site(folder: Path, chat: Receiver) -> World:
    hook = chat.url.replace("http", "json") + "/hook"
    world = World(folder, CONFIG.replace("CHAT", hook), seed=4)
    world.gateway.options = Options(report_delay=8 * SECOND)
    world.gateway.fates = Dice()
    world.gateway.put_account(Account("mysms", "wordless9", balance=39))
    world.gateway.put_account(Account("other", "wordless8", balance=1_000))
    return world


def change(world: World, name: str, **columns: Any) -> None:
    world.gateway.put_account(replace(world.gateway.account(name), **columns))


def the_evening(world: World) -> Micros:
    """Plan it and live it; until when."""
    world.clock.now = SIX - MINUTE
    day = Day(world)
    Monitoring(world, Random(4)).plan(day, SIX, 4 * HOUR, groups=30)
    world.http.down.add("http://10.0.0.1:8088")
    slow = Fault(Kind.SLOW, frozenset({Call.SEND}), host="10.0.0.2:8088", seconds=3.0)
    world.gateway.faults.add(replace(slow, seconds=12.0, probability=0.05))
    world.gateway.faults.add(slow)
    day.at(SIX + HOUR, lambda: world.gateway.forbidden.add("告警01"))
    day.at(SIX + 150 * MINUTE, lambda: change(world, "other", locked=True))
    day.at(SIX + 180 * MINUTE, lambda: only_the_chat_works(world))
    day.at(SIX + 190 * MINUTE, lambda: change(world, "other", locked=False))
    day.at(SIX + 210 * MINUTE, lambda: change(world, "mysms", balance=1_000))
    day.live(SIX + 9 * HOUR)
    return SIX + 9 * HOUR


def only_the_chat_works(world: World) -> None:
    ready, wrong = world.runner.readiness()
    assert ready, "alerts are accepted all the while"
    assert wrong == {"gateway mysms": "down", "gateway other": "down"}


def test_an_evening_with_every_trouble_accounts_for_every_message(
    tmp_path: Path, chat: Receiver, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(site(tmp_path, chat)) as world:
        the_evening(world)
        found = sums(world.runner.store, SIX - HOUR)
        say_sums(found, SHANGHAI, "17:00")
        printed = capsys.readouterr().out
        with capsys.disabled():
            print(f"\n{printed}")
        everything_went_wrong_once(world, found)
        every_message_has_an_end_and_a_reason(world, found)
        nobody_heard_twice_or_not_at_all(world, chat)


def everything_went_wrong_once(world: World, found: Sums) -> None:
    """Else the evening proves nothing."""
    turns = [f"{each.what} {each.detail}" for each in found.gateways]
    downs = ("down 主通道: balance", "down 副通道: locked")
    for wanted in (*downs, "forbidden_word", "topped_up mysms"):
        assert any(turn.startswith(wanted) for turn in turns), (wanted, turns)
    assert any(turn.startswith("up 主通道") for turn in turns)
    by = {(each.gateway, each.outcome, each.why) for each in found.requests}
    assert {
        ("主通道", "accepted", "failover"),
        ("副通道", "accepted", ""),
        ("群", "accepted", ""),
    } <= by
    assert {("主通道", "account_down", "balance"), ("副通道", "account_down", "locked")} <= by
    assert ("主通道", "uncertain", "timeout") in by
    hosts = {each.host for each in found.requests if each.gateway == "主通道"}
    assert hosts == {"10.0.0.2:8088"}, "host 1 refuses, so every answer is host 2's"
    done = {each.what: each.times for each in found.done}
    assert done["rewritten"] > 0
    assert done["next_phone"] > 0
    assert any("·" in text for _phone, text in world.arrived())
    assert not any("告警01" in each.text for each in after(world, SIX + HOUR))
    first = [row for row in world.gateway.requests(Call.SEND) if row.account == "mysms"]
    taken = [row for row in first if row.answer.startswith("0|")]
    short = next(row for row in first if row.answer.startswith("-9"))
    assert sum(int(row.answer.split("|")[1]) for row in taken if row.at < short.at) <= 39


def after(world: World, moment: Micros) -> list[Sms]:
    return [sms for sms in world.gateway.phones.all() if sms.accepted_at >= moment]


def every_message_has_an_end_and_a_reason(world: World, found: Sums) -> None:
    [(total,)] = world.sql("SELECT count(*) FROM message")
    assert found.total == total > 100
    states = {each.state for each in found.messages}
    assert states <= {"delivered", "sent", "failed", "folded"}, states
    for each in found.messages:
        assert each.reason or each.state in ("delivered", "sent"), each
        assert each.state != "sent" or each.gateway == "群", "an SMS ends with its report"
    for (number,) in world.sql("SELECT id FROM message WHERE state = 'failed'"):
        query = "SELECT what FROM event WHERE about = 'message' AND about_id = :n ORDER BY id"
        whats = [what for (what,) in world.sql(query, n=number)]
        assert {"failed"} & set(whats), whats
        assert {"next_phone", "next_step", "failed"} & set(whats[-1:]), whats


def nobody_heard_twice_or_not_at_all(world: World, chat: Receiver) -> None:
    """Whoever was to be told was: by an SMS, or by name in the chat."""
    query = "SELECT count(*) FROM telling WHERE verdict = 'held' AND message IS NULL"
    assert world.sql(query) == [(0,)]
    world._duplicates_were_in_flight()
    notes = [posted.json["message"] for posted in chat.posted]
    query = "SELECT DISTINCT person, text FROM message WHERE gateway = '群' AND state = 'sent'"
    for person, text in world.sql(query):
        [*_, names] = next(note for note in notes if note.startswith(text)).rpartition("→ ")
        assert any(
            note.startswith(text) and person in re.split("、", note.rpartition("→ ")[2])
            for note in notes
        ), (person, text, names)
    kinds = world.sql(
        "SELECT count(DISTINCT incident || kind || text) FROM message"
        " WHERE gateway = '群' AND incident IS NOT NULL"
    )
    assert len(notes) >= kinds[0][0] > 0
    assert any("mysms余额不足" in text for _phone, text in world.arrived()), "the operator heard"
    assert any("other已被锁定" in note for note in notes), "through the last resort"
