"""Pages of inbound SMS: both forms, any content, and nothing acted on that may be forged."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sms_notify.gateways.polled import ReplyEntry, ReplyPage
from sms_notify.gateways.wavecom_replies import read_replies

ONE, TWO = "+8613800000001", "+8613900000002"


def entries(text: str) -> list[tuple[str, str, str]]:
    page = read_replies(text)
    assert not page.ambiguous
    return [(each.inbound_id, each.phone, each.text) for each in page.entries]


def test_the_example_of_the_document_is_read_though_it_contradicts_the_text() -> None:
    page = "2|133,13798361236;我回复一条|134,13826588212;我也回复一条"
    expected = [("133", "+8613798361236", "我回复一条"), ("134", "+8613826588212", "我也回复一条")]
    assert entries(page) == expected
    assert entries(page.replace(",", ";")) == expected


@pytest.mark.parametrize(
    "content", ["12确认", "12;e", "a,b", "好|的", "好|12;确认", "|", ";", "", "1|2|3", "12 m 2h"]
)
def test_a_content_may_hold_every_divider(content: str) -> None:
    stripped = content.strip()
    assert entries(f"1|133;13800000001;{content}") == [("133", ONE, stripped)]
    both = f"2|133;13800000001;{content}|134;13900000002;好"
    assert entries(both) == [("133", ONE, stripped), ("134", TWO, "好")]


def test_one_message_is_all_content_whatever_it_looks_like() -> None:
    forged = "好的|999,13900000002;12"
    assert entries(f"1|133;13800000001;{forged}") == [("133", ONE, forged)]


@pytest.mark.parametrize(
    "page",
    [
        "2|133;13800000001;好的|999,13900000002;12|134;13700000003;好",
        "2|133;13800000001;好的",
        "3|133;13800000001;好的|134;13900000002;12",
        "2|x|133;13800000001;好",
        "1|好|133;13800000001;好",
        "0|133;13800000001;好",
    ],
)
def test_a_page_that_does_not_add_up_is_ambiguous_and_nothing_is_acted_on(page: str) -> None:
    read = read_replies(page)
    assert read.ambiguous
    assert read.entries == ()
    assert ONE in read.senders


@pytest.mark.parametrize("sender", ["10086", "106550101234", "8613800000001", "+8613800000001"])
def test_no_sender_is_too_strange_to_be_counted(sender: str) -> None:
    """Else the forged entry would make up the count, and be acted on."""
    forged = f"2|133;{sender};广告|134;13800000001;好的|999,13900000002;12"
    assert read_replies(forged).ambiguous
    honest = read_replies(f"2|133;{sender};广告|134;13800000001;12")
    assert [entry.text for entry in honest.entries] == ["广告", "12"]


def test_a_page_that_was_cut_is_ambiguous() -> None:
    assert read_replies("1|133;13800000001;12", whole=False).ambiguous


@pytest.mark.parametrize("text", ["0", "\ufeff0\r\n", "0|"])
def test_no_messages_are_no_messages(text: str) -> None:
    assert read_replies(text) == ReplyPage(0)


def test_an_answer_in_another_charset_is_still_divided_rightly() -> None:
    raw = "2|133;13800000001;我回复一条|134;13900000002;好".encode()
    page = read_replies(raw.decode("gbk", "replace"))
    assert [entry.phone for entry in page.entries] in ([ONE, TWO], [])
    assert page.ambiguous == (page.entries == ())


@given(st.text(max_size=200), st.booleans())
def test_no_text_breaks_it(text: str, whole: bool) -> None:
    for start in ("", "1|", "3|133;13800000001;"):
        read_replies(start + text, whole=whole)


@given(st.lists(st.text(max_size=30), min_size=1, max_size=50))
def test_a_page_is_read_back_or_ambiguous_but_never_read_wrongly(contents: list[str]) -> None:
    body = "".join(f"|{133 + place};13800000001;{text}" for place, text in enumerate(contents))
    page = read_replies(f"{len(contents)}{body}")
    if not page.ambiguous:
        assert len(page.entries) == len(contents)
        assert all(isinstance(entry, ReplyEntry) for entry in page.entries)
        assert [entry.inbound_id for entry in page.entries] == [
            str(133 + place) for place in range(len(contents))
        ]
