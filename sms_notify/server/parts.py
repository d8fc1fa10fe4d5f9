"""What the server is built of: callables and objects of the rooms above and below it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from sms_notify.intake import Rules
from sms_notify.metrics import Metrics
from sms_notify.recorded import Received
from sms_notify.store import Store

HandIn = Callable[[Any], "Future[Any]"]


@dataclass(frozen=True, slots=True)
class Parts:
    """`rules` gives the rules of this moment; `hand_in` takes an Input and answers after COMMIT.

    `reload` reads the configuration again and returns its problems, none when it was taken;
    `readiness` says whether all parts work, and for each what is wrong with it; `record` keeps
    what a caller sent, for `replay`.
    """

    rules: Callable[[], Rules]
    hand_in: HandIn
    store: Store
    metrics: Metrics
    reload: Callable[[], list[str]]
    readiness: Callable[[], tuple[bool, dict[str, str]]]
    record: Callable[[Received], None] = lambda received: None
