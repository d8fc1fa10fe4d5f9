"""A gateway that is one recipient: each piece of news once, with the names of all it is for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import insert

from sms_notify import delivery
from sms_notify.config import Apprise, Secret
from sms_notify.gateways import open_gateways
from sms_notify.model import HOUR, MINUTE, SECOND
from sms_notify.store import tables
from tests.programs.receiver import Receiver

from .world import ACCOUNT, NOW, World

PAGE = "【星云】严重 磁盘满 db-01"


@pytest.fixture
def chat() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def fallback(world: World, chat: Receiver) -> World:
    """An SMS account, and a chat behind it."""
    return with_chat(world, chat)


def with_chat(world: World, chat: Receiver, template: str | None = None) -> World:
    url = f"{chat.url.replace('http', 'json')}/hook"
    made = open_gateways([Apprise("备用", (Secret(url),), template)])
    world.terms = replace(world.terms, gateways=(*world.terms.gateways[:1], *made))
    return world


def lock(world: World, locked: bool = True) -> None:
    world.other.put_account(replace(world.other.account(ACCOUNT), locked=locked))


def down(world: World, until: int = NOW + HOUR) -> None:
    """The SMS account is down and not probed before `until`."""
    opened(world, ACCOUNT, until)


def opened(world: World, account: str, until: int) -> None:
    with world.store.engine.begin() as connection:
        row = {"account": account, "circuit": "open", "reason": "locked", "changed_at": NOW}
        connection.execute(insert(tables.gateway), row | {"probe_at": until})


def said(chat: Receiver) -> list[str]:
    return [posted.json["message"] for posted in chat.posted]


def page(world: World, person: str, **more: Any) -> int:
    return world.put(**{"person": person, "text": PAGE} | more)


def test_what_several_are_to_hear_is_said_once_and_names_them(
    fallback: World, chat: Receiver
) -> None:
    down(fallback)
    numbers = [page(fallback, name) for name in ("张伟", "李娜", "王磊")]
    fallback.send()
    assert said(chat) == [f"{PAGE}\n→ 张伟、李娜、王磊"]
    assert fallback.states(numbers) == ["sent"] * 3
    assert {fallback.row(number)["gateway"] for number in numbers} == {"备用"}
    claimed, sent = fallback.events(numbers[0])
    assert claimed.startswith("claimed: 备用, request ")
    assert claimed.endswith(", with 2 others")
    assert sent == "sent: accepted via JSON"
    assert fallback.row(numbers[0])["check_at"] is None  # no report is waited for
    assert fallback.rows(tables.usage) == []  # and nothing is billed


def test_another_incident_kind_or_text_is_said_for_itself(fallback: World, chat: Receiver) -> None:
    down(fallback)
    page(fallback, "张伟")
    page(fallback, "李娜", incident=fallback.incident())
    page(fallback, "王磊", kind="repeat")
    page(fallback, "赵敏", text="【星云】严重 磁盘满 db-02")
    page(fallback, "孙强", incident=None, kind="notice", text="余额不足")
    page(fallback, "周涛", incident=None, kind="notice", text="余额不足")
    fallback.send()
    names = {text.partition("\n→ ")[::2] for text in said(chat)}
    assert names == {
        ("余额不足", "周涛、孙强"),
        (PAGE, "张伟"),
        (PAGE, "李娜"),
        (PAGE, "王磊"),
        ("【星云】严重 磁盘满 db-02", "赵敏"),
    }
    assert len(said(chat)) == 5


def test_what_probes_the_sms_account_meanwhile_is_named_and_not_said_again(
    fallback: World, chat: Receiver
) -> None:
    lock(fallback)
    down(fallback, until=NOW)
    numbers = [page(fallback, name) for name in ("张伟", "李娜", "王磊")]
    fallback.send()
    assert said(chat) == [f"{PAGE}\n→ 张伟、李娜、王磊"]
    assert sorted(fallback.states(numbers)) == ["queued", "sent", "sent"]
    (probed,) = [number for number in numbers if fallback.state(number) == "queued"]
    (first,) = {min(number for number in numbers if number != probed)}
    fallback.send()
    assert len(said(chat)) == 1
    assert fallback.states(numbers) == ["sent"] * 3
    assert fallback.events(probed)[-1].endswith(f"said_already with message {first}")


def test_what_backs_off_is_said_with_the_others(fallback: World, chat: Receiver) -> None:
    down(fallback)
    late = page(fallback, "李娜", tries=2, not_before=NOW + 9 * SECOND)
    page(fallback, "张伟")
    fallback.send()
    assert said(chat) == [f"{PAGE}\n→ 张伟、李娜"]
    assert fallback.state(late) == "sent"


@pytest.mark.parametrize("status", [200, 500])
def test_what_comes_while_it_is_being_said_waits_for_what_that_comes_to(
    fallback: World, chat: Receiver, status: int
) -> None:
    down(fallback)
    first = page(fallback, "张伟")
    (flight,) = fallback.claim()
    fallback.pass_time(1)
    late = page(fallback, "李娜")
    assert fallback.claim() == []
    due = fallback.next_due({flight.request})
    assert due == NOW + 1 + SECOND  # and nothing turns round and round meanwhile
    chat.answer = lambda _posted: status
    fallback.settle(flight, fallback.fly(flight))
    chat.answer = lambda _posted: 200
    fallback.go_on(lambda: fallback.states([first, late]) == ["sent"] * 2)
    told = said(chat)
    assert told[0] == f"{PAGE}\n→ 张伟"
    assert told[1:] == ([f"{PAGE}\n→ 李娜"] if status == 200 else [f"{PAGE}\n→ 张伟、李娜"])


def test_whoever_is_told_later_is_named_then(fallback: World, chat: Receiver) -> None:
    down(fallback)
    page(fallback, "张伟")
    fallback.send()
    fallback.pass_time(10 * SECOND)
    page(fallback, "李娜")
    fallback.send()
    assert said(chat) == [f"{PAGE}\n→ 张伟", f"{PAGE}\n→ 李娜"]


def test_once_the_sms_account_is_back_it_carries_what_is_new_and_nothing_twice(
    fallback: World, chat: Receiver
) -> None:
    lock(fallback)
    numbers = [page(fallback, name) for name in ("张伟", "李娜")]
    fallback.go_on(lambda: fallback.states(numbers) == ["sent"] * 2)
    assert len(said(chat)) == 1
    lock(fallback, False)
    fallback.pass_time(2 * MINUTE)
    new = [page(fallback, name, kind="repeat") for name in ("张伟", "李娜")]
    fallback.go_on(lambda: fallback.states(new) == ["sent"] * 2)
    fallback.pass_time(2 * MINUTE)
    last = page(fallback, "张伟", kind="update")
    fallback.send()
    assert fallback.row(last)["gateway"] == "主通道"
    assert len(said(chat)) == 2  # the second while the probe of the account was in the air
    by_sms = [number for number in [*numbers, *new, last] if fallback.received(number)]
    assert by_sms == [
        number for number in [*new, last] if fallback.row(number)["gateway"] == "主通道"
    ]
    assert len(by_sms) == 2
    fallback.pass_time(2 * MINUTE)
    assert fallback.send() == []


def test_a_chat_that_is_down_too_holds_nothing_up_and_loses_nothing(
    fallback: World, chat: Receiver
) -> None:
    lock(fallback)
    chat.answer = lambda _posted: 500
    numbers = [page(fallback, f"p{n}", text=f"{PAGE} {n}") for n in range(6)]
    fallback.go_on(lambda: fallback.now > NOW + 2 * MINUTE)
    circuits = {row["account"]: row["circuit"] for row in fallback.rows(tables.gateway)}
    assert circuits == {ACCOUNT: "open", "apprise:备用": "open"}
    assert set(fallback.states(numbers)) <= {"queued", "held"}
    chat.posted.clear()
    chat.answer = lambda _posted: 200
    fallback.go_on(lambda: fallback.states(numbers) == ["sent"] * 6)
    assert sorted(said(chat)) == [f"{PAGE} {n}\n→ p{n}" for n in range(6)]


def test_a_sender_that_died_leaves_it_uncertain_and_it_is_said_once_more(
    fallback: World, chat: Receiver
) -> None:
    down(fallback)
    numbers = [page(fallback, name) for name in ("张伟", "李娜")]
    (flight,) = fallback.claim()
    fallback.now = flight.lease_until
    assert delivery.recover(fallback.store, fallback.terms, fallback.now, set())
    assert fallback.states(numbers) == ["uncertain"] * 2
    fallback.go_on(lambda: fallback.states(numbers) == ["sent"] * 2)
    assert said(chat) == [f"{PAGE}\n→ 张伟、李娜"]


def test_a_fallback_that_is_down_is_not_tried_on_pages_while_sms_leave(
    fallback: World, chat: Receiver
) -> None:
    opened(fallback, "apprise:备用", NOW)
    number = page(fallback, "张伟")
    assert fallback.next_due() == NOW
    fallback.send()
    assert (fallback.row(number)["gateway"], said(chat)) == ("主通道", [])
    assert (fallback.next_due() or NOW + HOUR) > NOW + SECOND


# A template of its own

LONG = """\
{{ level }} {{ name }}: {{ firing }}/{{ members }} @{{ receiver }}
{% for alert in alerts %}- {{ alert.labels.instance }} {{ alert.summary }}
{% endfor %}{% if more %}+{{ more }}{% endif %}
{{ people | join(", ") }}"""


def incident_of(world: World, count: int) -> int:
    number = world.incident()
    with world.store.engine.begin() as connection:
        for at in range(count):
            alert = {
                "id": 9_000 + at, "source": "line", "fingerprint": f"f{at}", "starts_at": NOW,
                "level": 2, "name": "磁盘满", "summary": f"已用 {90 + at % 10}%\x07 <b>{{{{ x }}}}",
                "labels": f'{{"instance": "db-{at:02}"}}', "annotations": "{}", "last_seen": NOW,
            }  # fmt: skip
            connection.execute(insert(tables.alert), alert)
            connection.execute(insert(tables.member), {"incident": number, "alert": alert["id"]})
        found = tables.incident.c.id == number
        connection.execute(
            tables.incident.update().where(found).values(firing=count, members=count + 1)
        )
    return number


def test_a_template_may_say_more_than_an_sms(world: World, chat: Receiver) -> None:
    with_chat(world, chat, LONG)
    down(world)
    incident = incident_of(world, 2)
    page(world, "张伟", incident=incident)
    page(world, "李娜", incident=incident)
    world.send()
    assert said(chat) == [
        "critical 磁盘满: 2/3 @数据库\n"
        "- db-00 已用 90% <b>{{ x }}\n"
        "- db-01 已用 91% <b>{{ x }}\n\n"
        "张伟, 李娜"
    ]


def test_of_many_alerts_it_says_fifty_and_how_many_more(world: World, chat: Receiver) -> None:
    with_chat(world, chat, LONG)
    down(world)
    page(world, "张伟", incident=incident_of(world, 60))
    world.send()
    (told,) = said(chat)
    assert (told.count("\n- "), "+10\n" in told) == (50, True)
    assert len(told) <= 4_000


@pytest.mark.parametrize("broken", ["{{ nothing }}", "{{ text", "{{ level.x.y }}", " {# #} "])
def test_a_template_that_fails_costs_no_page(world: World, chat: Receiver, broken: str) -> None:
    with_chat(world, chat, broken)
    down(world)
    page(world, "张伟")
    world.send()
    assert said(chat) == [f"{PAGE}\n→ 张伟"]
    told = [row["detail"] for row in world.rows(tables.event) if row["what"] == "template_failed"]
    assert len(told) == 1
    assert told[0].startswith("备用: ")
