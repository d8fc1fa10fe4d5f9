"""Warnings about what is allowed and yet seldom meant, in times that were pasted or typed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sms_notify.config.problems import Problem, spelled
from sms_notify.config.walking import listed, mapping, named, texts
from sms_notify.config.yaml import Plain, Where

_DAYS = ("weekdays", "days_of_month", "months", "years")
_UTC = {"UTC", "Etc/UTC", "GMT", "Etc/GMT", "Zulu"}


def warnings(data: dict[str, Plain]) -> Iterator[Problem]:
    """Every doubtful time of the file."""
    zone = mapping(data.get("global")).get("timezone", "Asia/Shanghai")
    for name, written in mapping(data.get("time_intervals")).items():
        where: Where = ("time_intervals", name)
        yield from _extra_dash(written, where)
        if zone not in _UTC:
            yield from _utc(written, where, str(zone))
    yield from _no_calendar(data)
    yield from _out_of_order(data)


def _extra_dash(written: Plain, where: Where) -> Iterator[Problem]:
    """`- times:` and `- weekdays:` as two items mean times OR weekdays."""
    blocks = list(listed(written, where))
    only_times = [at for at, block in blocks if _keys(block) == {"times"}]
    only_days = [at for at, block in blocks if _keys(block) & set(_DAYS) and "times" not in block]
    if only_times and only_days:
        first, second = sorted((only_times[0], only_days[0]), key=str)
        yield Problem(
            second,
            f"each `- ` is an interval of its own: this one holds beside {spelled(first)}, not "
            "within it; if both are meant at once, write them under one `- `",
        )


def _utc(written: Plain, where: Where, zone: str) -> Iterator[Problem]:
    block = mapping(written)
    blocks = [(where, block)] if block else list(listed(written, where))
    for at, found in blocks:
        if _keys(found) and found.get("location") is None:
            yield Problem(
                at,
                f"is UTC, as in Alertmanager, since it has no location; write location: {zone} "
                "if that is meant, else location: UTC",
            )


def _keys(block: dict[str, Plain]) -> set[str]:
    return {key for key, value in block.items() if value is not None} - {"location"}


def _out_of_order(data: dict[str, Plain]) -> Iterator[Problem]:
    """What is not a phone takes everything, as long as it works."""
    kinds = [block.get("type") for _where, block in listed(data.get("gateways"), ("gateways",))]
    for index, kind in enumerate(kinds):
        if kind == "apprise" and "wavecom" in kinds[index:]:
            text = "stands before gateways that send SMS: they are used only while it is down; "
            yield Problem(("gateways", index), text + "put it last if it is the last resort")


def _no_calendar(data: dict[str, Plain]) -> Iterator[Problem]:
    if mapping(mapping(data.get("global")).get("holidays")):
        return
    for where, text in _calendar_words(data):
        yield Problem(
            where,
            f"{text} is plain Monday to Friday without global.holidays; write "
            "holidays: {country: CN} under global: for the official calendar",
        )
        return


def _calendar_words(data: dict[str, Plain]) -> Iterator[tuple[Where, str]]:
    """Where the file asks whether a day is worked."""
    for where, text in _timed(data):
        found = re.search(r"(workday|restday)\b", text)
        if found:
            yield where, found[1]


def _timed(data: dict[str, Plain]) -> Iterator[tuple[Where, str]]:
    for name, written in mapping(data.get("time_intervals")).items():
        where: Where = ("time_intervals", name)
        yield from texts(written, where)
        for at, block in listed(written, where):
            yield from texts(block.get("weekdays"), (*at, "weekdays"))
    for where, schedule in named(data.get("schedules"), ("schedules",)):
        yield from texts(schedule.get("every"), (*where, "every"))
        for at, layer in listed(schedule.get("shifts"), (*where, "shifts")):
            yield from texts(layer.get("every"), (*at, "every"))
