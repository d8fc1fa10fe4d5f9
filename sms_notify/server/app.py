"""The ASGI application: webhooks before all else, the API, and the guard around them."""

from __future__ import annotations

from starlette.types import ASGIApp

from sms_notify import __version__
from sms_notify.server import acting, api, calendar, later, operating, problems
from sms_notify.server.guard import Guard
from sms_notify.server.parts import Parts
from sms_notify.server.webhooks import Webhooks


def build(parts: Parts) -> ASGIApp:
    """Everything that `serve` answers over HTTP."""
    app = problems.Described(
        title="sms-notify",
        version=__version__,
        openapi_url="/api/v1/openapi.json",
        docs_url=None,  # its page loads scripts from the internet
        redoc_url=None,
    )
    app.router.routes.extend([*operating.routes(parts), *calendar.routes(parts)])
    problems.answer_in_one_shape(app)
    for part in (api, acting, later):
        app.include_router(part.router(parts), responses=problems.ALWAYS)
    app.router.redirect_slashes = False  # a redirected POST comes back as a GET without its body
    return Guard(Webhooks(parts, others=app), parts)
