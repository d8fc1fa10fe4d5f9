"""The grammar of replies: what it says, and that nothing else ever acts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sms_notify.inbound.grammar import OPT_OUTS, VERBS, Request, Unread, Verb, normal, read
from sms_notify.model import HOUR, MINUTE

A, E, M, S, W, H = Verb.ack, Verb.escalate, Verb.mute, Verb.status, Verb.on_call, Verb.help
SAID = {
    "12": Request(A, (12,)),
    "１２ａ": Request(A, (12,)),
    " “12”。 ": Request(A, (12,)),
    "12确认": Request(A, (12,)),
    "确认 12": Request(A, (12,)),
    "确认12": Request(A, (12,)),
    "12 OK!": Request(A, (12,)),
    "收到": Request(A),
    "认领。": Request(A),
    "12,13": Request(A, (12, 13)),
    "12 13": Request(A, (12, 13)),
    "12，13，12 ack": Request(A, (12, 13)),
    "a 12,13": Request(A, (12, 13)),
    "确认12,13": Request(A, (12, 13)),
    "全部": Request(A, all=True),
    "ALL ok": Request(A, all=True),
    "全部确认": Request(A, all=True),
    "ack all": Request(A, all=True),
    "回12确认": Request(A, (12,)),
    "回复 １２": Request(A, (12,)),
    "12👌🏻": Request(A, (12,)),
    "收到👍👍": Request(A),
    "12确认❤️": Request(A, (12,)),
    "\ufeff12\u200b 确认": Request(A, (12,)),
    "12\0": Request(A, (12,)),
    "12|": Request(A, (12,)),
    "12e": Request(E, (12,)),
    "12 升级": Request(E, (12,)),
    "esc 12345": Request(E, (12345,)),
    "12m": Request(M, (12,)),
    "12m 2h": Request(M, (12,), lasts=2 * HOUR),
    "12m2h": Request(M, (12,), lasts=2 * HOUR),
    "12静默 2小时": Request(M, (12,), lasts=2 * HOUR),
    "12静默2小时": Request(M, (12,), lasts=2 * HOUR),
    "m 12 30m": Request(M, (12,), lasts=30 * MINUTE),
    "m 30m": Request(M, lasts=30 * MINUTE),
    "m30m": Request(M, lasts=30 * MINUTE),
    "12 13 mute 90分钟": Request(M, (12, 13), lasts=90 * MINUTE),
    "全部静默 1h": Request(M, all=True, lasts=HOUR),
    "12s": Request(S, (12,)),
    "状态": Request(S),
    "w": Request(W),
    "值班": Request(W),
    "谁？": Request(W),
    "?": Request(H),
    "？": Request(H),
    "帮助": Request(H),
    "12?": Request(H),
    # a duration without its verb, and what may be one, is refused with the help text
    "2h": Request(H),
    "12 30m": Request(H),
    "12a 2h": Request(H),
    "30分钟": Request(H),
    # nothing that the grammar says
    "": Unread.unclear,
    "👌": Unread.unclear,
    "👌12": Unread.unclear,
    "回": Unread.unclear,
    "回电12": Unread.unclear,
    "1": Unread.unclear,
    "123456": Unread.unclear,
    "012": Unread.unclear,
    "-12": Unread.unclear,
    "12.5": Unread.unclear,
    "١٢": Unread.unclear,
    "12 and 13": Unread.unclear,
    "12a13": Unread.unclear,
    "12 a 13": Unread.unclear,
    "好的12": Unread.unclear,
    "12 ack e": Unread.unclear,
    "12 全部": Unread.unclear,
    "w 12": Unread.unclear,
    "已确认": Unread.unclear,
    "不确认12": Unread.unclear,
    "stop 12": Unread.unclear,
    "acknowledge 12": Unread.unclear,
    "m 12 30m 2h": Unread.unclear,
    "12 " * 40: Unread.unclear,
    "9" * 100_000: Unread.unclear,
    "STOP": Unread.opt_out,
    "退订": Unread.opt_out,
    "TD。": Unread.opt_out,
    "Ｔ": Unread.opt_out,
    "yes": Unread.opt_out,
}


@pytest.mark.parametrize(("said", "means"), SAID.items(), ids=lambda each: str(each)[:24])
def test_a_reply_means_what_the_grammar_says(said: str, means: Request | Unread) -> None:
    assert read(said) == means


def test_no_word_that_an_operator_takes_for_an_opt_out_is_a_verb() -> None:
    assert OPT_OUTS.isdisjoint(VERBS)
    assert all(read(word.upper()) is Unread.opt_out for word in OPT_OUTS)


@given(st.text(max_size=300))
def test_whatever_arrives_is_read_and_only_whole_words_act(said: str) -> None:
    found = read(said)
    if isinstance(found, Request) and found.verb is not H:
        kept = said.casefold()
        assert found.codes or found.all or any(word in read_back(kept) for word in VERBS)


def read_back(said: str) -> str:
    return normal(said)


PIECES = [
    *VERBS,
    *OPT_OUTS,
    "12",
    "13",
    "99999",
    "1",
    "30m",
    "2小时",
    "全部",
    "all",
    ",",
    " ",
    "。",
    "x",
]


@given(st.lists(st.sampled_from(PIECES), max_size=8))
def test_an_action_never_names_a_code_that_was_not_written(pieces: list[str]) -> None:
    said = "".join(pieces)
    found = read(said)
    if isinstance(found, Request):
        assert all(str(code) in said for code in found.codes)
        assert found.lasts is None or found.verb is M
        assert not (found.codes and found.all)
        assert len(found.codes) <= 20


@given(
    st.lists(st.integers(10, 99999), min_size=1, max_size=5, unique=True),
    st.sampled_from(sorted(VERBS)),
    st.sampled_from([" ", ", ", "，", "、"]),
)
def test_codes_and_a_verb_are_understood_in_both_orders(
    codes: list[int], word: str, between: str
) -> None:
    listed = between.join(map(str, codes))
    for said in (f"{listed} {word}", f"{word} {listed}", f"{listed}{word}"):
        found = read(said)
        if VERBS[word] is W:
            assert found is Unread.unclear
        elif word == "m" and len(codes) > 1 and codes[-1] < 10_000 and said == f"{listed}m":
            assert found == Request(H), "13m after a code may be thirteen minutes"
        else:
            assert found == Request(VERBS[word], () if VERBS[word] is H else tuple(codes))
