"""Every answer to a send that the document names, and many that it does not, in its class."""

from __future__ import annotations

import pytest

from sms_notify.gateways import Answered, Came, Outcome
from sms_notify.gateways.redact import Redaction
from sms_notify.gateways.wavecom_answer import Asked, read_answer

from .accounts import ACCOUNT, PASSWORD

REDACT = Redaction((PASSWORD, ACCOUNT), "gbk")


def read(body: bytes | str, phones: int = 1, status: int = 200, whole: bool = True) -> Outcome:
    raw = body.encode("gbk") if isinstance(body, str) else body
    return read_answer(Answered(status, raw, whole=whole), Asked(phones, "代开发票", "gbk", REDACT))


@pytest.mark.parametrize(
    ("answer", "came", "reason"),
    [
        ("-1", Came.rejected, "-1"),
        ("-2", Came.rejected, "-2"),
        ("-4", Came.rejected, "-4"),
        ("-8", Came.rejected, "-8"),
        ("-7", Came.account_down, "login"),
        ("-9", Came.account_down, "balance"),
        ("-10", Came.account_down, "locked"),
        ("-99", Came.busy, "-99"),
        ("-3|发票", Came.forbidden_word, "-3"),
        ("-3", Came.forbidden_word, "-3"),
        ("-3|", Came.forbidden_word, "-3"),
        ("-5", Came.unknown, "code"),
        ("-100", Came.unknown, "code"),
        ("-77", Came.unknown, "code"),
        ("", Came.unknown, "empty"),
        (" \r\n", Came.unknown, "empty"),
        ("0", Came.unknown, "other"),
        ("1|1|0|5", Came.unknown, "other"),
        ("OK", Came.unknown, "other"),
        ("<html>502</html>", Came.unknown, "html"),
        ("--7", Came.unknown, "other"),
        ("-7 -10", Came.unknown, "other"),
        ("系统忙", Came.unknown, "other"),
    ],
)
def test_each_answer_in_its_class(answer: str, came: Came, reason: str) -> None:
    outcome = read(answer)
    assert (outcome.came, outcome.reason) == (came, reason)


@pytest.mark.parametrize("around", ["{}", "{}\r\n", "  {} ", "\n\n{}\n", "\t{}\x00"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf", b"\xef\xbb\xbf\r\n"])
def test_byte_order_marks_line_ends_and_blanks_do_not_matter(around: str, bom: bytes) -> None:
    assert read(bom + around.format("-99").encode()).came is Came.busy
    assert read(bom + around.format("0|1|0|640").encode()).provider_ids == ("640",)


@pytest.mark.parametrize(
    ("answer", "phones", "accepted", "refused", "ids"),
    [
        ("0|1|0|6408676", 1, 1, 0, ("6408676",)),
        ("0|3|0|1,2,3", 3, 3, 0, ("1", "2", "3")),
        ("0|3|0|77", 3, 3, 0, ("77",)),  # one id for the batch
        ("0|2|1|1,2", 3, 2, 1, ()),  # which two?
        ("0|0|2|", 2, 0, 2, ()),
        ("0|1|0|", 1, 1, 0, ()),
        ("0 | 1 | 0 | 5 ", 1, 1, 0, ("5",)),
        ("0|1|0|5|later fields", 1, 1, 0, ("5",)),
        ("0|1|0|<b>", 1, 1, 0, ()),
    ],
)
def test_taken_says_how_many_and_by_which_ids(
    answer: str, phones: int, accepted: int, refused: int, ids: tuple[str, ...]
) -> None:
    outcome = read(answer, phones)
    assert outcome.came is Came.accepted
    assert (outcome.accepted, outcome.refused, outcome.provider_ids) == (accepted, refused, ids)


@pytest.mark.parametrize("answer", ["0|", "0|1", "0|1|", "0|1|0", "0|x|0|1", "0|-1|0|1"])
def test_taken_but_not_legible_is_never_sent_again_blindly(answer: str) -> None:
    assert read(answer).came is Came.uncertain


def test_taken_with_more_than_can_be_read_is_uncertain() -> None:
    assert read(b"0|1|0|" + b"9" * 65_530, whole=False).came is Came.uncertain
    assert read(b"9" * 65_536, whole=False).reason == "huge"


@pytest.mark.parametrize("status", [201, 204, 301, 302, 400, 401, 404, 414, 500, 502, 503, 504])
def test_no_other_status_than_200_is_an_answer(status: int) -> None:
    outcome = read("-7", status=status)
    assert (outcome.came, outcome.reason) == (Came.unknown, f"http_{status}")


def test_the_forbidden_word_is_read_in_the_charset_in_which_it_stands_in_the_text() -> None:
    assert read("-3|发票".encode()).word == "发票"
    assert read("-3|发票".encode("gbk")).word == "发票"
    assert read("-3| 别的 ").word == "别的"


def test_the_document_as_it_stands_on_the_vendors_page_answers_for_itself() -> None:
    assert read("0|1|0|SMSID").provider_ids == ("SMSID",)


def test_a_page_that_shows_the_request_again_is_kept_without_secrets_and_whole_numbers() -> None:
    from urllib.parse import quote

    name, word = quote(ACCOUNT), quote(PASSWORD.encode("gbk"), safe="")
    url = f"/sendsms_txt.asp?us_name={name}&us_pwd={word}&send_phone=13800000001,13900000002"
    page = f"<html><h1>404</h1> {url}\r\n{PASSWORD} {word.lower()} {quote(PASSWORD)}</html>"
    outcome = read(page, status=404)
    assert outcome.detail.startswith("<html><h1>404</h1>")
    for secret in (PASSWORD, word, word.lower(), quote(PASSWORD), ACCOUNT, "13800000001"):
        assert secret not in outcome.detail
    assert "138****0001" in outcome.detail
    assert len(outcome.detail) <= 200


def test_a_long_answer_is_shortened_to_one_line() -> None:
    detail = read("一\n二\r\x00\x1b[31m" * 500).detail
    assert len(detail) == 200
    assert detail.isprintable()
