"""Who may call: Bearer or basic tokens, compared in constant time before a body is read."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable

from starlette.requests import Request

from sms_notify.config import Server, Token

CHALLENGE = 'Bearer realm="sms-notify", Basic realm="sms-notify"'


def allowed(request: Request, server: Server, endpoint: str) -> bool:
    """Whether `request` may use `endpoint` (the first part of its path)."""
    if not server.guarded or endpoint in server.open:
        return True
    return known(request.headers.get("authorization", ""), server.tokens)


def known(header: str, tokens: Iterable[Token]) -> bool:
    """Whether the header carries one of the tokens.

    Every token is compared, so that the time taken does not tell which one came close. With basic
    authentication the password is the token; the user's name is not looked at.
    """
    offered = _offered(header)
    if offered is None:
        return False
    return any([token.token.matches(offered) for token in tokens])  # noqa: C419 — compare all


def name_of(header: str, tokens: Iterable[Token]) -> str | None:
    """The name of the token that the header carries; every one is compared, as above."""
    offered = _offered(header)
    if offered is None:
        return None
    found = [token.name for token in tokens if token.token.matches(offered)]
    return found[0] if found else None


def _offered(header: str) -> str | None:
    scheme, _, rest = header.partition(" ")
    match scheme.lower():
        case "bearer":
            return rest.strip() or None
        case "basic":
            return _password(rest.strip())
        case _:
            return None


def _password(encoded: str) -> str | None:
    try:
        pair = base64.b64decode(encoded, validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return None
    _, colon, password = pair.partition(":")
    return password if colon and password else None
