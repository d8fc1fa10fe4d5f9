"""Pages that are stored and not applied: each is tried, three times at most, then shown."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from sms_notify.errors import StoreUnavailable
from sms_notify.inbound.inputs import Applied, ApplyPage, Page
from sms_notify.inbound.replies import ApplyReplies
from sms_notify.inbound.sources import Asked
from sms_notify.intake import Input, Rules
from sms_notify.store import Store, polls

log = logging.getLogger(__name__)

INPUTS: Mapping[Asked, Callable[[Rules, Page], Input]] = {
    Asked.reports: ApplyPage,
    Asked.replies: ApplyReplies,
}
AT_ONCE = 50
TRIES = 3
"""A page that cannot be applied so often is unreadable; the next start of the program tries it
again, since it may be another version."""


def is_away(error: Exception) -> bool:
    """Nothing at all can be stored now: that is no fault of what was to be judged."""
    return isinstance(error, StoreUnavailable) and not error.refused


class Pages:
    """Applies pages one by one, so that one that raises costs only itself."""

    def __init__(self, store: Store, judge: Callable[[Input], Any]) -> None:
        """`judge` judges and commits one input in this thread, and raises what went wrong."""
        self._store = store
        self._judge = judge
        self._tries: dict[int, int] = {}

    def waiting(self) -> list[Page]:
        """The pages that are worth a try, the oldest first."""
        with self._store.reading() as tx:
            pages = [Page(*row) for row in tx.all(polls.PAGES, most=AT_ONCE)]
        return [page for page in pages if self._tried(page) < TRIES]

    def apply(self, rules: Rules, page: Page) -> Applied:
        """P3 of one page. Raises StoreUnavailable when that is away; what else goes wrong is
        counted and logged."""
        try:
            applied: Applied = self._judge(INPUTS[Asked(page.kind)](rules, page))
        except Exception as error:
            if is_away(error):
                raise
            self._failed(page, error)
            return Applied()
        self._tries.pop(page.request, None)
        return applied

    def _tried(self, page: Page) -> int:
        given_up = TRIES - 1 if page.outcome == polls.UNREADABLE else 0
        return self._tries.get(page.request, given_up)

    def _failed(self, page: Page, error: Exception) -> None:
        tries = self._tries[page.request] = self._tried(page) + 1
        log.error(
            "page_not_applied",
            extra={"poll": page.request, "tries": tries, "error": type(error).__name__},
        )
        if tries >= TRIES:
            with self._store.writing() as tx:
                tx.run(polls.GIVE_UP, of_request=page.request)
