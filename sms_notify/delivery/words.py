"""Words that a gateway refuses: texts are written without them, and sent again at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sms_notify.delivery.flight import Flight, History, Terms
from sms_notify.model import Level, Micros
from sms_notify.store import words
from sms_notify.store.sql import Transaction
from sms_notify.text import segments, units
from sms_notify.text.forbidden import Rule, rewrite, stronger, without_content

ROUNDS = 5
"""So often a text is rewritten before it goes without what the alert says."""
LAST_ROUNDS = ROUNDS + 2
"""So often that one is tried, rewritten too where a word of it is refused."""


@dataclass(frozen=True, slots=True)
class Written:
    """A text as it is sent: units and segments as billed, the gateway's own signature included."""

    text: str
    units: int
    segments: int

    def values(self, message: int) -> dict[str, object]:
        row = {"to_text": self.text, "to_units": self.units, "to_segments": self.segments}
        return {"of_id": message, **row}

    def instead(self, text: str) -> Written:
        length = self.units - units(self.text) + units(text)
        return Written(text, length, segments(length))

    def without(self, refused: Mapping[str, Rule]) -> Written:
        """The same without the words; never billed as more than before."""
        most = 70 if self.segments == 1 else 67 * self.segments
        added_by_gateway = self.units - units(self.text)
        made = rewrite(self.text, refused, most - added_by_gateway)
        return self if made == self.text else self.instead(made)


def known(tx: Transaction, account: str) -> dict[str, Rule]:
    """The words that this account was refused for."""
    return {row[0]: Rule(row[1]) for row in tx.all(words.WORDS, of_account=account)}


def after_refusal(
    tx: Transaction,
    terms: Terms,
    flight: Flight,
    word: str,
    messages: Sequence[int],
    history: History,
    now: Micros,
) -> Written | None:
    """What goes instead of a text that was refused for `word`; remembers the word.

    None: even the built-in text without the alert's content was refused.
    """
    if not messages:
        return None
    refused = _remember(tx, terms, flight, word, history, now)
    rounds = max(_refusals(tx, number) for number in messages)
    row = tx.one(words.TEXT_OF, of_id=messages[0])
    if row is None:
        return None
    was = Written(row[0], row[1], row[2])
    made = was.without(refused) if rounds <= ROUNDS else was
    if made != was:
        return made
    bare = without_content(was.text, row[3], Level(row[4]), max(1, row[5]), terms.language)
    short = was.instead(bare).without(refused)
    return short if short != was and rounds <= LAST_ROUNDS else None


def _refusals(tx: Transaction, message: int) -> int:
    row = tx.one(words.REFUSALS, of_id=message)
    return row[0] if row else 0


def _remember(
    tx: Transaction, terms: Terms, flight: Flight, word: str, history: History, now: Micros
) -> dict[str, Rule]:
    """All that are known, with this one under the rule that changes it in this text."""
    refused = known(tx, flight.account)
    if not word.strip():
        return refused
    weakest = refused.get(word, Rule(terms.settings.forbidden))
    rule = stronger(flight.text, word, weakest)
    if word not in refused:
        history.gateway("forbidden_word", f"{flight.gateway}: {word}")
    refused[word] = rule or weakest
    tx.run(words.REMEMBER, account=flight.account, word=word, rule=refused[word].value, now=now)
    return refused
