"""Every gateway call fails in every way: no password, token or phone number gets out anywhere."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus, urlsplit

import pytest

from sms_notify.simulator import Account, Simulator
from tests.programs.process import free_port, wait_until
from tests.programs.product import COMMAND, Serve
from tests.programs.receiver import Receiver

from .failing import faults, ways
from .site import PEOPLE, START, rows, site, store_of, webhook

PASSWORD = "Geheim&Pw=42 密码"
TOKEN, OTHER_TOKEN = "quiet-river-41-token", "loud-brook-42-token"
PROXY_WORD, STORE_WORD = "Proxy-Word77", "Store-Word88"
STRANGER = "13911112222"
SECRETS = {
    "password": PASSWORD,
    "token": TOKEN,
    "other token": OTHER_TOKEN,
    "proxy's password": PROXY_WORD,
    "store's password": STORE_WORD,
    **{f"phone of {name}": phone for name, phone in PEOPLE.items()},
    "phone of a stranger": STRANGER,
}
FAST = {"connect_timeout": "1s", "read_timeout": "1s"}


def forms(secret: str) -> set[bytes]:
    """A secret in every shape in which a URL, a header, JSON or repr may show it."""
    shapes = set()
    for charset in ("utf-8", "gbk"):
        raw = secret.encode(charset)
        shapes |= {raw, base64.b64encode(raw).rstrip(b"=")[:-1]}
        for quoted in (quote(raw, safe=""), quote(raw), quote_plus(raw)):
            shapes |= {quoted.encode(), quoted.lower().encode()}
    shapes |= {json.dumps(secret)[1:-1].encode(), repr(secret)[1:-1].encode()}
    return shapes | {ascii(secret)[1:-1].encode()}


@dataclass
class Search:
    """All that was seen, by where it was seen, and what must not be in it."""

    seen: dict[str, bytes] = field(default_factory=dict)

    def take(self, where: str, what: bytes | str) -> bytes:
        found = what.encode("utf-8", "replace") if isinstance(what, str) else what
        self.seen[where] = self.seen.get(where, b"") + found + b"\n"
        return found

    def leaks(self, skip: Mapping[str, str] = SECRETS) -> list[str]:
        return [
            f"{name} in {where}: …{text[max(0, text.find(shape) - 60) :][:140]!r}"
            for name, secret in skip.items()
            for shape in forms(secret)
            for where, text in self.seen.items()
            if shape in text
        ]


def account_of(way: str) -> str:
    return f"to-{way.replace(' ', '-')}"


class Watched:
    """The service with everything that it says to anybody."""

    def __init__(self, serve: Serve, search: Search, settings: Callable[..., dict[str, Any]]):
        self.serve = serve
        self.search = search
        self.settings = settings

    def ask(self, method: str, path: str, body: bytes = b"", token: str | None = TOKEN) -> int:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        connection = HTTPConnection(urlsplit(self.serve.url).netloc, timeout=10)
        try:
            connection.request(method, path, body or None, headers)
            answer = connection.getresponse()
            where = f"{method} {path.partition('?')[0]}"
            self.search.take(where, str(answer.headers))
            self.search.take(where, answer.read())
            return answer.status
        finally:
            connection.close()

    def run(self, *arguments: str, code: int | None = None) -> None:
        """One command of an operator; its output is searched too."""
        environment = {"PATH": os.defpath, "LANG": "C.UTF-8"}
        done = subprocess.run(
            [str(COMMAND), *arguments, "-c", str(self.serve.config)],
            env=environment, capture_output=True, timeout=60, check=False,
        )  # fmt: skip
        where = " ".join(arguments[:2])
        self.search.take(where, done.stdout)
        self.search.take(where, done.stderr)
        assert code is None or done.returncode == code, (where, done.stderr)

    def fails(self, way: str, gateway: Mapping[str, Any]) -> None:
        """Reload with a gateway that fails, and let one page meet it."""
        name = account_of(way)
        self.serve.write(self.settings({**gateway, "name": name, "account": name}))
        assert self.ask("POST", "/-/reload") == 200
        assert self.ask("POST", "/alertmanager", webhook(way, ["db-01"], began=time.time())) == 202
        query = "SELECT outcome FROM request WHERE gateway = ? AND ended_at IS NOT NULL"
        wait_until(f"the end of {way}", lambda: rows(store_of(self.serve), query, name))

    def outcome(self, way: str) -> tuple[str, str]:
        query = "SELECT outcome, answer FROM request WHERE gateway = ? ORDER BY id"
        found = rows(store_of(self.serve), query, account_of(way))
        return str(found[0][0]), str(found[0][1])


@pytest.mark.parametrize("secret", SECRETS.values())
def test_what_is_searched_for_would_be_found(secret: str) -> None:
    for shape in forms(secret):
        assert Search({"here": b"before" + shape + b"after"}).leaks()
    assert not Search({"here": b"138****0001 *** ok"}).leaks()


@pytest.mark.slow
def test_no_secret_and_no_phone_gets_out_however_the_gateway_fails(
    sim: Simulator, serve: START, receiver: Receiver, tmp_path: Path
) -> None:
    (tmp_path / "pw").write_text(PASSWORD + "\n", encoding="utf-8")

    def settings(gateway: Mapping[str, Any], **blocks: Any) -> dict[str, Any]:
        made = site(
            sim.url,
            server={
                "tokens": [{"name": "am", "token": TOKEN}, {"name": "b", "token": OTHER_TOKEN}]
            },
            throttle={"per_person": ["900000/1m"], "critical": ["900000/1m"]},
            delivery={"uncertain_after": "1s"},
            **blocks,
        )
        gateway = {**FAST, **gateway, "password_file": str(tmp_path / "pw")}
        made["gateways"][0] = {"type": "wavecom", "urls": [sim.url], **gateway}
        return made

    search, faulty = Search(), faults(f"{PASSWORD} {PEOPLE['张伟']}")
    running = serve(settings({"name": "first", "account": "mysms"}))
    watched = Watched(running, search, settings)
    with ways(sim, receiver.url, PROXY_WORD) as tried:
        for way, gateway in tried.items():
            watched.fails(way, gateway)
        for way, fault in faulty.items():
            sim.gateway.put_account(Account(account_of(way), PASSWORD))
            sim.gateway.faults.add(fault)
            watched.fails(way, {})
            sim.gateway.faults.clear()
    for way in (*tried, *faulty):
        search.take("what a request came to", f"{way}: {watched.outcome(way)}")
    assert not receiver.posted, "a redirect was followed: the query went to a stranger"

    ask_for_everything(watched)
    run_everything(watched)
    crash(watched)
    # a page of reports is kept as it came, with the numbers in it, like the messages' own
    sends = "(SELECT * FROM request WHERE kind = 'send')"
    for table in ("event", "telling", "incident", "alert", "timer", "gateway", sends, "intake"):
        search.take(f"table {table}", repr(rows(store_of(running), f"SELECT * FROM {table}")))
    search.take("the log", running.output())
    start_wrongly(watched)
    came = " · ".join(f"{way}: {' '.join(watched.outcome(way))}" for way in (*tried, *faulty))
    size = sum(map(len, search.seen.values()))
    print(f"{size} bytes of output searched after {len(tried) + len(faulty)} ways to fail: {came}")
    assert not search.leaks()
    files = [path for path in running.folder.glob("sms-notify.db*") if path.is_file()]
    store = b"".join(path.read_bytes() for path in files)
    words = {name: word for name, word in SECRETS.items() if not name.startswith("phone")}
    assert not Search({"the store's files": store}).leaks(words)


def ask_for_everything(watched: Watched) -> None:
    """Every endpoint, also asked wrongly."""
    for path in ("/metrics", "/api/v1/messages", "/api/v1/incidents", "/-/ready", "/-/healthy"):
        assert watched.ask("GET", path) in (200, 503)
        watched.ask("GET", path, token=OTHER_TOKEN + "x")
    for number in range(1, 4):
        watched.ask("GET", f"/api/v1/incidents/{number}")
        watched.ask("GET", f"/api/v1/messages/{number}")
    page = webhook("Who", ["db-01"], began=time.time())
    watched.ask("POST", f"/alertmanager/{STRANGER}", page)
    watched.ask("POST", f"/alertmanager/%2B86{PEOPLE['张伟']}", page)
    watched.ask("POST", "/line", json.dumps({"text": "x", "to": STRANGER}).encode())
    watched.ask("POST", "/line", b'{"text": 5, "to": ["' + STRANGER.encode() + b'"]}')
    watched.ask("POST", "/alertmanager", b"[" * 100_000)
    watched.ask("GET", f"/api/v1/messages?person={STRANGER}&token={TOKEN}")
    watched.ask("GET", f"/nowhere/{STRANGER}?us_pwd={quote(PASSWORD)}")


def run_everything(watched: Watched) -> None:
    """Every command that shows something."""
    for command in (["messages"], ["incidents"], ["check"], ["explain", "10"], ["explain", "1"]):
        watched.run(*command)
        if command[0] != "check":
            watched.run(*command, "--json")
    watched.run("explain", "--label", "alertname=DiskFull", "--label", "severity=critical")
    watched.run("db", "check", code=0)


def crash(watched: Watched) -> None:
    """A crash in the middle of a send, with whatever Python has to say about it."""
    watched.ask("POST", "/alertmanager", webhook("Crash", ["db-01"], began=time.time()))
    watched.serve.signal(signal.SIGABRT)
    wait_until("the crash", lambda: not watched.serve.alive)


def start_wrongly(watched: Watched) -> None:
    """Configurations that cannot be used: what is said about them quotes no secret."""
    path = watched.serve.config
    good = json.loads(path.read_text(encoding="utf-8"))
    store = f"postgresql://sms:{STORE_WORD}@127.0.0.1:{free_port()}/sms"
    path.write_text(json.dumps({**good, "store": store}), encoding="utf-8")
    for command in ("serve", "messages", "check"):
        watched.run(command)
    watched.run("db", "check")
    inline = {**good["gateways"][0], "password": PASSWORD, "nonsense": PASSWORD}
    wrong = {**good, "gateways": [inline], "people": {"张伟": {"phone": f"{STRANGER}0000"}}}
    path.write_text(json.dumps(wrong), encoding="utf-8")
    for command in ("serve", "check"):
        watched.run(command, code=2)
    path.write_text(f"gateways: [{{password: '{PASSWORD}', x: [}}\ntoken: {TOKEN}: x\n", "utf-8")
    watched.run("serve", code=2)
