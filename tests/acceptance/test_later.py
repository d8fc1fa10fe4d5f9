"""`send --at` with a server and without: kept, listed, taken back, told when it is due."""

from __future__ import annotations

import json
from pathlib import Path

from sms_notify.simulator import Simulator
from tests.cli.running import Ran, cli
from tests.programs.process import wait_until
from tests.programs.product import PASSWORD, Serve, config, texts, wait_for_texts

from .site import START, ask, post, rows, store_of


def run(serve: Serve, *arguments: str, stdin: bytes = b"") -> Ran:
    """A command that knows the server alone."""
    return cli(*arguments, "--server", serve.url, stdin=stdin, folder=serve.folder)


def test_a_text_for_later_is_kept_by_the_server_listed_taken_back_and_told(
    sim: Simulator, serve: START
) -> None:
    running = serve(config(sim.url))
    for number, at in enumerate(("+3s", "2027-01-05 09:00", "+2h"), 1):
        ran = run(running, "send", "--at", at, stdin=f"plan {number}".encode())
        assert ran.code == 0, ran.err
        assert ran.out.startswith(f"kept: {number}, due at 202"), ran.out
    assert run(running, "later", "cancel", "2").code == 0
    again = run(running, "later", "cancel", "2")
    assert (again.code, "is cancelled already" in again.err) == (1, True)
    assert run(running, "later", "cancel", "99").code == 1
    listed = json.loads(run(running, "later", "list", "--json").out)
    assert {row["text"] for row in listed} <= {"plan 1", "plan 3"}
    [text] = wait_for_texts(sim, 1)
    assert "plan 1" in text
    wait_until("it to be done", lambda: len(json.loads(ask_planned(running))) == 1)
    every = json.loads(run(running, "later", "list", "--all", "--json").out)
    assert [row["state"] for row in every] == ["waiting", "cancelled", "done"]
    assert len(texts(sim)) == 1


def ask_planned(running: Serve) -> str:
    return ask(running.url, "GET", "/api/v1/planned").text


def test_a_time_that_is_over_or_none_is_refused_with_what_to_write(
    sim: Simulator, serve: START
) -> None:
    running = serve(config(sim.url))
    over = run(running, "send", "--at", "2020-01-01 09:00", stdin=b"x")
    assert over.code == 1
    assert "is in the past: here it is 202" in over.err
    none = run(running, "send", "--at", "soon", stdin=b"x")
    assert none.code == 1
    assert "write it as 2026-02-16 10:00, or +2h" in none.err
    assert rows(store_of(running), "SELECT count(*) FROM planned") == [(0,)]
    assert run(running, "send", "--lines", "--at", "+1h", stdin=b"x").code == 2


def test_a_retry_of_the_call_is_the_same_plan(sim: Simulator, serve: START) -> None:
    running = serve(config(sim.url))
    body = json.dumps({"text": "x", "at": "+1h", "call_id": "one"}).encode()
    first, second = (json.loads(post(running.url, body, "/line").text) for _ in range(2))
    assert first["planned"] == second["planned"] == 1
    assert (first["repeated_call"], second["repeated_call"]) == (False, True)


def test_without_a_server_the_store_keeps_it_and_what_is_due_soon_leaves_at_once(
    sim: Simulator, tmp_path: Path
) -> None:
    away = Serve(tmp_path / "serve", config(sim.url))

    def own(*arguments: str, stdin: bytes = b"") -> Ran:
        return cli(
            *arguments, "-c", str(away.config), stdin=stdin, folder=away.folder,
            SMS_PASSWORD=PASSWORD,
        )  # fmt: skip

    assert own("send", "--at", "+2h", stdin=b"much later").code == 0
    assert "much later" in own("later", "list").out
    assert own("later", "cancel", "1").code == 0
    assert own("later", "list").out == "nothing waits\n"
    soon = own("send", "--at", "+2s", stdin=b"a little later")
    assert soon.out.startswith("kept: 2")
    assert ["a little later" in text for text in texts(sim)] == [True]


def test_who_may_only_look_at_the_api_takes_nothing_back(sim: Simulator, serve: START) -> None:
    made = config(sim.url)
    made["server"] = {"tokens": [{"name": "a", "token": "token-word-1"}], "open": ["api", "line"]}
    running = serve(made)
    body = json.dumps({"text": "x", "at": "+1h"}).encode()
    assert post(running.url, body, "/line").status == 202
    assert ask(running.url, "GET", "/api/v1/planned").status == 200
    assert ask(running.url, "DELETE", "/api/v1/planned/1").status == 401
