"""`ack`, `escalate`, `mute`, `override`: through the store, and through a server."""

from __future__ import annotations

from pathlib import Path

from sms_notify import config
from sms_notify.intake import TellCall, Writer, rules
from sms_notify.model import DAY
from sms_notify.sources import line
from sms_notify.store import open_store
from tests.server.serving import TOKEN, served, with_tokens

from .running import Ran, cli, configured

LATER = "schedules: {值班: {rotate: [张伟], every: 1w, handoff: Mon 10:00, since: 2099-01-05}}\n"
"""Nobody is on call yet, so that whoever is stands in."""


def sent(folder: Path) -> Path:
    """A configuration whose store has one open incident; nothing was sent."""
    path = configured(folder)
    loaded = config.load(path)
    store = open_store(loaded.store)
    body = b'{"text": "disk full", "key": "k"}'
    call = line.parse_http(body, levels=loaded.site.levels, called_at=store.now())
    Writer(store, memory=lambda: DAY).judge_now(TellCall(rules(loaded), call))
    store.close()
    return path


def test_by_the_store_one_is_first_and_the_other_hears_it(tmp_path: Path) -> None:
    path = sent(tmp_path)
    first = cli("ack", "10", "--as", "张伟", "-c", path)
    second = cli("ack", "10", "--as", "王磊", "-c", path)
    assert (first.code, second.code) == (0, 1)
    assert "10 disk full: acknowledged" in first.out
    assert "nothing done, 张伟 acknowledged it at" in second.out
    assert cli("incidents", "10", "--json", "-c", path).json[0]["acknowledged_by"] == "张伟"


def test_a_mute_says_until_when_and_wants_a_time(tmp_path: Path) -> None:
    path = sent(tmp_path)
    assert "muted until 20" in cli("mute", "10", "30m", "-c", path).out
    wrong = cli("mute", "10", "30", "-c", path)
    assert (wrong.code, "has no unit" in wrong.err) == (2, True)


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    unknown = cli("ack", "77", "-c", sent(tmp_path))
    assert (unknown.code, "no incident has code or id 77" in unknown.err) == (1, True)


def overridden(path: Path, *more: object) -> Ran:
    shown = cli("oncall", "--json", "-c", path)
    schedule = shown.json[0]["schedule"]
    return cli("override", "add", schedule, *more, "-c", path)


def test_an_override_is_added_listed_shown_and_cancelled(tmp_path: Path) -> None:
    path = configured(tmp_path, extra=LATER)
    other = "张伟"
    assert cli("oncall", "--json", "-c", path).json[0]["person"] is None
    made = overridden(path, other, "--until", "2099-01-01 10:00")
    assert (made.code, "more than a year" in made.err) == (1, True)
    from datetime import datetime, timedelta

    tomorrow = f"{datetime.now() + timedelta(days=1):%Y-%m-%d 10:00}"
    assert overridden(path, other, "--until", tomorrow).out == "override 1\n"
    [row] = cli("override", "list", "--json", "-c", path).json
    assert (row["id"], row["who"]) == (1, [other])
    assert cli("oncall", "--json", "-c", path).json[0]["person"] == other
    assert cli("override", "cancel", "1", "-c", path).out == "override 1: cancelled\n"
    assert cli("oncall", "--json", "-c", path).json[0]["person"] is None
    assert cli("override", "cancel", "1", "-c", path).code == 1


def test_who_only_asks_sends_nothing(tmp_path: Path) -> None:
    path = sent(tmp_path)
    for command in (("override", "list"), ("later", "list", "--all")):
        assert cli(*command, "-c", path).code == 0
    [message] = cli("messages", "--json", "-c", path).json
    assert (message["state"], message["tries"]) == ("queued", 0)


def test_a_server_acts_and_who_acted_is_known(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(TOKEN)
    with served(tmp_path, with_tokens()) as running:
        running.headers["Authorization"] = f"Bearer {TOKEN}"
        assert running.post("/line", b'{"text": "disk full", "key": "k"}').status == 202
        through = ("--server", running.http.url, "--token-file", tmp_path / "token")
        done = cli("ack", "10", "--as", "张伟", *through)
        assert (done.code, "acknowledged" in done.out) == (0, True)
        assert cli("ack", "10", "--as", "张伟", *through).code == 1
        unknown = cli("escalate", "77", *through)
        assert (unknown.code, "refused with 404" in unknown.err) == (1, True)
        assert cli("override", "list", "--json", *through).json == []
