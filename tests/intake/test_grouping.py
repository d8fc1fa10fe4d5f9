"""The alerts of a call, sorted into incidents."""

from __future__ import annotations

from sms_notify import config
from sms_notify.intake.grouping import grouped
from sms_notify.intake.rules import rules
from sms_notify.model import Alert, Call, Level

TWICE = config.parse("""
store: sqlite:///x.db
gateways: [{name: g, type: wavecom, account: a, password: a-word, urls: ["http://127.0.0.1:9"]}]
people: {张伟: {phone: "+8613800000001"}}
receivers: [{name: 数据库, to: 张伟}]
route: {receiver: 数据库, routes: [{continue: true}, {receiver: 数据库}]}
""")


def test_an_alert_that_two_routes_give_to_one_receiver_is_one_member() -> None:
    alerts = tuple(
        Alert("alertmanager", name, 0, None, Level.warning, "", name, "", {"instance": name})
        for name in ("db-01", "db-02")
    )
    (group,) = grouped(rules(TWICE), Call("alertmanager", 0, alerts, {"job": "db"}))
    assert tuple(group.alerts) == alerts
