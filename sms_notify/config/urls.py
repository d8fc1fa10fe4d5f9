"""URLs of the file: the gateway's hosts, a proxy, the store. None is ever quoted in a complaint."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from sms_notify.config.secret import MASK


def _split(text: str) -> SplitResult:
    try:
        url = urlsplit(text.strip())
        if not url.hostname or (url.port is not None and url.port < 1) or re.search(r"\s", text):
            raise ValueError
    except ValueError:
        raise ValueError("not a URL with a host; write http://HOST:PORT") from None
    return url


def gateway_url(text: str) -> str:
    """`http://HOST:PORT` and nothing else, because path and parameters are the protocol's."""
    url = _split(text)
    if url.scheme not in ("http", "https"):
        raise ValueError("a gateway speaks http:// or https://; write http://HOST:PORT")
    if url.username is not None or url.password is not None:
        raise ValueError("write the account and password as keys of their own, not in the URL")
    if url.path not in ("", "/") or url.query or url.fragment:
        raise ValueError("write the host and port alone, http://HOST:PORT; the path is added")
    return f"{url.scheme}://{url.netloc}"


def zabbix_url(text: str) -> str:
    """`http://HOST[/zabbix]/api_jsonrpc.php`."""
    url = _api(text)
    if not url.path.endswith("/api_jsonrpc.php") or url.query or url.fragment:
        raise ValueError("end it with /api_jsonrpc.php, as in http://HOST/zabbix/api_jsonrpc.php")
    return f"{url.scheme}://{url.netloc}{url.path}"


def alertmanager_url(text: str) -> str:
    """`http://HOST:PORT[/PREFIX]`, its --web.external-url."""
    url = _api(text)
    if url.query or url.fragment or "/api/" in f"{url.path}/":
        raise ValueError("write http://HOST:9093, with its prefix if it has one; the path is added")
    return f"{url.scheme}://{url.netloc}{url.path.rstrip('/')}"


def _api(text: str) -> SplitResult:
    url = _split(text)
    if url.scheme not in ("http", "https"):
        raise ValueError("an API speaks http:// or https://; write http://HOST")
    if url.username is not None or url.password is not None:
        raise ValueError("write the user and password as keys of their own, not in the URL")
    return url


def proxy_url(text: str) -> str:
    """`http://[USER:PASSWORD@]HOST:PORT`."""
    url = _split(text)
    if url.scheme not in ("http", "https") or url.path not in ("", "/") or url.query:
        raise ValueError("a proxy is written http://HOST:PORT, with USER:PASSWORD@ if it asks")
    return f"{url.scheme}://{url.netloc}"


def apprise_url(text: str) -> str:
    """`mailto://…`, `wecombot://…`: any scheme; what it means is for apprise to say."""
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*://\S+", text.strip()):
        raise ValueError("is not a URL of apprise; write SCHEME://…, e.g. mailto://USER:WORD@HOST")
    return text.strip()


_WORD = re.compile(r"[A-Za-z]{0,16}")
"""What is a plain word is hardly a token, and taking it out would tear every other text."""
_ADDRESS = re.compile(r"[0-9]{1,3}(\.[0-9]{1,3}){3}")
"""An IP address is no token; masking it would mask our own in the log."""


def secret_parts(url: str) -> Iterator[str]:
    """What of a URL could be a token, wherever its scheme keeps one: host, path, user, options."""
    rest = url.partition("://")[2]
    place, _, options = rest.partition("?")
    parts = re.split(r"[/@:,]", place) + [value for _, value in parse_qsl(options)]
    for part in dict.fromkeys(parts):
        if len(part) >= 8 and not (_WORD.fullmatch(part) or _ADDRESS.fullmatch(part)):
            yield part
            yield unquote(part)
    user = re.match(r"[^:/@]*:(.*)@[^@/]*", rest)
    if user:  # a password, however plain
        yield user[1]
        yield unquote(user[1])


def store_url(text: str, absolute: Callable[[str], Path]) -> str:
    """`sqlite:///FILE`, made absolute, or `postgresql://…`, of one host or several, as it is."""
    scheme, separator, rest = text.partition("://")
    if scheme == "sqlite" and separator:
        return _sqlite(rest, absolute)
    if scheme == "postgresql" and separator:
        return _postgresql(text)
    if scheme in ("postgres", "postgresql+psycopg", "postgresql+psycopg2") and separator:
        raise ValueError("write it as postgresql://USER@HOST/DATABASE")
    raise ValueError("write sqlite:///FILE or postgresql://USER@HOST/DATABASE")


_SPELL = (
    "write postgresql://USER@HOST:PORT/DATABASE; in a password inside it write / ? # as %2F %3F "
    "%23, or leave it to PGPASSWORD or ~/.pgpass"
)


def _postgresql(text: str) -> str:
    """Hosts, or none: then the options, the service file or libpq's own defaults say where."""
    hosts = list(_each_host(text))
    try:
        urls = [urlsplit(host) if _is_local(text) else _split(host) for host in hosts]
    except ValueError:
        raise ValueError(f"not a URL of PostgreSQL; {_SPELL}") from None
    if urls[0].path in ("", "/") and "service" not in dict(parse_qsl(urls[0].query)):
        raise ValueError("the database is missing; write postgresql://USER@HOST/DATABASE")
    return text


def _is_local(text: str) -> bool:
    """`postgresql://[USER@]/DATABASE`: a socket, or what PGHOST or a service file say."""
    place = text.partition("://")[2].partition("/")[0].partition("?")[0]
    return place.rpartition("@")[2] == "" and not re.search(r"\s", text)


def _each_host(text: str) -> Iterator[str]:
    """A primary and its standbys in one URL, `//USER@HOST:PORT,HOST:PORT/DB`, as one URL each."""
    scheme, _, rest = text.partition("://")
    place, slash, path = rest.partition("/")
    user, at, hosts = place.rpartition("@")
    user = user.replace("@", "%40")
    for host in hosts.split(","):
        yield f"{scheme}://{user}{at}{host}{slash}{path}"


def _sqlite(rest: str, absolute: Callable[[str], Path]) -> str:
    file = rest.removeprefix("/")
    if not rest.startswith("/") or not file:
        raise ValueError("write three slashes before the file: sqlite:///FILE")
    if file.startswith(":memory:") or "mode=memory" in file:
        raise ValueError("a store in memory forgets what was accepted; write sqlite:///FILE")
    if "?" in file:
        raise ValueError("options after ? are not taken; write sqlite:///FILE alone")
    return f"sqlite:///{absolute(file)}"


def masked(url: str) -> str:
    """The URL with `***` for every password in it, also as a parameter."""
    shown = re.sub(r"^([a-z+]+://[^:/@]*):.*@", rf"\1:{MASK}@", url)
    return re.sub(r"([?&](?:ssl)?password=)[^&]*", rf"\1{MASK}", shown)


def passwords_of(url: str) -> Iterator[str]:
    """Every password inside a URL, as it was meant: that of the user, and those of parameters."""
    yield from map(unquote, re.findall(r"^[a-z+]+://[^:/@]*:(.*)@", url))
    yield from map(unquote, re.findall(r"[?&](?:ssl)?password=([^&]*)", url))
