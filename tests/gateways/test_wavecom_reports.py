"""Pages of status reports: what can be read counts, the rest is kept as it came."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sms_notify.gateways import ReportEntry, ReportPage, Status, read_reports
from sms_notify.gateways.wavecom_number import number, phone_of

DOCUMENT = "3|6408676;13682250950;20|6408649;13711147169;20|6408649;13719445093;20"
GOOD = ReportEntry("640", "+8613800000001", Status.delivered)


def test_the_example_of_the_document_is_read() -> None:
    page = read_reports(DOCUMENT)
    assert page.entries == (
        ReportEntry("6408676", "+8613682250950", Status.failed),
        ReportEntry("6408649", "+8613711147169", Status.failed),
        ReportEntry("6408649", "+8613719445093", Status.failed),
    )
    assert not page.short
    assert page.unreadable == ()


@pytest.mark.parametrize(
    "text",
    [
        "1|640;13800000001;10",
        "1|640,13800000001;10",
        "1|640,13800000001,10",
        "\ufeff1|640;13800000001;10\r\n",
        " 1 | 640 ; 13800000001 ; 10 |",
        "1|\r\n640;+8613800000001;10\x00",
        "1|640;8613800000001;10",
        "1|640;008613800000001;10",
    ],
)
def test_every_way_of_writing_one_entry_is_read(text: str) -> None:
    assert read_reports(text) == ReportPage(1, (GOOD,))


@pytest.mark.parametrize(
    ("written", "status"),
    [("10", Status.delivered), ("20", Status.failed), ("-1", Status.no_result)],
)
def test_each_status_is_read(written: str, status: Status) -> None:
    (entry,) = read_reports(f"1|640;13800000001;{written}").entries
    assert entry.status is status


@pytest.mark.parametrize(
    "entry",
    ["640;13800000001;30", "640;13800000001;", "640;13800000001", "640;;10", ";13800000001;10",
     "640;13800000001;10;4", "640;1380000000a;10", "<b>640</b>", "６４０;13800000001;10"],
)  # fmt: skip
def test_an_entry_that_cannot_be_read_costs_only_itself(entry: str) -> None:
    assert read_reports(f"2|{entry}|640;13800000001;10") == ReportPage(2, (GOOD,), (entry,))


def test_a_page_with_fewer_entries_than_it_says_is_short() -> None:
    page = read_reports("3|640;13800000001;10|641;13800000002;10")
    assert (len(page.entries), page.short) == (2, True)


def test_the_last_entry_of_a_page_that_was_cut_is_not_trusted() -> None:
    page = read_reports("3|640;13800000001;10|641;13800000002;20", whole=False)
    assert (page.entries, page.unreadable) == ((GOOD,), ("641;13800000002;20",))
    assert page.short


@pytest.mark.parametrize("text", ["", "<html>", "-7", "x|640;13800000001;10"])
def test_what_is_no_page_has_no_entries(text: str) -> None:
    page = read_reports(text)
    assert (page.claimed, page.entries) == (None, ())
    assert page.unreadable == ((text,) if text else ())


@given(st.text(max_size=200), st.booleans())
def test_no_text_breaks_it(text: str, whole: bool) -> None:
    read_reports(text, whole=whole)
    read_reports("5|" + text, whole=whole)


@given(
    st.lists(
        st.tuples(
            st.integers(1, 10**9).map(str),
            st.integers(0, 10**8 - 1).map(lambda n: f"138{n:08}"),
            st.sampled_from(list(Status)),
        ),
        max_size=100,
    ),
    st.sampled_from([";", ","]),
)
def test_a_page_is_read_back_as_it_was_written(
    entries: list[tuple[str, str, Status]], divider: str
) -> None:
    body = "".join(f"|{one}{divider}{phone};{int(status)}" for one, phone, status in entries)
    page = read_reports(f"{len(entries)}{body}")
    assert [(e.provider_id, e.phone.removeprefix("+86"), e.status) for e in page.entries] == entries


@pytest.mark.parametrize(
    "phone", ["+8613800000001", "+8675580808080", "+862080808080", "+85291234567", "+14155550123"]
)
def test_a_number_comes_back_as_it_was_sent(phone: str) -> None:
    assert phone_of(number(phone)) == phone


@pytest.mark.parametrize("written", ["10086", "106550101234", "12306", "95588"])
def test_a_short_number_stays_as_it_is(written: str) -> None:
    assert phone_of(written) == written
