"""The answers of IIS itself: one line of plain text, or an HTML error page."""

from __future__ import annotations

from sms_notify.simulator.model import Outcome

HEADERS: tuple[tuple[str, str], ...] = (
    ("Server", "Microsoft-IIS/6.0"),
    ("X-Powered-By", "ASP.NET"),
    ("Content-Type", "text/html"),
    ("Cache-control", "private"),
)
"""As classic ASP sends them: text/html, and not a word about the charset."""


def plain(body: bytes) -> Outcome:
    """An answer of the interface: status 200 and these bytes."""
    return Outcome(200, HEADERS, body, len(body))


def page(status: int, title: str) -> Outcome:
    """An HTML error page of IIS; it never repeats the URL, which holds the password."""
    body = (
        '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN">\r\n'
        f"<HTML><HEAD><TITLE>{title}</TITLE></HEAD>\r\n"
        f"<BODY><h1>{title}</h1></BODY></HTML>\r\n"
    ).encode("ascii", "replace")
    return Outcome(status, HEADERS, body, len(body))


def not_found() -> Outcome:
    """404 for a path that is none of the four calls."""
    return page(404, "HTTP Error 404 - File or directory not found.")


def query_too_long() -> Outcome:
    """404.15: what IIS answers when the query string passes maxQueryString."""
    return page(404, "HTTP Error 404.15 - Query String Too Long")
