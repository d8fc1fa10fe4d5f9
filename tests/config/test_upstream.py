"""The monitoring systems that are called back: what may be written, and what to write instead."""

from __future__ import annotations

import pytest

from sms_notify import config
from sms_notify.errors import ConfigError
from sms_notify.model import HOUR

API = "http://z/zabbix/api_jsonrpc.php"


def parse(upstream: str) -> config.Config:
    return config.parse(config.sample_yaml() + f"\nupstream: {upstream}\n", environ={})


def told(upstream: str) -> str:
    with pytest.raises(ConfigError) as wrong:
        parse(upstream)
    return str(wrong.value)


def test_both_are_read_with_their_defaults() -> None:
    made = parse(
        f'{{zabbix: {{url: "{API}", token: t1}}, alertmanager: {{url: "http://a:9093/"}}}}'
    )
    zabbix, other = made.upstream.zabbix, made.upstream.alertmanager
    assert zabbix is not None
    assert other is not None
    assert (zabbix.url, zabbix.token.reveal(), zabbix.acknowledges) == (API, "t1", True)
    assert (other.url, other.silence, other.token.reveal()) == ("http://a:9093", None, "")
    assert "t1" not in repr(made)


def test_a_silence_lasts_as_long_as_is_written() -> None:
    made = parse('{alertmanager: {url: "http://a:9093", on_ack: {silence: 1h}}}').upstream
    assert made.alertmanager is not None
    assert made.alertmanager.silence == HOUR


@pytest.mark.parametrize(
    ("upstream", "says"),
    [
        ('{zabbix: {url: "http://z", token: t1}}', "end it with /api_jsonrpc.php"),
        (f'{{zabbix: {{url: "{API}"}}}}', "token_file: is missing"),
        ('{zabbix: {url: "http://u:geheim@z/api_jsonrpc.php", token: t}}', "keys of their own"),
        (f'{{zabbix: {{url: "{API}", token: t1, on_ack: silence}}}}', "acknowledge, none"),
        ('{alertmanager: {url: "http://a/api/v2"}}', "the path is added"),
        ('{alertmanager: {url: "http://a", on_ack: silence}}', "none, or {silence: 1h}"),
        ('{alertmanager: {url: "http://a", on_ack: {silence: 5s}}}', "out of bounds"),
        ('{alertmanager: {url: "http://a", user: x}}', "password_file: is missing"),
        ('{alertmanager: {url: "http://a", password: x1}}', "user: is missing"),
        ('{alertmanager: {url: "http://a", token: x1, user: y, password: z1}}', "stands beside"),
        ('{grafana: {url: "http://a"}}', "grafana"),
    ],
)
def test_what_is_wrong_is_told_with_what_to_write(upstream: str, says: str) -> None:
    problem = told(upstream)
    assert says in problem
    assert "geheim" not in problem


def test_a_placeholder_keeps_the_service_from_starting() -> None:
    made = parse(f'{{zabbix: {{url: "{API}", token: changeme}}}}')
    assert any("upstream.zabbix.token" in problem for problem in made.start_problems())
