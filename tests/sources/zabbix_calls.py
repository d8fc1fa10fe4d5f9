"""Calls of Zabbix for the tests: our templates' fields, a message of them, a call of that."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from sms_notify.model import SECOND, Alert, Call, Level
from sms_notify.sources import zabbix

ZONE = "Asia/Shanghai"
FORM = "application/x-www-form-urlencoded"


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(ZONE)).timestamp()) * SECOND


NOW = at("2026-11-22 13:27:00")


class Levels:
    """A configuration that knows p0 and info, and takes the rest for a warning."""

    def of(self, labels: Mapping[str, str], /) -> tuple[Level, str, bool]:
        for name in ("level", "severity", "priority"):
            if word := labels.get(name):
                known = {"p0": Level.critical, "info": Level.info}.get(word)
                return known or Level.warning, word, known is not None
        return Level.warning, "", False


PROBLEM = {
    "event_id": "17",
    "event_value": "1",
    "severity": "4",
    "date": "2026.11.22",
    "time": "13:26:22",
    "timestamp": "{EVENT.TIMESTAMP}",
    "recovery_id": "{EVENT.RECOVERY.ID}",
    "recovery_date": "{EVENT.RECOVERY.DATE}",
    "recovery_time": "{EVENT.RECOVERY.TIME}",
    "update_status": "0",
    "update_date": "{EVENT.UPDATE.DATE}",
    "update_time": "{EVENT.UPDATE.TIME}",
    "update_action": "{EVENT.UPDATE.ACTION}",
    "trigger_id": "23133",
    "tags": '[{"tag":"case","value":"ok"},{"tag":"team","value":"dba"},{"tag":"host","value":"x"}]',
    "host": "上海-数据库01",
    "ip": "127.0.0.1",
    "host_groups": "数据库, 上海机房",
    "name": "磁盘空间不足 上海-数据库01",
    "opdata": "当前值 91",
    "item_value": "91",
    "update_user": "{USER.FULLNAME}",
    "update_message": "{EVENT.UPDATE.MESSAGE}",
}
RECOVERY = PROBLEM | {
    "event_value": "0",
    "recovery_id": "18",
    "recovery_date": "2026.11.22",
    "recovery_time": "13:26:31",
}
UPDATE = PROBLEM | {
    "update_status": "1",
    "update_date": "2026.11.22",
    "update_time": "13:26:25",
    "update_action": "acknowledged and commented",
    "update_user": "值班 张伟",
    "update_message": "正在看\n十分钟内回复",
}


def message(fields: Mapping[str, str], text: str = "", end: str = "\r\n") -> str:
    return "".join(f"{key}: {value}{end}" for key, value in fields.items()) + f"text:{end}{text}"


def call(text: str, *, subject: str = "PROBLEM: x", sendto: str = "dba", now: int = NOW) -> Call:
    body = urlencode({"sendto": sendto, "subject": subject, "message": text}).encode()
    return zabbix.parse(body, content_type=FORM, levels=Levels(), called_at=now, timezone=ZONE)


def alert(text: str, subject: str = "PROBLEM: x") -> Alert:
    (one,) = call(text, subject=subject).alerts
    return one
