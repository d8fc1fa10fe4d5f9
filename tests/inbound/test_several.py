"""A report without a known id, where several sends to one phone have no answer."""

from __future__ import annotations

from sms_notify.gateways import Status
from sms_notify.inbound.matching import match
from sms_notify.model import HOUR, MINUTE, MessageState
from sms_notify.store.evidence import Evidence, Known, Orphan, ReportKey, Send
from sms_notify.store.outbox import LOST

PHONE = "+8613800000001"
AT = 100


def report(number: int, status: int = Status.delivered) -> ReportKey:
    return ("mysms", str(number), PHONE, status)


REPORT = report(77)


def unanswered(message: int, outcome: str, started_at: int | None = None) -> Send:
    started_at = message if started_at is None else started_at
    return Send(
        message, message, "mysms", None, started_at, outcome, message, "uncertain", "张伟", PHONE,
        "first", 2, "x", 1, 1, message, 0, None, True,
    )  # fmt: skip


def known(*outcomes: str) -> Evidence:
    return of(*(unanswered(number, each) for number, each in enumerate(outcomes, 1)))


def of(*sends: Send) -> Evidence:
    states = {send.message: MessageState.uncertain.value for send in sends}
    return Evidence(sends={send.message: [send] for send in sends}, states=states)


def found(evidence: Evidence, key: ReportKey = REPORT, at: int = AT) -> int | None:
    send = match(evidence, key, at)
    return send.message if send else None


def test_an_answer_that_was_lost_is_proved_for_the_oldest() -> None:
    assert found(known("uncertain", "uncertain")) == 1


def test_the_only_send_whose_owner_died_is_proved() -> None:
    assert found(known(LOST)) == 1


def test_of_several_whose_owner_died_none_is_proved_by_what_another_may_have_sent() -> None:
    assert found(known(LOST, LOST)) is None
    assert found(known("uncertain", LOST)) is None


def test_as_many_reports_as_sends_prove_each_of_them() -> None:
    evidence = known(LOST, "uncertain", LOST)
    evidence.reports = {report(1): Known(None, 50), report(2): Known(None, 60)}
    assert found(evidence) == 1
    del evidence.reports[report(1)]
    assert found(evidence) is None


def test_reports_that_prove_nothing_here_are_not_counted() -> None:
    evidence = of(unanswered(1, LOST, 10), unanswered(2, LOST, 20))
    elsewhere = ("mysms", "1", "+8613800000002", 10)
    for key, stored in (
        (report(1), Known(None, 9)),  # came before the first of them was sent
        (report(1), Known(None, AT + 1)),  # came later: it may be of a send that is not counted
        (report(1), Known(5, 50)),  # of a message that is known
        (elsewhere, Known(None, 50)),
        (("other", "1", PHONE, 10), Known(None, 50)),
        (report(77, Status.no_result), Known(None, 50)),  # two words about one send
    ):
        evidence.reports = {key: stored}
        assert found(evidence) is None, key


def test_which_of_them_failed_is_not_guessed() -> None:
    evidence = known(LOST, LOST)
    evidence.reports = {report(1, Status.failed): Known(None, 50)}
    assert found(evidence) is None
    assert found(evidence, report(77, Status.failed)) is None


def orphan(followed_at: int | None = None, started_at: int = 1, message: int = 9) -> Orphan:
    return Orphan(message, 90, "mysms", PHONE, started_at, followed_at)


def test_a_send_of_what_was_sent_again_since_may_be_what_the_report_is_about() -> None:
    evidence = known(LOST)
    evidence.orphans = [orphan()]
    assert found(evidence) is None
    evidence.reports = {report(1): Known(None, 50)}
    assert found(evidence) == 1


def test_once_the_later_send_has_its_report_the_earlier_one_never_left() -> None:
    evidence = known("uncertain")
    evidence.orphans = [orphan(followed_at=AT - 1)]
    assert found(evidence) == 1
    evidence.orphans = [orphan(followed_at=AT)]
    assert found(evidence) is None, "of one page of reports none came first"


def test_two_sends_of_one_message_prove_it_by_either() -> None:
    evidence = known(LOST)
    evidence.orphans = [orphan(message=1, started_at=0)]
    assert found(evidence) == 1


def test_what_nobody_told_for_an_hour_stands_in_nobodys_way() -> None:
    at = HOUR + 2 * MINUTE
    evidence = of(unanswered(1, LOST, MINUTE), unanswered(2, LOST, HOUR))
    evidence.orphans = [orphan()]
    assert found(evidence, at=at) == 2
    assert found(of(unanswered(1, LOST, MINUTE)), at=at) == 1, "there is nothing else it can be"
