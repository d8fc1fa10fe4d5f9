"""Configurations for the tests: a small sound one, and ways to change it."""

from __future__ import annotations

from pathlib import Path

from sms_notify import config
from sms_notify.config import Config
from sms_notify.errors import ConfigError

ROOT = Path(__file__).resolve().parents[2]

SOUND = """\
global:
  timezone: Asia/Shanghai
server:
  tokens: [{name: am, token: token-word-1}]
store: sqlite:///sms.db
gateways:
  - name: 主通道
    type: wavecom
    account: mysms
    password: gateway-word-1
    urls: ["http://127.0.0.1:9098"]
people:
  张伟: {phone: "+8613800000001"}
  李娜: {phone: "+8613800000002"}
teams:
  数据库组: [张伟, 李娜]
schedules:
  值班: {rotate: [张伟, 李娜], every: 1w, handoff: Mon 10:00, since: 2026-01-05}
receivers:
  - {name: 数据库, to: 值班}
  - {name: 兜底, to: 李娜}
route:
  receiver: 兜底
  routes:
    - {matchers: ['team="dba"'], receiver: 数据库}
"""


def changed(*changes: tuple[str, str]) -> str:
    """The sound configuration with texts replaced; each must be there."""
    text = SOUND
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def with_change(old: str, new: str) -> Config:
    return config.parse(changed((old, new)), environ={})


def problems(text: str, *, environ: dict[str, str] | None = None) -> list[str]:
    """What is wrong with a text, without the file's name; [] if nothing is."""
    try:
        config.parse(text, environ=environ or {})
        found = []
    except ConfigError as error:
        found = error.problems
    assert all(problem.startswith("config.yaml:") for problem in found)
    return [problem.removeprefix("config.yaml:") for problem in found]


def problem(*changes: tuple[str, str]) -> str:
    """The one problem that these changes to the sound configuration make."""
    found = problems(changed(*changes))
    assert len(found) == 1, found
    return found[0]
