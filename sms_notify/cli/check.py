"""`sms-notify check`: every problem of the configuration, or what it means."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sms_notify.cli.options import config_option, find_config, json_option
from sms_notify.cli.output import complain, say, say_json
from sms_notify.cli.stand_ins import stored
from sms_notify.errors import ConfigError, SmsNotifyError

if TYPE_CHECKING:
    from sms_notify.config import Config
    from sms_notify.config.problems import Problem
    from sms_notify.config.schedules import Override
    from sms_notify.config.yaml import Where
    from sms_notify.model import Micros
    from sms_notify.store import Store


@click.command("check")
@click.option("--online", is_flag=True, help="Also call Zabbix and Alertmanager (upstream).")
@json_option
@config_option
def command(online: bool, as_json: bool, config_path: Path | None) -> int:
    """Check the configuration: all its problems at once, or a summary with sample texts.

    Exit codes: 0 usable, 1 a source cannot be called (--online), 2 not usable.
    """
    from sms_notify.config import load

    path = find_config(config_path)
    try:
        config = load(path, secrets=False, further=_further)
    except ConfigError as wrong:
        return _refuse(wrong.problems, as_json)
    sources = _sources(config) if online else []
    summary = _summary(config, time.time_ns() // 1000) | ({"upstream": sources} if online else {})
    if as_json:
        say_json(summary)
    else:
        _say_summary(summary)
    return 0 if all(source["ok"] for source in sources) else 1


def _sources(config: Config) -> list[dict[str, Any]]:
    """What each source of `upstream` answers, called now."""
    from sms_notify.upstream import Came, open_sources

    sources = open_sources(config.upstream)
    found = []
    for name, api in (("zabbix", sources.zabbix), ("alertmanager", sources.alertmanager)):
        if api is not None:
            told = api.check()
            said = " ".join(filter(None, (told.reason, told.detail)))
            found.append({"name": name, "ok": told.came is Came.done, "said": said or "answers"})
    return found


def _refuse(problems: list[str], as_json: bool) -> int:
    if as_json:
        say_json({"ok": False, "problems": problems})
        return 2
    for problem in problems:
        complain(problem)
    count = f"{len(problems)} problems" if len(problems) > 1 else "1 problem"
    complain(f"{count}: the configuration cannot be used")
    return 2


def _further(config: Config) -> Iterator[Problem]:
    """Why `serve` would not start, and what is wrong with the templates."""
    from sms_notify.cli.samples import sample_digest, sample_stories
    from sms_notify.config import start
    from sms_notify.config.problems import Problem
    from sms_notify.intake import rules

    for where, text in start.problems(config):
        yield Problem(where, text)
    yield from _of_gateways(config)
    judged, now = rules(config), time.time_ns() // 1000
    failing = judged.texts.failing(sample_stories(judged, now), sample_digest(judged, now))
    for flaw in (*judged.texts.problems, *failing):
        where = _of_receiver(config, flaw.receiver) if flaw.receiver else ()
        place = (*where, "templates", flaw.key)
        yield Problem(place, flaw.text, doubtful=flaw.doubtful)


def _of_gateways(config: Config) -> Iterator[Problem]:
    """What only a gateway's own library, or the templates' reader, can say."""
    from sms_notify.config import Apprise
    from sms_notify.config.problems import Problem
    from sms_notify.gateways import flaws
    from sms_notify.text.longer import flaw

    for index, text in flaws(config.gateways):
        yield Problem(("gateways", index), text)
    for index, gateway in enumerate(config.gateways):
        if isinstance(gateway, Apprise) and gateway.template and (why := flaw(gateway.template)):
            text = f"{why}; the plain text would be used instead"
            yield Problem(("gateways", index, "template"), text)


def _of_receiver(config: Config, name: str) -> Where:
    return "receivers", list(config.receivers).index(name)


def _summary(config: Config, now: Micros) -> dict[str, Any]:
    from sms_notify.cli.samples import sample_texts
    from sms_notify.config import format_duration
    from sms_notify.intake import rules

    judged = rules(config)
    given = stored(config, now)
    return {
        "ok": True,
        "file": str(config.path),
        "problems": [],
        "warnings": [
            *config.warnings,
            *_ahead(config, now, given),
            *_of_store(config),
        ],
        "people": {name: len(person.phones) for name, person in config.people.items()},
        "teams": {name: list(people) for name, people in config.teams.items()},
        "schedules": [_schedule(config, name, now, given) for name in config.schedules],
        "receivers": [
            {"name": name, "to": [list(step.to) for step in receiver.steps]}
            for name, receiver in config.receivers.items()
        ],
        "heartbeats": [
            {"name": name, "every": format_duration(beat.every), "receiver": beat.receiver}
            for name, beat in config.heartbeats.items()
        ],
        "gateways": [
            {"name": one.name, "type": one.type, "account": one.account, "hosts": len(one.urls)}
            for one in config.gateways
        ],
        "listen": f"{config.server.host}:{config.server.port}",
        "tokens": [token.name for token in config.server.tokens],
        "samples": sample_texts(judged, now),
    }


def _schedule(
    config: Config, name: str, now: Micros, given: tuple[Override, ...]
) -> dict[str, Any]:
    """Who is on call now, and until when."""
    from zoneinfo import ZoneInfo

    from sms_notify.oncall.names import those_of
    from sms_notify.oncall.schedule import shifts
    from sms_notify.store.reading import local_time

    zone = ZoneInfo(config.site.timezone)
    of_it = those_of(config, name, given)
    for shift in shifts(config.schedules[name], now, now + 1, zone, of_it):
        return {
            "name": name,
            "now": list(shift.people),
            "until": local_time(shift.end, zone) if shift.end > now + 1 else None,
        }
    return {"name": name, "now": [], "until": None}


def _ahead(config: Config, now: Micros, given: tuple[Override, ...]) -> list[str]:
    """What the next days of the rota will lack: those of checks.look_ahead, 30 where that is 0."""
    from sms_notify.model import DAY
    from sms_notify.oncall.look_ahead import look_ahead

    days = config.checks.look_ahead // DAY or 30
    return [f"{config.path}: {found.text}" for found in look_ahead(config, now, days, given)]


def _of_store(config: Config) -> list[str]:
    """What the store is not safe against, and what its alerts say that the configuration does not
    know; or why it cannot be asked. It is left as it is: an empty one is not filled."""
    from sms_notify.cli.ownership import become_owner, require_store
    from sms_notify.store import Store

    try:
        become_owner(config.store)
        require_store(config.store)
    except SmsNotifyError:
        return []  # there is no file yet, or it is somebody else's: no fault of the configuration
    store = Store(config.store)
    try:
        return list(_asked(config, store))
    except SmsNotifyError as error:
        return [str(error)]
    finally:
        store.close()


def _asked(config: Config, store: Store) -> Iterator[str]:
    from sms_notify.store.durability import worries
    from sms_notify.store.schema import look, unfit

    found, empty = look(store)
    yield from worries(store)
    if empty:
        return
    if wrong := unfit(found):
        yield f"the store {store.shown} {wrong}"
    else:
        yield from _unknown_words(config, store)


def _unknown_words(config: Config, store: Store) -> list[str]:
    """Level words of stored alerts that `levels` does not list."""
    from zoneinfo import ZoneInfo

    from sms_notify.store.reading import Reader

    words: dict[str, int] = {}
    for labels in Reader(store, ZoneInfo(config.site.timezone)).source_words():
        _, word, known = config.site.levels.of(labels)
        if word and not known:
            words[word] = words.get(word, 0) + 1
    return [
        f"level word {word!r} of {count} stored alerts is not in global.levels: "
        f"taken as {config.site.levels.default.name}"
        for word, count in sorted(words.items())
    ]


def _say_summary(summary: dict[str, Any]) -> None:
    say(f"{summary['file']}: usable")
    for warning in summary["warnings"]:
        say(f"warning: {warning}")
    people = ", ".join(f"{name} ({phones})" for name, phones in summary["people"].items())
    say(f"people (phones): {people}")
    for name, members in summary["teams"].items():
        say(f"team {name}: {', '.join(members)}")
    for schedule in summary["schedules"]:
        until = f" until {schedule['until']}" if schedule["until"] else ""
        say(f"schedule {schedule['name']}: {', '.join(schedule['now']) or 'nobody'} now{until}")
    for receiver in summary["receivers"]:
        say(f"receiver {receiver['name']}: {' → '.join(', '.join(to) for to in receiver['to'])}")
    for beat in summary["heartbeats"]:
        say(f"heartbeat {beat['name']}: every {beat['every']}, else {beat['receiver']} is told")
    for gateway in summary["gateways"]:
        say(_gateway_line(gateway))
    tokens = ", ".join(summary["tokens"]) or "none needed"
    say(f"server: {summary['listen']}, tokens: {tokens}")
    for source in summary.get("upstream", ()):
        say(f"{source['name']}: {source['said']}")
    say("texts:")
    for sample in summary["samples"]:
        length = f"{sample['units']:3} units, {sample['segments']} SMS"
        say(f"  {length}  {sample['kind']:9} {sample['text']}")


def _gateway_line(gateway: dict[str, Any]) -> str:
    what = "host" if gateway["type"] == "wavecom" else "URL"
    count = f"{gateway['hosts']} {what}" + ("s" if gateway["hosts"] > 1 else "")
    if gateway["type"] != "wavecom":
        return f"gateway {gateway['name']}: {gateway['type']}, {count}, one recipient"
    return f"gateway {gateway['name']}: account {gateway['account']}, {count}"
