"""What the API says when it refuses: one shape, `{"detail": "what is wrong, and where"}`, answered
and described alike. The door (guard.py) answers in plain text, before anything is known to be JSON.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException as AnyHTTPException
from starlette.routing import Match

MOST = 3
"""Of the problems of one request that are named; a hostile body may have thousands."""
LONGEST = 200
"""Characters of a place in a body: a name there is the caller's."""
NO_JSON = "is not JSON"
NO_OBJECT = "expected a JSON object, sent with Content-Type: application/json"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")

CREDENTIALS = {
    "token": {"type": "http", "scheme": "bearer", "description": "One of `server.tokens`."},
    "user": {
        "type": "http",
        "scheme": "basic",
        "description": "One of `server.users`, or a token as password.",
    },
}
"""What the guard takes, in OpenAPI's words. (FastAPI's own would look at them once more: its
HTTPBasic refuses a name in Chinese.)"""


class Described(FastAPI):
    """Whose description names the credentials too."""

    def openapi(self) -> dict[str, Any]:
        described = super().openapi()
        described["components"]["securitySchemes"] = CREDENTIALS
        described["security"] = [{name: []} for name in CREDENTIALS]
        return described


class Problem(BaseModel):
    """What is wrong, and what to do about it."""

    detail: str


_AT_THE_DOOR: dict[int, str] = {
    401: "A token is needed.",
    403: "This user may look, not act.",
    413: "The body is too large.",
}
_BY_US: dict[int, str] = {
    400: "The body cannot be read.",
    404: "There is none.",
    409: "It was told or taken back before.",
    422: "What was asked makes no sense; the detail says where.",
    503: "The store is away, or did not answer in time.",
}


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of an endpoint that refuses with these."""
    plain = {"text/plain": {"schema": {"type": "string"}}}
    found: dict[int | str, dict[str, Any]] = {}
    for status in statuses:
        if status in _AT_THE_DOOR:
            found[status] = {"description": _AT_THE_DOOR[status], "content": plain}
        else:
            found[status] = {"description": _BY_US[status], "model": Problem}
    return found


ALWAYS = refusals(400, 401, 403, 413, 422, 503)
"""Of every endpoint of the API."""


def answer_in_one_shape(app: FastAPI) -> None:
    """Instead of FastAPI's list of objects for some, and a text for others."""

    async def invalid(_request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)  # noqa: S101 — for the type checker
        return JSONResponse({"detail": _said(error.errors())}, 422)

    async def refused(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, AnyHTTPException)  # noqa: S101 — for the type checker
        headers = dict(error.headers or {})
        if error.status_code == 405:
            headers["Allow"] = ", ".join(sorted(_methods(app, request)))
        return JSONResponse({"detail": error.detail}, error.status_code, headers)

    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(AnyHTTPException, refused)


def _said(errors: Iterable[Any]) -> str:
    """`limit: Input should be …; person: …`: without the value, which may be anything."""
    named = [_one(error) for error in errors]
    more = [f"and {len(named) - MOST} more"] if len(named) > MOST else []
    return "; ".join(named[:MOST] + more)


def _one(error: Any) -> str:
    if error["type"] == "json_invalid":
        return f"body: {NO_JSON}"
    if error["loc"] == ("body",):
        return f"body: {NO_OBJECT}"
    place = ".".join(map(str, error["loc"][1:] or error["loc"]))
    return f"{place[:LONGEST]}: {error['msg']}"


def _methods(app: FastAPI, request: Request) -> set[str]:
    """Of all that is at this path (RFC 9110, 15.5.6), where a router names the first it finds."""
    asked = [(method, {**request.scope, "method": method}) for method in METHODS]
    return {
        method
        for method, scope in asked
        if any(route.matches(scope)[0] is Match.FULL for route in app.router.routes)
    }
