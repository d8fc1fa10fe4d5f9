"""What this room says in an SMS, in the language of the site."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from sms_notify.config import Config
from sms_notify.config.wall_clock import wall_clock
from sms_notify.model import Micros

_ZH: Mapping[str, str] = {
    "missing": "心跳中断",
    "proof": "短信通道测试 {at},{person}正在值班,收到即正常,无需处理",
    "proof_nobody": "短信通道测试 {at}无人可发:{to}此时无人值班",
    "unproved": "{at}发给{person}的短信通道测试{why},请检查短信平台和手机号",
    "failed": "未送达",
    "expired": "过期未发出",
    "waits": "一直未发出",
    "uncertain": "不知是否发出",
    "no_report": "没有送达回执",
    "phone": "{person}的手机{phone}连续{times}条短信未送达,请核对手机号",
    "ahead": "{days}天内值班有{count}处问题,{first},运行sms-notify check查看",
    "gap": "{name}{at}起无人值班",
    "empty_step": "{name}{at}起无人可通知",
    "empty_root": "兜底接收人{at}起无人",
    "holidays_end": "{year}年节假日数据未公布",
    "overlap": "{name}{at}起换班重叠",
    "idle_override": "{name}{at}的换班不起作用",
    "unknown_name": "{name}的换班写了不认识的人",
    "step": "{receiver}第{step}步",
}
_EN: Mapping[str, str] = {
    "missing": "Heartbeat missing",
    "proof": "SMS test {at}: {person} is on call. No action needed",
    "proof_nobody": "SMS test {at}: nobody is on call for {to}",
    "unproved": "SMS test of {at} to {person} {why}: check gateway and phone",
    "failed": "did not arrive",
    "expired": "expired before it left",
    "waits": "has not left",
    "uncertain": "may not have left",
    "no_report": "has no delivery report",
    "phone": "{times} SMS in a row to {person} {phone} did not arrive: check the number",
    "ahead": "rota: {count} problems in {days}d, {first}: sms-notify check",
    "gap": "{name}: nobody from {at}",
    "empty_step": "{name}: nobody from {at}",
    "empty_root": "root receiver: nobody from {at}",
    "holidays_end": "no holiday data for {year}",
    "overlap": "{name}: overrides overlap {at}",
    "idle_override": "{name}: override {at} does nothing",
    "unknown_name": "{name}: override of an unknown person",
    "step": "{receiver} step {step}",
}


def words(config: Config) -> Mapping[str, str]:
    """By what is to be said; formats take names and moments of ours, never texts of alerts."""
    return _EN if config.site.language == "en" else _ZH


def day_and_time(config: Config, at: Micros) -> str:
    """`11-30 09:30`, on the clock of the site."""
    return f"{local(config, at):%m-%d %H:%M}"


def local(config: Config, at: Micros) -> datetime:
    return wall_clock(at, ZoneInfo(config.site.timezone))
