"""The API that acts: incidents acknowledged, escalated, muted; overrides made and taken back."""

from __future__ import annotations

from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, HTTPException, Request
from pydantic import BaseModel, ConfigDict, Field

from sms_notify.actions import (
    Acknowledge,
    Actor,
    AddOverride,
    CancelOverride,
    Did,
    Escalate,
    Mute,
)
from sms_notify.config import moments
from sms_notify.config.durations import parse_duration
from sms_notify.config.schedules import GAP, Override
from sms_notify.errors import StoreUnavailable
from sms_notify.model import Micros
from sms_notify.server import tokens
from sms_notify.server.api import NOT_FOUND, Number
from sms_notify.server.guard import USER
from sms_notify.server.parts import Parts
from sms_notify.store.overrides import made_by
from sms_notify.store.reading import local_time

Name = Annotated[str, Field(min_length=1, max_length=200, pattern="^[^\\x00-\\x1f]*$")]
PATIENCE = 30.0
"""Seconds for a judgement; the writer answers or refuses in far less."""


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class Acting(_Body):
    """`by`: who acts, where that is somebody else than the token's own name."""

    by: Name | None = None


class Muting(Acting):
    """`for`: how long, `30m` or `2h`; at most `replies.max_mute`, which is also the default."""

    lasts: Annotated[str, Field(max_length=40)] | None = Field(default=None, alias="for")


class NewOverride(_Body):
    """Local times of the site (`2026-02-16 10:00`) or RFC 3339; `who` []: nobody, on purpose."""

    schedule: Name
    start: Annotated[str, Field(max_length=40)] = Field(alias="from")
    until: Annotated[str, Field(max_length=40)]
    who: Annotated[list[Name], Field(max_length=20)]
    instead_of: Name | None = None
    by: Name | None = None


class Acted(BaseModel):
    """What came of it for one incident: `done`, `again` (by the same), `taken`, `over`."""

    came: str
    code: int | None
    id: int
    state: str
    name: str
    acknowledged_by: str | None
    acknowledged_at: str | None
    muted_until: str | None
    ended_at: str | None


class OverrideShown(BaseModel):
    """One override of the store that is not over."""

    id: int
    schedule: str
    start: str = Field(serialization_alias="from")
    until: str
    who: list[str]
    instead_of: str | None
    made_by: str
    made_at: str


def router(parts: Parts) -> APIRouter:
    """`POST /api/v1/incidents/CODE/…` and `/api/v1/overrides`."""
    api = APIRouter(prefix="/api/v1")
    desk = Desk(parts)

    @api.post("/incidents/{code}/acknowledge", tags=["incidents"], responses=NOT_FOUND)
    def acknowledge(code: Number, request: Request, body: Acting | None = None) -> list[Acted]:
        """Somebody takes the incident, or all that is open of a digest, by code or id."""
        by = desk.actor(request, body.by if body else None)
        return desk.acted(Acknowledge(parts.rules(), code, by), code)

    @api.post("/incidents/{code}/escalate", tags=["incidents"], responses=NOT_FOUND)
    def escalate(code: Number, request: Request, body: Acting | None = None) -> list[Acted]:
        """Tell the next in the chain now."""
        by = desk.actor(request, body.by if body else None)
        return desk.acted(Escalate(parts.rules(), code, by), code)

    @api.post("/incidents/{code}/mute", tags=["incidents"], responses=NOT_FOUND)
    def mute(code: Number, request: Request, body: Muting | None = None) -> list[Acted]:
        """Hold its news for a while."""
        by = desk.actor(request, body.by if body else None)
        lasts = desk.span(body.lasts if body else None)
        return desk.acted(Mute(parts.rules(), code, by, lasts), code)

    @api.get("/overrides", tags=["overrides"])
    def listed() -> list[OverrideShown]:
        """The overrides of the store that are not over, in the order in which they count."""
        return desk.overrides()

    @api.post("/overrides", tags=["overrides"], status_code=201)
    def add(body: NewOverride, request: Request) -> OverrideShown:
        """Somebody stands in, from now on in every decision."""
        by = desk.actor(request, body.by)
        made = desk.judged(AddOverride(parts.rules(), desk.override(body), by))
        if made.number is None:
            raise HTTPException(422, made.problem)
        return next(each for each in desk.overrides() if each.id == made.number)

    @api.delete("/overrides/{number}", tags=["overrides"], status_code=204, responses=NOT_FOUND)
    def cancel(number: Number, request: Request) -> None:
        """Take it back: from now on it never was."""
        gone = desk.judged(CancelOverride(parts.rules(), number, desk.actor(request, None)))
        if gone.number is None:
            raise HTTPException(404, gone.problem)

    return api


class Desk:
    """Between HTTP and the Inputs."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self._parts.rules().config.site.timezone)

    def actor(self, request: Request, by: str | None) -> Actor:
        """Who acts: the name given, else the user's or the token's; the history has both."""
        user: str | None = request.scope.get(USER)
        if user:
            return Actor(by or user, f"over the API as {user}")
        header = request.headers.get("authorization", "")
        token = tokens.name_of(header, self._parts.rules().config.server.tokens)
        how = f"over the API with token {token}" if token else "over the API"
        return Actor(by or token or "API", how)

    def span(self, written: str | None) -> Micros:
        most = self._parts.rules().config.replies.max_mute
        try:
            return min(most, parse_duration(written)) if written is not None else most
        except ValueError as wrong:
            raise HTTPException(422, f"for: {wrong}") from None

    def judged(self, item: Any) -> Any:
        """After COMMIT."""
        try:
            return self._parts.hand_in(item).result(PATIENCE)
        except (StoreUnavailable, TimeoutError) as error:
            raise HTTPException(503, str(error) or "not judged in time") from error

    def acted(self, item: Any, code: int) -> list[Acted]:
        answered = self.judged(item)
        if not answered.dids:
            raise HTTPException(404, f"there is no incident with code or id {code}")
        tally, metrics = answered.tally, self._parts.metrics
        metrics.judged(tally.verdicts, len(tally.messages), tally.fallbacks)
        return [self._shown(did) for did in answered.dids]

    def override(self, body: NewOverride) -> Override:
        start, until = self._moment("from", body.start), self._moment("until", body.until)
        who = tuple(dict.fromkeys(name for name in body.who if name != GAP))
        return Override(body.schedule, start, until, who, body.instead_of)

    def overrides(self) -> list[OverrideShown]:
        try:
            found = made_by(self._parts.store, self._parts.store.now())
        except StoreUnavailable as error:
            raise HTTPException(503, str(error)) from error
        return [
            OverrideShown(
                id=number, schedule=each.schedule, start=local_time(each.start, self._zone),
                until=local_time(each.end, self._zone), who=list(each.who),
                instead_of=each.instead_of, made_by=who, made_at=local_time(at, self._zone),
            )
            for number, (each, who, at) in found.items()
        ]  # fmt: skip

    def _moment(self, key: str, written: str) -> Micros:
        try:
            return moments.starts(moments.wall(written), self._zone)
        except ValueError as wrong:
            raise HTTPException(422, f"{key}: {wrong}") from None

    def _shown(self, did: Did) -> Acted:
        found = did.incident
        return Acted(
            came=did.came, code=found.code, id=found.id, state=found.state, name=found.name,
            acknowledged_by=found.acked_by, acknowledged_at=self._local(found.acked_at),
            muted_until=self._local(found.muted_until), ended_at=self._local(found.ended_at),
        )  # fmt: skip

    def _local(self, at: Micros | None) -> str | None:
        return None if at is None else local_time(at, self._zone)
