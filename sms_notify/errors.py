"""The exception tree; each leaf carries a `reason` slug that is also its metric label.

SmsNotifyError
├── ConfigError            the configuration cannot be used      (exit 2; HTTP 422 of a reload)
├── InputError             a call that no retry can mend         (HTTP 400, exit 1)
│   ├── TooLarge           body above the limit                  (HTTP 413)
│   ├── Malformed          not JSON, wrong types, too deep
│   └── EmptyInput         nothing at all arrived                (exit 2)
├── StoreError             the store cannot be used
│   ├── StoreUnavailable   nothing can be stored now             (HTTP 503)
│   └── StoreOutdated      needs `sms-notify db upgrade`         (exit 2)
└── UsageError             a command that asks for what is not there (exit 1)
"""

from __future__ import annotations

from typing import ClassVar


class SmsNotifyError(Exception):
    """Root of everything this program raises on purpose. The text never holds a secret."""

    reason: ClassVar[str] = "error"


class ConfigError(SmsNotifyError):
    """The configuration cannot be used; `problems` holds lines `FILE:LINE: PATH: what to do`."""

    reason = "config"

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class InputError(SmsNotifyError):
    """The sender's bytes cannot be understood and sending them again will not help."""

    reason = "input"


class TooLarge(InputError):
    """The body is larger than we read."""

    reason = "too_large"


class Malformed(InputError):
    """The body is not what the source's format says; the text names where and what."""

    reason = "malformed"


class EmptyInput(InputError):
    """Nothing arrived at all."""

    reason = "empty"


class StoreError(SmsNotifyError):
    """The store cannot be used."""

    reason = "store"


class StoreUnavailable(StoreError):
    """Nothing can be written now; the caller should try again.

    `refused`: the store works, but did not take what this one transaction held. `unanswered`: of
    its COMMIT nobody knows whether it was made.
    """

    reason = "store_unavailable"

    def __init__(self, text: str, *, refused: bool = False, unanswered: bool = False) -> None:
        super().__init__(text)
        self.refused = refused
        self.unanswered = unanswered


class StoreOutdated(StoreError):
    """The schema is older or newer than this program."""

    reason = "store_outdated"


class UsageError(SmsNotifyError):
    """The operator asked for something that is not there."""

    reason = "usage"


def leaves(root: type[SmsNotifyError] = SmsNotifyError) -> list[type[SmsNotifyError]]:
    """Every class of the tree without subclasses, in order of definition (for metrics)."""
    below = root.__subclasses__()
    return [leaf for child in below for leaf in leaves(child)] if below else [root]
