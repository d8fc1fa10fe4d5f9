"""The shipped template watches sms-notify: every item it has finds its value, on a real Zabbix."""

from __future__ import annotations

import re
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from sms_notify.metrics import Metrics, Standing
from sms_notify.model import MessageState
from sms_notify.spool import State
from tests.programs.process import wait_until
from tests.programs.zabbix import Zabbix

from .conftest import SHIPPED, TOKEN

NOW = 1_795_362_461_000_000
TEMPLATE = "sms-notify by HTTP"
RULES = {
    "templates": {"createMissing": True, "updateExisting": True},
    "groups": {"createMissing": True},
    "items": {"createMissing": True, "updateExisting": True},
    "triggers": {"createMissing": True, "updateExisting": True},
    "discoveryRules": {"createMissing": True, "updateExisting": True},
}


def page() -> bytes:
    """What /metrics says with two accounts, one of them down, and a spool with three entries."""
    metrics = Metrics()
    standing = Standing(
        waiting={MessageState.held: 4, MessageState.queued: 7},
        oldest_queued_at=NOW - 120_000_000,
        gateways={"mysms": True, "备用": False},
        balances={"mysms": 480},
        open_incidents=9,
    )
    metrics.watch(lambda: standing, lambda: NOW)
    metrics.watch_spool(lambda: State(3, 512, NOW - 60_000_000, 1), lambda: NOW)
    return metrics.page()


class Watched(BaseHTTPRequestHandler):
    """Stands for sms-notify: alive, not ready, with the metrics above."""

    def do_GET(self) -> None:
        body = {"/-/healthy": b"ok\n", "/metrics": page()}.get(self.path, b"no\n")
        known = self.headers["Authorization"] == f"Bearer {TOKEN}"
        refused = self.path == "/metrics" and not known
        self.send_response(401 if refused else 503 if self.path == "/-/ready" else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Keep quiet."""


@pytest.fixture
def server() -> Iterator[str]:
    lent = ThreadingHTTPServer(("127.0.0.1", 0), Watched)
    thread = Thread(target=lent.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://127.0.0.1:{lent.server_address[1]}"
    lent.shutdown()
    thread.join()
    lent.server_close()


def text() -> str:
    return (SHIPPED / "template_sms_notify.yaml").read_text(encoding="utf-8")


def test_every_metric_the_template_asks_for_is_there() -> None:
    asked = set(re.findall(r"'?(sms_notify_\w+)", text()))
    offered = set(re.findall(r"^(sms_notify_\w+)", page().decode(), re.MULTILINE))
    assert asked
    assert asked <= offered, asked - offered


def test_no_two_parts_have_the_same_uuid() -> None:
    found = re.findall(r"uuid: (\w+)", text())
    assert len(found) == len(set(found))
    assert all(re.fullmatch(r"[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}", uuid) for uuid in found)


def items(zabbix: Zabbix, host: str) -> dict[str, str]:
    """key → last value, or the error, of every item of a host."""
    output = ["key_", "lastvalue", "lastclock", "state", "error"]
    found = zabbix.api("item.get", {"hostids": host, "output": output})
    return {
        item["key_"]: item["error"] or (item["lastvalue"] if item["lastclock"] != "0" else "")
        for item in found
    }


WANTED = {
    "sms_notify.healthy": 200,
    "sms_notify.ready": 503,
    "sms_notify.store_up": 1,
    "sms_notify.spool_up": 1,
    "sms_notify.spool_entries": 3,
    "sms_notify.spool_bytes": 512,
    "sms_notify.spool_oldest_seconds": 60,
    "sms_notify.spool_bad": 1,
    "sms_notify.waiting[held]": 4,
    "sms_notify.waiting[queued]": 7,
    "sms_notify.waiting[uncertain]": 0,
    "sms_notify.oldest_queued_seconds": 120,
    "sms_notify.failed": 0,
    "sms_notify.open_incidents": 9,
    "sms_notify.reloaded": 1,
    "sms_notify.gateway_up[mysms]": 1,
    "sms_notify.gateway_up[备用]": 0,
    "sms_notify.gateway_balance[mysms]": 480,
}


def test_the_template_is_imported_and_finds_every_value(zabbix: Zabbix, server: str) -> None:
    api = zabbix.api
    # the export writes no delay where it is the default, one minute
    asked = r"^( +)(key: sms_notify\.(?:healthy|ready|metrics))\n(?= +history)"
    faster = re.sub(asked, r"\1\2\n\1delay: 1s\n", text(), flags=re.MULTILINE)
    api("configuration.import", {"format": "yaml", "rules": RULES, "source": faster})
    template = api.id_of("template", "templateid", host=TEMPLATE)
    host = api.host("watched", "sms-notify")
    macros = [
        {"macro": "{$SMS_NOTIFY.SERVER}", "value": server},
        {"macro": "{$SMS_NOTIFY.TOKEN}", "value": TOKEN},
    ]
    api("host.update", {"hostid": host, "templates": [{"templateid": template}], "macros": macros})

    def seen() -> Any:
        values = items(zabbix, host)
        return (
            values
            if all(_is(values.get(key, ""), wanted) for key, wanted in WANTED.items())
            else None
        )

    wait_until("every item to have its value", seen, seconds=90)
    wanted = {"hostids": host, "output": ["description"], "filter": {"value": 1}}

    def burning() -> bool:
        found = {trigger["description"] for trigger in api("trigger.get", wanted)}
        return {"sms-notify is not ready", "sms-notify: unreadable files in the spool"} <= found

    wait_until("the triggers", burning)


def _is(value: str, wanted: float) -> bool:
    try:
        return float(value) == wanted
    except ValueError:
        return False
