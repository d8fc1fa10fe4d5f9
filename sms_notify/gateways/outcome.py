"""What one send came to: the one word of every gateway to the delivery."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Came(StrEnum):
    """Each says what may be done next, whoever the vendor is."""

    accepted = "accepted"  # taken, except for the `refused` numbers
    rejected = "rejected"  # our own mistake: never again as it is
    forbidden_word = "forbidden_word"  # the text holds a word that the gateway does not carry
    account_down = "account_down"  # login, locked or balance: nothing is wrong with the message
    busy = "busy"  # later
    unknown = "unknown"  # an answer that says nothing: not taken as far as we know, later
    unreached = "unreached"  # no byte of the request left
    uncertain = "uncertain"  # it may have been taken, and billed


@dataclass(frozen=True, slots=True)
class Outcome:
    """One send, ended. Nothing in it holds an account, a password, a URL or a whole phone number.

    `reason` is a slug, also the metric label: the code of `rejected` (`-8`, `too_long`); `login`,
    `locked` or `balance` of `account_down`; else what happened (`http_500`, `refused`, `timeout`).
    `word` is the forbidden word. `provider_ids` has one id a phone in their order, or one for all,
    or none. `host` is the last one asked. `seconds` is how long all of it took. `detail` is for the
    history: the answer, shortened and redacted.
    """

    came: Came
    reason: str = ""
    accepted: int = 0
    refused: int = 0
    provider_ids: tuple[str, ...] = ()
    word: str = ""
    host: str = ""
    seconds: float = 0.0
    detail: str = ""
    left: int | None = None
    """What is left of the balance, where a send was refused for it and it could be read."""
