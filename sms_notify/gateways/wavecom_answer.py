"""What each answer of 企业短信通 to a send means (document 1.1.1)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from sms_notify.gateways.http import Answered
from sms_notify.gateways.outcome import Came, Outcome

REJECTED = {
    "-1": "no number was given",
    "-2": "no text was given",
    "-4": "more than 100 numbers × segments",
    "-8": "more than 335 characters",
}
ACCOUNT_DOWN = {"-7": "login", "-9": "balance", "-10": "locked"}
BUSY = "-99"

_TAKEN = re.compile(r"0 *\| *([0-9]{1,6}) *\| *([0-9]{1,6}) *\|([^|]*)(?:\|.*)?", re.DOTALL)
_CODE = re.compile(r"-[0-9]{1,6}")
_ID = re.compile(r"[0-9A-Za-z_.:-]{1,64}")
_BLANK = "\ufeff\x00 \t\r\n\u3000\xa0"
_MOST_WORD = 100


@dataclass(frozen=True, slots=True)
class Asked:
    """What is needed of a request to read its answer."""

    phones: int
    text: str
    charset: str
    redact: Callable[[str], str]


def read_answer(answer: Answered, asked: Asked) -> Outcome:
    """The class of one HTTP answer; without host and seconds. Never raises, whatever arrived."""
    line = line_of(answer.body, asked.charset)
    if answer.status != 200:
        return _unknown(f"http_{answer.status}", line, asked)
    if taken := _TAKEN.fullmatch(line) if answer.whole else None:
        return _taken(taken, asked)
    if re.match(r"0 *\|", line):
        # "taken" was said, of how many and by which ids was not: to send again would be twice
        return Outcome(Came.uncertain, "cut", detail=asked.redact(line))
    return _code(line, answer, asked)


def _code(line: str, answer: Answered, asked: Asked) -> Outcome:
    if line == "-3" or re.match(r"-3 *\|", line):
        word = _word(answer.body, asked)
        return Outcome(Came.forbidden_word, "-3", word=word, detail=f"-3|{word}")
    if line in REJECTED:
        return Outcome(Came.rejected, line, detail=f"{line}: {REJECTED[line]}")
    if line in ACCOUNT_DOWN:
        return Outcome(Came.account_down, ACCOUNT_DOWN[line], detail=line)
    if line == BUSY:
        return Outcome(Came.busy, BUSY, detail=line)
    return _unknown(_slug(line, answer), line, asked)


def _slug(line: str, answer: Answered) -> str:
    if not answer.whole:
        return "huge"
    if not line:
        return "empty"
    if _CODE.fullmatch(line):
        return "code"
    return "html" if line.startswith("<") else "other"


def _unknown(reason: str, line: str, asked: Asked) -> Outcome:
    return Outcome(Came.unknown, reason, detail=asked.redact(line))


def _taken(found: re.Match[str], asked: Asked) -> Outcome:
    accepted, refused = int(found[1]), int(found[2])
    ids = tuple(each.strip(_BLANK) for each in found[3].split(",") if each.strip(_BLANK))
    usable = len(ids) in (1, asked.phones) and all(_ID.fullmatch(each) for each in ids)
    return Outcome(
        Came.accepted,
        accepted=accepted,
        refused=refused,
        provider_ids=ids if usable else (),
        detail=f"0|{accepted}|{refused}|" + ",".join(ids[:3] if usable else ()),
    )


def bare(text: str) -> str:
    """Without the byte order mark, line ends and blanks around it."""
    return text.strip(_BLANK)


def line_of(body: bytes, charset: str) -> str:
    """The answer as text, bare. A NUL in it, which PostgreSQL keeps in no text, is U+FFFD: it is
    what `@` is called in an SMS."""
    text = bare(body.removeprefix(b"\xef\xbb\xbf").decode(charset, "replace"))
    return text.replace("\x00", "\N{REPLACEMENT CHARACTER}")


def _word(body: bytes, asked: Asked) -> str:
    """The forbidden word; of the two readings of its bytes, the one that stands in the text."""
    readings = [line_of(body, name).partition("|")[2].strip() for name in (asked.charset, "utf-8")]
    standing = [word for word in readings if word and word in asked.text]
    return (standing or [asked.redact(readings[0])])[0][:_MOST_WORD]
