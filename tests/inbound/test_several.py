"""A report without a known id, where several sends to one phone have no answer."""

from __future__ import annotations

from sms_notify.inbound.matching import match
from sms_notify.model import MessageState
from sms_notify.store.evidence import Evidence, Send
from sms_notify.store.outbox import LOST

PHONE = "+8613800000001"
REPORT = ("mysms", "77", PHONE, 10)


def unanswered(message: int, outcome: str) -> Send:
    return Send(
        message, message, "mysms", None, message, outcome, message, "uncertain", "张伟", PHONE,
        "first", 2, "x", 1, 1, message, 0, None, True,
    )  # fmt: skip


def known(*outcomes: str) -> Evidence:
    sends = {number: [unanswered(number, each)] for number, each in enumerate(outcomes, 1)}
    return Evidence(sends=sends, states=dict.fromkeys(sends, MessageState.uncertain))


def test_an_answer_that_was_lost_is_proved_for_the_oldest() -> None:
    found = match(known("uncertain", "uncertain"), REPORT, 10)
    assert found is not None
    assert found.message == 1


def test_the_only_send_whose_owner_died_is_proved() -> None:
    assert match(known(LOST), REPORT, 10) is not None


def test_of_several_whose_owner_died_none_is_proved_by_what_another_may_have_sent() -> None:
    assert match(known(LOST, LOST), REPORT, 10) is None
    assert match(known("uncertain", LOST), REPORT, 10) is None
