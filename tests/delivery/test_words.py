"""A word that the gateway refuses costs a round, never the page."""

from __future__ import annotations

import pytest

from sms_notify.simulator import Kind
from sms_notify.store import words
from sms_notify.store.tables import request
from sms_notify.text import units

from .world import ACCOUNT, NOW, World

TEXT = "【星云】严重 磁盘满 db-01"


def test_a_refused_text_goes_at_once_without_the_word(world: World) -> None:
    world.other.forbidden.add("磁盘")
    number = world.put(text=TEXT)
    world.send()
    row = world.row(number)
    assert (row["state"], row["text"], row["units"]) == ("queued", "【星云】严重 磁·盘满 db-01", 13)
    assert (row["tries"], row["not_before"]) == (0, NOW)
    world.send()
    assert (world.state(number), world.received(number)) == ("sent", 1)
    assert any("rewritten without 磁盘" in each for each in world.events(number))


def test_later_texts_are_written_without_it_before_they_leave(world: World) -> None:
    world.other.forbidden.add("磁盘")
    world.put(text=TEXT)
    world.send()
    later = world.put(text="【星云】警告 磁盘慢 db-02")
    world.send()
    assert (world.state(later), world.row(later)["text"]) == ("sent", "【星云】警告 磁·盘慢 db-02")
    assert [each["answer"][:2] for each in world.rows(request)].count("-3") == 1
    assert any(each.startswith("rewritten") for each in world.events(later))


def test_a_batch_that_shares_the_text_is_rewritten_whole_and_goes_together(world: World) -> None:
    world.other.forbidden.add("磁盘")
    numbers = [world.put_known(text=TEXT) for _ in range(5)]
    assert len(world.send()) == 1
    assert len(world.send()) == 1
    assert world.heard(numbers) == [1] * 5


def test_no_rewritten_text_is_longer_than_it_may_be(world: World) -> None:
    world.other.forbidden.add("磁盘")
    number = world.put(text=TEXT.ljust(70, "一"), units=70)
    world.send()
    world.send()
    row = world.row(number)
    assert (units(row["text"]), row["segments"], row["state"]) == (70, 1, "sent")


def test_a_gateway_that_sees_through_points_gets_a_star(world: World) -> None:
    world.strike(Kind.ANSWER, text="-3|磁盘", count=2)
    number = world.put(text=TEXT)
    for _ in range(3):
        world.send()
    assert world.state(number) == "sent"
    assert world.row(number)["text"] == "【星云】严重 磁*满 db-01"


def test_after_five_rounds_the_content_is_left_out(world: World) -> None:
    world.other.forbidden.update("磁盘满db0")
    number = world.put(text=TEXT)
    for _ in range(8):
        world.send()
    assert world.state(number) == "sent"
    assert world.row(number)["text"] == "【星云】严重告警1条,内容被拦截,请登录查看"


def test_a_word_that_is_not_in_the_text_leads_to_the_text_without_content(world: World) -> None:
    number = world.put(text=TEXT)
    world.strike(Kind.ANSWER, text="-3|别的", count=1)
    world.send()
    world.send()
    assert world.row(number)["text"] == "【星云】严重告警1条,内容被拦截,请登录查看"
    assert world.received(number) == 1


@pytest.mark.parametrize("words_refused", [{"【"}, set("磁盘严告")])
def test_what_even_the_built_in_text_cannot_say_fails_and_escalates(
    world: World, words_refused: set[str]
) -> None:
    """The rounds are bounded whatever is refused."""
    incident = world.incident()
    number = world.put(text=TEXT, incident=incident)
    for _ in range(12):
        world.other.forbidden = {"查", "看", "*", "·", "×"} | words_refused
        world.send()
    assert world.state(number) in {"sent", "failed"}
    assert len(world.rows(request)) <= 8


def test_a_word_is_listed_and_forgotten(world: World) -> None:
    world.other.forbidden.add("磁盘")
    world.put(text=TEXT)
    world.send()
    [row] = words.listed(world.store)
    assert (row["account"], row["word"], row["rule"], row["times"]) == (ACCOUNT, "磁盘", "split", 1)
    assert words.forget(world.store, "磁盘")
    assert not words.forget(world.store, "磁盘")
    assert words.listed(world.store) == []


def test_a_probe_is_written_without_known_words_too(world: World) -> None:
    world.other.forbidden.add("磁盘")
    world.put(text=TEXT)
    world.send()
    world.change_account(circuit="open", reason="busy", probe_at=NOW)
    number = world.put(text="【星云】严重 磁盘坏", level=2)
    world.send(1)
    world.send(8)
    assert world.state(number) == "sent"
    assert "磁·盘坏" in world.row(number)["text"]
