"""One line an event; no secret, no whole phone number, no second line from a stranger's text."""

from __future__ import annotations

import io
import logging
import re
import time
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from sms_notify import logs
from sms_notify.errors import Malformed

SECRET = "Geheim-Pw#42 密"
QUOTES = 'a "b\\c" \u200bd'


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    stream = io.StringIO()
    logs.set_up([SECRET, QUOTES], stream=stream)
    yield stream
    root.handlers[:], root.level = before


def test_an_event_is_one_line_of_key_and_value(written: io.StringIO) -> None:
    logging.getLogger("x").warning("gateway_down", extra={"account": "mysms", "why": 'a "b" c'})
    line = written.getvalue()
    assert line.endswith('Z warning gateway_down account=mysms why="a \\"b\\" c"\n')
    assert line.count("\n") == 1


@pytest.mark.parametrize("text", ["a\nlevel=critical fake=1", "a\r\nb", "\x1b[2J", "a\u2028b"])
def test_a_strangers_text_cannot_begin_a_line_or_drive_a_terminal(
    written: io.StringIO, text: str
) -> None:
    logging.getLogger("x").info("said %s", text, extra={"alert": text})
    assert len(written.getvalue().splitlines()) == 1
    assert "\x1b" not in written.getvalue()


@pytest.mark.parametrize(
    "form",
    [
        SECRET,
        quote(SECRET),
        re.sub("%..", lambda found: found[0].lower(), quote(SECRET, safe="")),
        quote(SECRET.encode("gbk")),
        SECRET.replace(" ", "+").replace("#", "%23").replace("密", "%E5%AF%86"),
    ],
)
def test_a_secret_is_masked_in_every_form_in_which_a_url_may_hold_it(
    written: io.StringIO, form: str
) -> None:
    logging.getLogger("x").error("failed", extra={"at": f"pwd={form}&x=1"})
    assert form not in written.getvalue()
    assert "***" in written.getvalue()


def test_a_secret_with_quotes_is_known_before_a_value_is_put_into_some(
    written: io.StringIO,
) -> None:
    try:
        raise ValueError(f"no {QUOTES} here")
    except ValueError:
        logging.getLogger("x").exception("said %s", QUOTES, extra={"why": f"it was {QUOTES}"})
    line = written.getvalue()
    assert 'said *** why="it was ***" error="ValueError: no *** here"' in line


@pytest.mark.parametrize(
    "phone", ["+8613800000001", "13800000001", "8613800000001", "+4915112345678"]
)
def test_a_phone_number_is_masked(written: io.StringIO, phone: str) -> None:
    logging.getLogger("x").error(f"to {phone}.", extra={"phone": phone})
    assert phone[-11:] not in written.getvalue()
    assert "****" in written.getvalue()


def test_what_is_no_phone_number_stays(written: io.StringIO) -> None:
    logging.getLogger("x").info("took", extra={"at": 1795363141085276, "id": "db-13800000001-x"})
    assert "at=1795363141085276 id=db-13800000001-x" in written.getvalue()


def test_an_exception_is_told_by_type_and_place_without_its_url(written: io.StringIO) -> None:
    try:
        raise ConnectionError("http://h:1/sms?account=a&password=not-known-to-us failed")
    except ConnectionError:
        logging.getLogger("x").exception("send_failed")
    line = written.getvalue()
    assert "not-known-to-us" not in line
    assert 'error="ConnectionError: <url> failed"' in line
    assert "at=test_logs.py:" in line
    assert "Traceback" not in line


def test_an_exception_that_holds_a_whole_body_is_told_in_time(written: io.StringIO) -> None:
    began = time.process_time()
    try:
        raise KeyError("a" * 100_000)
    except KeyError:
        logging.getLogger("x").exception("failed")
    assert time.process_time() - began < 1
    assert len(written.getvalue()) < 3_000


def test_our_own_errors_keep_their_text(written: io.StringIO) -> None:
    try:
        raise Malformed("alerts[0].labels: missing")
    except Malformed:
        logging.getLogger("x").exception("refused")
    assert 'error="alerts[0].labels: missing"' in written.getvalue()


def test_a_secret_learned_later_is_masked_from_then_on() -> None:
    redactor = logs.Redactor()
    assert redactor.clean("word-of-tomorrow") == "word-of-tomorrow"
    redactor.learn(["word-of-tomorrow"])
    assert redactor.clean("a word-of-tomorrow b") == "a *** b"


def test_uvicorn_speaks_through_the_same_formatter(written: io.StringIO) -> None:
    logging.getLogger("uvicorn.error").error("Exception at %s", SECRET)
    logging.getLogger("uvicorn.access").info("GET /?token=%s", SECRET)
    assert SECRET not in written.getvalue()
    assert len(written.getvalue().splitlines()) == 1
