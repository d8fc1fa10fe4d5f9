"""Whatever arrives: one SMS, nothing torn, nothing hostile, no number made up."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sms_notify.model import Kind, Level
from sms_notify.text import Digest, DigestLine, Texts, Wording, carry, segments, units
from sms_notify.text.measure import cut, graphemes
from tests.text.given import AT, SIGNED, a_story, an_alert

PIECES = st.sampled_from(
    [
        *("磁盘空间不足", "db-01", " ", "k8s", "99th", "14h 27m 41s", "93.4271846%", "128.6m/s"),
        *(
            "👨‍👩‍👧‍👦",
            "🔥",
            "🇨🇳",
            "é",
            "e\u0301\u0323",
            "שלום",
            "مرحبا",
            "\u202e",
            "\u200b",
            "\x00",
        ),
        *(
            "\ud800",
            "\udfff",
            "\ue000",
            "\ue0ff",
            "\n",
            "{{ 7*7 }}",
            "{% for i in x %}",
            "%s",
            "{0}",
        ),
        *("2.2928131e+09", "10.0.0.1:9100", "https://x.example.com/a?b=1", "ᄀ각ᆨ", "คำ", "(", ")"),
        *("[", "]", "【", "】", "回12确认", "…", "\u3000", "\xa0", "\t", "-", "/", "€", "µs", "½"),
    ]
)
HOSTILE = st.lists(PIECES | st.text(max_size=12) | st.characters(), max_size=40).map("".join)
LONG = st.tuples(HOSTILE, st.integers(1, 10_000)).map(lambda pair: (pair[0] or "x") * pair[1])
FIELD = HOSTILE | LONG.map(lambda text: text[:10_000])
CHARSETS = st.sampled_from(["gbk", "gb18030", "utf-8"])
TEXTS = {
    charset: Texts(Wording(signature="星云运维", charset=charset))
    for charset in ("gbk", "gb18030", "utf-8")
}


def is_sound(text: str, charset: str) -> bool:
    """Encodable, on one line, printable, without marks of ours or direction overrides."""
    text.encode(charset)
    hostile = re.search(
        "[\x00-\x1f\x7f-\x9f\ud800-\udfff\ue000-\uf8ff\u202a-\u202e\u2066-\u2069]", text
    )
    return hostile is None and "  " not in text


@settings(max_examples=300, deadline=None)
@given(
    name=FIELD, summary=FIELD, description=FIELD, host=FIELD, label=FIELD, charset=CHARSETS,
    source=st.sampled_from(["alertmanager", "zabbix", "line"]),
    code=st.none() | st.integers(1, 9999), kind=st.sampled_from(list(Kind)),
)  # fmt: skip
def test_whatever_an_alert_holds_its_text_is_one_sound_sms(
    name: str, summary: str, description: str, host: str, label: str, charset: str, source: str,
    code: int | None, kind: Kind,
) -> None:  # fmt: skip
    alert = an_alert(
        name, source=source, summary=summary, description=description, instance=host, pod=label
    )
    text = TEXTS[charset].story(a_story(alert, kind=kind, code=code))
    assert text.units <= 70
    assert text.units == units(text.text)
    assert text.segments == 1
    assert text.fallback == ""
    assert is_sound(text.text, charset)
    if code is not None and kind is not Kind.resolved:
        assert text.text.endswith(f"回{code}确认")


@settings(max_examples=100, deadline=None)
@given(hosts=st.lists(HOSTILE, min_size=1, max_size=60), more=st.integers(0, 500))
def test_whatever_the_hosts_are_called_a_fold_is_one_sound_sms(hosts: list[str], more: int) -> None:
    story = a_story(*(an_alert(instance=host) for host in hosts), more=more)
    text = TEXTS["gbk"].story(story)
    assert text.units <= 70
    assert is_sound(text.text, "gbk")
    if more:
        assert f"+{more}" in text.text


@settings(max_examples=100, deadline=None)
@given(
    lines=st.lists(
        st.tuples(FIELD, st.sampled_from(list(Level)), st.integers(1, 10_000)), max_size=30
    ),
    ended=st.integers(0, 99),
)
def test_whatever_a_digest_lists_it_is_one_sound_sms(
    lines: list[tuple[str, Level, int]], ended: int
) -> None:
    listed = tuple(DigestLine(name, level, count) for name, level, count in lines)
    text = TEXTS["gbk"].digest(Digest(AT - 10**9, AT, listed, ended, 12))
    assert text.units <= 70
    assert is_sound(text.text, "gbk")
    assert text.text.endswith("回12确认")


@given(FIELD)
def test_a_notice_is_one_sound_sms(text: str) -> None:
    fitted = TEXTS["gbk"].notice(text)
    assert fitted.units <= 70
    assert is_sound(fitted.text, "gbk")


@given(st.text(max_size=80), st.integers(0, 40))
def test_a_cut_tears_no_grapheme_and_keeps_to_its_room(text: str, room: int) -> None:
    kept = cut(text, room)
    assert units(kept) <= room
    if kept != text:
        whole = graphemes(text)
        shown = graphemes(kept.removesuffix("…"))
        assert shown == whole[: len(shown)]


@given(st.floats(0.001, 1e9), st.sampled_from(["", "%", "s", "ms", " MB", "GiB", "/s"]))
def test_a_number_in_a_text_is_the_one_that_the_alert_states(value: float, unit: str) -> None:
    alert = an_alert(
        "CheckValue", instance="db:1", description=f"current value is {value:.3f}{unit}"
    )
    text = TEXTS["utf-8"].story(a_story(alert, code=None)).text
    shown = re.search(r"db (\S+) 09:16$", text)
    if shown is None:
        return
    assert _base(shown[1]) == pytest.approx(_base(f"{value:.3f}{unit}"), rel=0.01, abs=0.0006)


def _base(text: str) -> float:
    """A number with its unit, read independently of the code under test."""
    seconds = {"d": 86400, "h": 3600, "m": 60, "s": 1}
    if re.fullmatch(r"(\d+[dhm])+(\d+s)?", text):
        clock = re.findall(r"(\d+)([dhms])", text)
        return float(sum(int(number) * seconds[name] for number, name in clock))
    number = re.match(r"[-\d.]+(?:e-?\d+)?", text)
    assert number is not None
    name = text[number.end() :].strip()
    scales = {
        "us": 1e-6, "ms": 1e-3, "K": 1e3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15,
        "E": 1e18, "GiB": 2**30,
    }  # fmt: skip
    bare = name if name in scales else name.removesuffix("/s").removesuffix("B")
    return float(number[0]) * scales.get(bare, 1)


@given(st.text())
def test_units_are_utf_16_code_units(text: str) -> None:
    assert units(text) == len(text.encode("utf-16-le", "surrogatepass")) // 2


@given(st.integers(1, 335))
def test_a_text_up_to_70_is_one_sms_and_67_units_each_above(length: int) -> None:
    assert segments(length) == (1 if length <= 70 else (length + 66) // 67)


@given(st.text(), CHARSETS)
def test_what_a_charset_cannot_carry_is_replaced_not_dropped_as_garbage(
    text: str, charset: str
) -> None:
    if any(unicodedata.category(char) == "Cs" for char in text):
        return
    carry(text, charset).encode(charset)


def test_a_text_takes_no_longer_for_longer_input() -> None:
    """Only the first characters of a field are looked at: the text cannot depend on the rest."""
    texts = Texts(SIGNED)
    head = "disk of db-01 is 93.4% full, above 90% " * 30
    short = an_alert("N" * 300, summary=head, description=head, instance="h" * 400)
    long = an_alert("N" * 10_000, summary=head * 9, description=head * 9, instance="h" * 9_000)
    assert texts.story(a_story(short)) == texts.story(a_story(long))
