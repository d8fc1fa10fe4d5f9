"""A route tree as the configuration file writes it, read by the configuration itself."""

from __future__ import annotations

import json
import re
from typing import Any

from sms_notify import config
from sms_notify.config import Route

_CONFIG = """
store: sqlite:///x.db
gateways: [{{name: g, type: wavecom, account: a, password: a-word, urls: ["http://127.0.0.1:9"]}}]
people: {{张伟: {{phone: "+8613800000001"}}}}
receivers: {receivers}
route: {route}
"""


def tree(route: dict[str, Any] | str) -> Route:
    """The root of `route`, JSON or YAML; every receiver that it names exists."""
    text = route if isinstance(route, str) else json.dumps(route, ensure_ascii=False)
    names = sorted(set(re.findall(r'"?receiver"?: "?([\w.]+)', text)))
    receivers = json.dumps([{"name": name, "to": "张伟"} for name in names], ensure_ascii=False)
    indented = text.replace("\n", "\n  ")
    return config.parse(_CONFIG.format(receivers=receivers, route=indented)).route
