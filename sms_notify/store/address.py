"""The address of a store: `sqlite:///FILE`, or PostgreSQL with one host, several, or a socket."""

from __future__ import annotations

from urllib.parse import unquote

from sqlalchemy import URL, make_url

SCHEME = "postgresql://"


def address(url: str) -> URL:
    """What SQLAlchemy makes of it; `postgresql://USER@HOST1:PORT,HOST2:PORT/DB` as libpq takes it.

    Raises ValueError or SQLAlchemy's ArgumentError where it is none.
    """
    if not url.startswith(SCHEME):
        return make_url(url)
    place, slash, rest = url.removeprefix(SCHEME).partition("/")
    user, at, hosts = place.rpartition("@")
    user = user.replace("@", "%40")  # the last one ends the password, as everywhere else
    if "," not in hosts:
        made = make_url(f"{SCHEME}{user}{at}{hosts}{slash}{rest}")
        return made.set(host=unquote(made.host)) if made.host else made  # %2Frun%2Fpostgresql
    made = make_url(f"{SCHEME}{user}{at}{slash}{rest}")
    several = tuple(host if _has_port(host) else f"{host}:5432" for host in hosts.split(","))
    return made.update_query_dict({"host": several}, append=False)


def _has_port(host: str) -> bool:
    return ":" in host.rpartition("]")[2]
