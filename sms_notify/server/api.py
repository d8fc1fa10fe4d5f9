"""The read-only API: messages and incidents, with OpenAPI."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, HTTPException, Query
from fastapi import Path as PathParameter

from sms_notify.errors import StoreUnavailable
from sms_notify.model import IncidentState, MessageState
from sms_notify.server.parts import Parts
from sms_notify.server.problems import refusals
from sms_notify.store.reading import (
    MOST,
    IncidentFilter,
    MessageFilter,
    Reader,
)
from sms_notify.store.shown import IncidentShown, MessageShown

Limit = Annotated[int, Query(ge=1, le=MOST, description="At most so many, the latest first.")]
Before = Annotated[
    int | None,
    Query(ge=1, le=2**53, description="Only with a smaller id: the last id of the page before."),
]
Number = Annotated[int, PathParameter(ge=0, le=2**53)]
Person = Annotated[str | None, Query(max_length=200, pattern="^[^\\x00]*$")]
NOT_FOUND = refusals(404)
Incident = Annotated[int | None, Query(ge=0, le=2**53)]


def router(parts: Parts) -> APIRouter:
    """`/api/v1/messages`, `/api/v1/incidents` and one of each by its id or code."""
    api = APIRouter(prefix="/api/v1")

    def reader() -> Reader:
        return Reader(parts.store, ZoneInfo(parts.rules().config.site.timezone))

    @api.get("/messages", tags=["messages"])
    def messages(
        state: MessageState | None = None,
        person: Person = None,
        incident: Incident = None,
        limit: Limit = 100,
        before: Before = None,
    ) -> list[MessageShown]:
        """Messages, the latest first; phones are masked."""
        with unavailable():
            return reader().messages(MessageFilter(state, person, incident, before, limit))

    @api.get("/messages/{number}", tags=["messages"], responses=NOT_FOUND)
    def message(number: Number) -> MessageShown:
        """One message with its history."""
        with unavailable():
            found = reader().message(number)
        if found is None:
            raise HTTPException(404, f"there is no message {number}")
        return found

    @api.get("/incidents", tags=["incidents"])
    def incidents(
        state: IncidentState | None = None,
        limit: Limit = 100,
        before: Before = None,
    ) -> list[IncidentShown]:
        """Incidents, the latest first."""
        with unavailable():
            return reader().incidents(IncidentFilter(state, before, limit))

    @api.get("/incidents/{code}", tags=["incidents"], responses=NOT_FOUND)
    def incident(code: Number) -> IncidentShown:
        """One incident by its code, or by its id, with what was decided for whom."""
        with unavailable():
            found = reader().incident(code)
        if found is None:
            raise HTTPException(404, f"there is no incident with code or id {code}")
        return found

    return api


class unavailable:  # noqa: N801 — reads as a statement
    """A store that is away is 503, with its reason, not a fault of the program."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, StoreUnavailable):
            raise HTTPException(503, str(error)) from error
