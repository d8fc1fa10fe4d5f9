"""The built-in templates and words, in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sms_notify.model import Kind, Level
from sms_notify.text.story import Did

_BODY = "{{ name|fit }} {{ subject|fit }}"
_ZH_END = " {{ value|fit }} {{ time }}{% if code %} 回{{ code }}确认{% endif %}"
_EN_END = " {{ value|fit }} {{ time }}{% if code %} reply {{ code }}{% endif %}"


@dataclass(frozen=True, slots=True)
class Language:
    """The words of one language. `templates` by key; a word with `{}` takes a number there."""

    levels: Mapping[Level, str]
    templates: Mapping[str, str]
    did: Mapping[Did, str]
    hosts: str
    things: str
    alerts: str
    others: str
    some_hosts: str
    some_things: str
    kinds: str
    minutes: str
    hours: str
    days: str
    news: str
    ended: str
    outage: str


def _changed(level: str, end: str) -> dict[str, str]:
    """What somebody did and said stands in the place of the value."""
    told = end.replace("{{ value|fit }}", "{{ remark|fit }}")
    return {"changed": f"{level} {{{{ did }}}} {_BODY}{told}"}


def _templates(level: str, end: str, words: Mapping[str, str], resolved: str) -> dict[str, str]:
    made = {key: f"{level} {word}{_BODY}{end}" for key, word in words.items()}
    made["resolved"] = f"{resolved} {_BODY} " + "{{ time }}"
    return made


ZH = Language(
    levels={Level.critical: "严重", Level.warning: "警告", Level.info: "提示"},
    templates=_templates(
        "{{ level }}",
        _ZH_END,
        {
            "page": "",
            "update": "新增 ",
            "repeat": "仍在 ",
            "reminder": "未恢复 ",
            "escalated": "升级 ",
            "handoff": "交接 ",
        },
        "恢复",
    )
    | _changed("{{ level }}", _ZH_END)
    | {
        "digest": "{{ span }}{{ lines|fit }}{% if code %} 回{{ code }}确认{% endif %}",
        "handover": "交接 {{ total }}个未确认: {{ lines|fit }}",
    },
    did={
        Did.changed: "更新",
        Did.acknowledged: "已确认",
        Did.unacknowledged: "取消确认",
        Did.flapping: "反复",
    },
    hosts="{}台",
    things="{}个",
    alerts="{}条",
    others="其他{}",
    some_hosts="{}等{}台",
    some_things="{}等{}个",
    kinds="{}等{}种",
    minutes="{}分钟",
    hours="{}小时",
    days="{}天",
    news="{}条:",
    ended="已恢复{}",
    outage="服务中断期间{}条:",
)
EN = Language(
    levels={Level.critical: "CRIT", Level.warning: "WARN", Level.info: "INFO"},
    templates=_templates(
        "{{ level }}",
        _EN_END,
        {
            "page": "",
            "update": "NEW ",
            "repeat": "STILL ",
            "reminder": "STILL ",
            "escalated": "ESC ",
            "handoff": "HANDOVER ",
        },
        "OK",
    )
    | _changed("{{ level }}", _EN_END)
    | {
        "digest": "{{ span }}{{ lines|fit }}{% if code %} reply {{ code }}{% endif %}",
        "handover": "HANDOVER {{ total }} open: {{ lines|fit }}",
    },
    did={
        Did.changed: "UPDATE",
        Did.acknowledged: "ACK",
        Did.unacknowledged: "UNACK",
        Did.flapping: "FLAPS",
    },
    hosts="{} hosts",
    things="x{}",
    alerts="x{}",
    others="others {}",
    some_hosts="{}+ ={} hosts",
    some_things="{}+ =x{}",
    kinds="{} +{} kinds",
    minutes="{}min ",
    hours="{}h ",
    days="{}d ",
    news="{} alerts:",
    ended="ended {}",
    outage="{} during our outage: ",
)
LANGUAGES: Mapping[str, Language] = {"zh": ZH, "en": EN}

KEYS = tuple(ZH.templates)
"""The templates an operator may replace."""

KEY_OF: Mapping[Kind, str] = {
    Kind.first: "page", Kind.update: "update", Kind.repeat: "repeat", Kind.reminder: "reminder",
    Kind.escalated: "escalated", Kind.handoff: "handoff", Kind.resolved: "resolved",
    Kind.digest: "digest",
}  # fmt: skip
INSTEAD: Mapping[str, str] = {"repeat": "reminder", "handoff": "page"}
"""An operator's own template for the second also serves the first, which has none of its own."""
