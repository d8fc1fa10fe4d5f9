"""Reads the text of a Zabbix message: `key: value` lines in our own or somebody else's wording.

Zabbix does not escape macros, so a value may hold anything, line breaks and fake `key:` lines
included. Three rules keep it honest: the first line of a key wins, also when its macro stayed
unresolved; the shipped templates put what Zabbix itself counts (ids, times) before what people and
machines write; after `text:` nothing is read as a key any more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

Fields = Mapping[str, str]

WORDINGS: Mapping[str, str] = {
    "event_id": "eventid originaleventid originalproblemid problemid"
    " 事件id 事件编号 问题id 原始问题id",
    "event_value": "eventvalue",
    "status": "status triggerstatus eventstatus problemstatus 状态 当前状态 告警状态 触发器状态",
    "severity": "severity triggerseverity eventseverity nseverity problemseverity"
    " 严重性 告警等级 告警级别 严重级别 严重程度 事件等级 等级 级别",
    "name": "name problemname eventname trigger triggername"
    " 问题名称 问题 告警名称 告警信息 故障名称 触发器 触发器名称 事件名称",
    "host": "host hostname problemhost 主机 主机名 主机名称 告警主机 故障主机",
    "ip": "ip hostip ipaddress 主机ip 告警ip 告警地址 主机地址 ip地址",
    "host_groups": "hostgroups hostgroup groups 主机组 主机群组 告警主机组",
    "trigger_id": "triggerid",
    "tags": "tags eventtags 标记 标签",
    "date": "date eventdate",
    "time": "time eventtime",
    "started": "started problemstarted 告警时间 故障时间 发生时间 开始时间 问题时间",
    "timestamp": "timestamp",
    "duration": "duration problemduration age 持续时间 故障时长",
    "recovery_id": "recoveryid eventrecoveryid",
    "recovery_date": "recoverydate",
    "recovery_time": "recoverytime",
    "recovered": "recovered resolved problemresolved 恢复时间 结束时间",
    "recovery_timestamp": "recoverytimestamp",
    "update_status": "updatestatus",
    "update_date": "updatedate",
    "update_time": "updatetime",
    "update_timestamp": "updatetimestamp",
    "update_action": "updateaction",
    "update_user": "updateuser",
    "update_message": "updatemessage",
    "opdata": "opdata operationaldata 操作数据 运行数据",
    "item_value": "itemvalue itemvalues lastvalue currentvalue 当前值 问题详情 监控取值",
    "text": "text",
}
"""Our word for a field → the keys under which it is found, lower case without ` _-`."""

FIELD_OF = {wording: field for field, wordings in WORDINGS.items() for wording in wordings.split()}
SPREADS = frozenset({"name", "opdata", "item_value", "update_message"})
"""Fields whose value may go on in the next line."""

LINE_END = re.compile(r"\r\n|\n|\r")
KEY_LINE = re.compile(r"([^:：{}]{1,40})[:：](.*)", re.DOTALL)
UNRESOLVED = re.compile(r"\{[A-Z][A-Z0-9._]*\}|\*UNKNOWN\*")

_WHEN = r"(?P<{0}>[\d:]+ on [\d.]+)"
_DID = r"(?:(?:un)?(?:acknowledged|suppressed)|commented|closed|changed severity)"
PHRASES = (
    re.compile(rf"Problem started at {_WHEN.format('started')}"),
    re.compile(rf"Problem has been (?P<status>resolved)(?: in .*)? at {_WHEN.format('recovered')}"),
    re.compile(  # who: up to the first verb, found once; looked for anew, it took n² steps
        rf"(?P<update_user>(?:(?! {_DID}).)*) (?P<update_action>{_DID}.*) problem at "
        r"(?P<update_date>[\d.]+) (?P<update_time>[\d:]+)\."
    ),
    re.compile(
        r"Current problem status is (?P<status>\w+), age is (?P<duration>[^,]*), acknowledged: .*"
    ),
)
"""The sentences of Zabbix' own default message templates (6.0 and 7.0)."""


def read(message: str) -> dict[str, str]:
    """The fields of one message; `text` is what no key claims. Absent macros are left out."""
    found: dict[str, str] = {}
    rest: list[str] = []
    last = ""
    lines = iter(LINE_END.split(message))
    for line in lines:
        said = dict(_said(line))
        if "text" in said:
            rest += [said["text"], *lines]
        elif said.keys() - found.keys():
            found = said | found
            last = next(iter(said))
        elif last in SPREADS and not said:
            found[last] += "\n" + line
        else:
            rest.append(line)
    found["text"] = "\n".join(rest)
    return {field: value.strip() for field, value in found.items() if _resolved(value)}


def _said(line: str) -> Iterator[tuple[str, str]]:
    """The fields that one line names: those of a known sentence, or of a known key."""
    for phrase in PHRASES:
        if match := phrase.fullmatch(line.strip()):
            yield from match.groupdict().items()
            return
    if match := KEY_LINE.fullmatch(line):
        field = FIELD_OF.get(re.sub(r"[\s_-]", "", match[1]).lower())
        if field:
            yield field, match[2]


def _resolved(value: str) -> bool:
    return bool(value.strip()) and not UNRESOLVED.fullmatch(value.strip())
