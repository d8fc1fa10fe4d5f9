"""The API of texts for later: which there are, and taking one back."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, HTTPException, Query

from sms_notify.server.acting import Desk
from sms_notify.server.api import Number, unavailable
from sms_notify.server.parts import Parts
from sms_notify.server.problems import refusals
from sms_notify.store import planned
from sms_notify.store.planned import Plan
from sms_notify.store.shown import PlannedShown
from sms_notify.watching import Cancel

Every = Annotated[bool, Query(alias="all", description="Also those told and taken back.")]


def router(parts: Parts) -> APIRouter:
    """`/api/v1/planned`: GET lists, DELETE takes one back."""
    api = APIRouter(prefix="/api/v1", tags=["planned"])

    def shown(plan: Plan) -> PlannedShown:
        return planned.shown(plan, ZoneInfo(parts.rules().config.site.timezone))

    @api.get("/planned")
    def planned_texts(every: Every = False) -> list[PlannedShown]:
        """Texts that wait, the next first; with `all` the latest first."""
        with unavailable(), parts.store.reading() as tx:
            return [shown(plan) for plan in planned.listed(tx, every=every)]

    @api.delete("/planned/{number}", responses=refusals(404, 409))
    def cancel(number: Number) -> PlannedShown:
        """Take one back. 404: there is none; 409: it was told or taken back before."""
        before: Plan | None = Desk(parts).judged(Cancel(number))
        if before is None:
            raise HTTPException(404, f"there is no planned text {number}")
        if before.state != "waiting":
            raise HTTPException(409, f"planned text {number} is {before.state} already")
        with unavailable(), parts.store.reading() as tx:
            return shown(planned.by_id(tx, {number})[number])

    return api
