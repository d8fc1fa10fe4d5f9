"""Replies through crashes, races and nonsense: none applied twice, none that was stored lost."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random

import pytest

from sms_notify.actions import Acknowledge, Actor, Escalate, Mute
from sms_notify.gateways import read_replies
from sms_notify.inbound import ApplyReplies, Page
from sms_notify.intake import TellCall
from sms_notify.model import HOUR, MINUTE, SECOND
from sms_notify.simulator import Call as Asked
from tests.actions.site import Site

STEPS = ("ask", "fetch", "write page", "keep", "apply")
PHONE = "13800000001"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def run_until(site: Site, step: str) -> None:
    for _ in range(1000):
        if step in site.runner.tick(site.now):
            return
        site.clock.now = max(site.now, site.runner.next_due(site.now) or 0)
    raise AssertionError(f"there was no step {step!r}")


def acknowledged(site: Site) -> Counter[int]:
    query = "SELECT about_id FROM event WHERE about = 'incident' AND what = 'acknowledged'"
    return Counter(row[0] for row in site.sql(query))


@pytest.mark.parametrize("step", STEPS)
def test_killed_after_each_step_a_reply_acts_once_or_is_known_to_be_lost(
    site: Site, step: str
) -> None:
    site.alert()
    site.run(MINUTE)
    site.gateway.reply(PHONE, "10", at=site.now)
    run_until(site, step)
    site.crash()
    site.run(5 * MINUTE)
    lost = site.sql("SELECT count(*) FROM request WHERE outcome = 'lost' AND kind = 'replies'")
    if step == "fetch":  # the answer was in the dead process' memory
        assert (sum(acknowledged(site).values()), lost) == (0, [(1,)])
        assert site.sql("SELECT count(*) FROM event WHERE what = 'replies_lost'") == [(1,)]
    else:
        assert (sum(acknowledged(site).values()), lost) == (1, [(int(step == "ask"),)])
        assert site.sql("SELECT count(*) FROM message WHERE kind = 'answer'") == [(1,)]


def test_fifty_crashes_apply_no_reply_twice_and_lose_none_that_was_stored(site: Site) -> None:
    rng = Random(7)
    crashes = number = 0
    while crashes < 50:
        number += 1
        site.alert(f"告警{number}", "net", level="warning")
        site.run(2 * SECOND)
        site.gateway.reply(PHONE, "全部", at=site.now)
        for _ in range(12):
            for _step in site.runner.tick(site.now):
                if rng.random() < 0.1:
                    site.crash()
                    crashes += 1
                    break
            due = site.runner.next_due(site.now)
            site.clock.now = max(site.now, min(due or 0, site.now + 20 * SECOND))
    site.run(10 * MINUTE)
    handed = {
        entry.inbound_id
        for asked in site.gateway.requests(Asked.REPLIES)
        for entry in read_replies(asked.answer).entries
    }
    stored = {row[0] for row in site.sql("SELECT inbound_id FROM reply")}
    lost = site.sql("SELECT count(*) FROM request WHERE outcome = 'lost' AND kind = 'replies'")
    print(f"{crashes} crashes: {len(handed)} replies handed out, {len(handed - stored)} lost")
    assert stored <= handed
    assert len(handed - stored) <= lost[0][0]
    assert set(acknowledged(site).values()) == {1}
    waiting = "SELECT count(*) FROM request WHERE kind = 'replies' AND outcome IN ('page', 'cut')"
    assert site.sql(waiting + " AND applied_at IS NULL") == [(0,)]
    answers = "SELECT once_key FROM message WHERE kind = 'answer' GROUP BY 1 HAVING count(*) > 1"
    assert site.sql(answers) == []


def test_a_thousand_races_have_one_winner_each(site: Site) -> None:
    """Two phones and a command, a mute and a step beside them, in every order."""
    rules, writer = site.runner.rules, site.runner.writer
    for number in range(1000):
        writer.hand_in(TellCall(rules, site.call("告警", "net", host=f"h{number}")))
    assert writer.step()
    racers: list[Acknowledge | Escalate | Mute] = []
    for (code,) in site.sql("SELECT code FROM code WHERE incident IS NOT NULL"):
        racers += [
            *(Acknowledge(rules, code, Actor(who, "by SMS")) for who in ("张伟", "王磊")),
            Acknowledge(rules, code, Actor("admin", "by command")),
            Mute(rules, code, Actor("李娜", "by command"), HOUR),
        ]
        if code % 10 == 0:
            racers.append(Escalate(rules, code, Actor("李娜", "by command")))
    Random(3).shuffle(racers)
    futures = [(racer, writer.hand_in(racer)) for racer in racers]
    while writer.step():
        pass
    cames: dict[int, Counter[str]] = {}
    for racer, future in futures:
        [did] = future.result().dids
        if isinstance(racer, Acknowledge):
            cames.setdefault(racer.number, Counter())[did.came] += 1
            assert did.incident.acked_by is not None
    assert len(cames) == 1000
    assert all(each == {"done": 1, "taken": 2} for each in cames.values())
    assert set(acknowledged(site).values()) == {1}
    winners = Counter(row[0] for row in site.sql("SELECT acked_by FROM incident"))
    assert set(winners) == {"张伟", "王磊", "admin"}


def test_nonsense_neither_crashes_nor_acts(site: Site) -> None:
    rng = Random(5)
    site.alert()
    site.alert("磁盘满")
    site.run(MINUTE)
    alphabet = "确认升级静默全部allackem0123456789 ,;|、。?？\x00\u202e😀㈠①【】{}%<>'\"\\"
    for number in range(300):
        said = "".join(rng.choice(alphabet) for _ in range(rng.randrange(1, 40)))
        sender = rng.choice((PHONE, "13700000009", "10086"))
        if "10" in said or "11" in said or "全部" in said or "all" in said:
            continue
        text = f"1|{number},{sender};{said}"
        page = Page(-number - 1, "mysms", "page", text, site.now, "replies")
        keep = "INSERT INTO request (id, gateway, account, kind, owner, lease_until, started_at,"
        with site.runner.store.engine.begin() as connection:
            connection.exec_driver_sql(
                f"{keep} ended_at, outcome, answer) VALUES (?, 'g', 'mysms', 'replies', 'x', 0, 0,"
                " 0, 'page', ?)",
                (page.request, text),
            )
        applied = site.judge(ApplyReplies(site.runner.rules, page))
        assert len(applied.replies) == 1
        assert applied.replies[0] not in ("done", "late")
    assert acknowledged(site) == Counter()
    assert site.runner.writer.defects == 0
    assert site.sql("SELECT count(*) FROM message WHERE kind = 'answer'")[0][0] <= 5


def test_a_page_of_replies_is_judged_with_few_statements(site: Site) -> None:
    """However many SMS it holds."""
    for number in range(50):
        site.alert(f"告警{number}", "net", level="warning")
    site.run(MINUTE)
    counts = []
    for size in (1, 50):
        entries = "|".join(f"{size}{n},{PHONE};{10 + n % 50}" for n in range(size))
        text = f"{size}|{entries}"
        with site.runner.store.engine.begin() as connection:
            connection.exec_driver_sql(
                "INSERT INTO request (id, gateway, account, kind, owner, lease_until, started_at,"
                " ended_at, outcome, answer) VALUES (?, 'g', 'mysms', 'replies', 'x', 0, 0, 0,"
                " 'page', ?)",
                (-size, text),
            )
        page = Page(-size, "mysms", "page", text, site.now, "replies")
        item = ApplyReplies(site.runner.rules, page)
        from sms_notify.store.facts import Keys
        from sms_notify.store.loading import load

        with site.runner.store.reading() as tx:
            keys = Keys()
            keys.unite(item.wants(site.now))
            load(tx, keys, site.now, memory=HOUR)
            counts.append(tx.statements)
        site.judge(item)
    assert counts[0] == counts[1] <= 16
    assert len(acknowledged(site)) == 50
