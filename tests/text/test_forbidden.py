"""Words that a gateway refuses: gone from the text, which stays as short and can be read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sms_notify.model import Kind, Level
from sms_notify.text import units
from sms_notify.text.forbidden import Rule, rewrite, stronger, without_content

SPLIT, STARS = Rule.points, Rule.stars
TEXT = "【星云】严重 磁盘满 db-01 93%"


@pytest.mark.parametrize(
    ("word", "rule", "expected"),
    [
        ("磁盘", SPLIT, "【星云】严重 磁·盘满 db-01 93%"),
        ("磁盘满", SPLIT, "【星云】严重 磁·盘满 db-01 93%"),
        ("磁盘", STARS, "【星云】严重 磁*满 db-01 93%"),
        ("磁盘满", STARS, "【星云】严重 磁*满 db-01 93%"),
        ("满", SPLIT, "【星云】严重 磁盘* db-01 93%"),
        ("DB-01", SPLIT, "【星云】严重 磁盘满 db·-01 93%"),
        ("发票", SPLIT, TEXT),
        (" ", SPLIT, TEXT),
    ],
)
def test_a_word_is_written_so_that_it_is_still_read(word: str, rule: Rule, expected: str) -> None:
    assert rewrite(TEXT, {word: rule}, 70) == expected


def test_a_text_without_room_hides_a_character_instead() -> None:
    full = TEXT.ljust(70, "一")
    made = rewrite(full, {"磁盘": SPLIT}, 70)
    assert (units(made), "磁*满" in made) == (70, True)


def test_a_split_word_that_is_refused_again_is_starred() -> None:
    split = rewrite(TEXT, {"磁盘": SPLIT}, 70)
    assert stronger(split, "磁盘", SPLIT) is STARS
    starred = rewrite(split, {"磁盘": STARS}, 70)
    assert starred == "【星云】严重 磁*满 db-01 93%"
    assert stronger(starred, "磁盘", STARS) is None


def test_the_text_without_content_says_how_bad_how_many_and_where_to_look() -> None:
    said = without_content(f"{TEXT} 回12确认", Kind.first, Level.critical, 1, "zh")
    assert said == "【星云】严重告警1条,内容被拦截,请登录查看 回12确认"
    over = without_content("OK disk", Kind.resolved, Level.warning, 3, "en")
    assert over == "OK alerts: 3, text refused by the gateway, please log in"


letters = st.text(st.sampled_from("ab·*磁盘满 "), max_size=30)
words = st.dictionaries(
    st.text(st.sampled_from("ab·*磁盘"), min_size=1, max_size=3), st.sampled_from(Rule), max_size=3
)


@given(letters, words, st.integers(0, 40))
def test_no_word_is_left_and_no_text_grows_above_its_room(
    text: str, refused: dict[str, Rule], room: int
) -> None:
    made = rewrite(text, refused, room)
    assert not [word for word in refused if word in made]
    assert units(made) <= max(room, units(text))
    assert rewrite(made, refused, room) == made
