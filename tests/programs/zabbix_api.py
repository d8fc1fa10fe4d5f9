"""Zabbix 6.0's JSON-RPC API, and what a test needs to set up with it: an item to an alert."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Mapping
from itertools import count
from typing import Any

TRAPPER, UNSIGNED, AGENT_INTERFACE = 2, 3, 1
SUPER_ADMIN_ROLE = "3"
TAG_VALUE = 26
MESSAGE, NOTIFY_ALL_ON_RECOVERY, NOTIFY_ALL_ON_UPDATE = 0, 11, 12
ALL_SEVERITIES, ALWAYS = 63, "1-7,00:00-24:00"
DISASTER = 5
PASSWORD = "Test-only-1234!"


class ApiError(Exception):
    """Zabbix refused a call; it says so inside an answer with status 200."""


class Api:
    """One session with the frontend at `url`; the token travels in the body, as 6.0 wants it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.token: str | None = None
        self._numbers = count(1)

    def __call__(self, method: str, params: Any) -> Any:
        """Call a method and return its result. Raises ApiError."""
        content = {"jsonrpc": "2.0", "method": method, "params": params, "id": next(self._numbers)}
        if self.token and method not in ("user.login", "apiinfo.version"):
            content["auth"] = self.token
        body = json.dumps(content).encode()
        request = urllib.request.Request(self.url, body, {"Content-Type": "application/json-rpc"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            told = json.load(answer)
        if "error" in told:
            raise ApiError(method, told["error"])
        return told["result"]

    def login(self, user: str = "Admin", password: str = "zabbix") -> str:
        """Open the session; returns its token."""
        token: str = self("user.login", {"username": user, "password": password})
        self.token = token
        return token

    def create(self, what: str, **fields: Any) -> str:
        """Create one object; returns its id, whatever Zabbix calls it."""
        [ids] = self(f"{what}.create", fields).values()
        return str(ids[0])

    def id_of(self, what: str, key: str, **filters: str) -> str:
        """The id of the one object with these fields. Raises ValueError when there is none."""
        [found] = self(f"{what}.get", {"output": [key], "filter": filters})
        return str(found[key])

    def import_media_types(self, content: str) -> None:
        """Import an export file (YAML) with media types, as the frontend's Import does."""
        rules = {"mediaTypes": {"createMissing": True, "updateExisting": True}}
        self("configuration.import", {"format": "yaml", "rules": rules, "source": content})

    def host(self, name: str, visible: str, group: str = "Linux servers") -> str:
        """A host with an interface; `name` is what values are sent to."""
        interface = {
            "type": AGENT_INTERFACE,
            "main": 1,
            "useip": 1,
            "ip": "127.0.0.1",
            "dns": "",
            "port": "10050",
        }
        groups = [{"groupid": self.id_of("hostgroup", "groupid", name=group)}]
        return self.create("host", host=name, name=visible, groups=groups, interfaces=[interface])

    def trigger(
        self, host: str, key: str, name: str, tag: str, priority: int = DISASTER
    ) -> tuple[str, str]:
        """An item that takes sent values and a trigger that fires above 0; their ids.

        tag: value of the tag `test`, which `tell` looks for.
        """
        item = self.create(
            "item",
            name=key,
            key_=key,
            hostid=self.id_of("host", "hostid", host=host),
            type=TRAPPER,
            value_type=UNSIGNED,
            history="1d",
            trends="0",
        )
        trigger = self.create(
            "trigger",
            description=name,
            expression=f"last(/{host}/{key})>0",
            priority=priority,
            manual_close=1,
            tags=[{"tag": "test", "value": tag}],
        )
        return item, trigger

    def tell(self, tag: str, media_type: str, to: str) -> tuple[str, str]:
        """A user with this medium and an action that tells it of triggers with `tag`; their ids."""
        medium = self.id_of("mediatype", "mediatypeid", name=media_type)
        reached = {"mediatypeid": medium, "sendto": to, "severity": ALL_SEVERITIES}
        user = self.create(
            "user",
            username=f"user-{tag}",
            passwd=PASSWORD,
            roleid=SUPER_ADMIN_ROLE,
            usrgrps=[
                {"usrgrpid": self.id_of("usergroup", "usrgrpid", name="Zabbix administrators")}
            ],
            medias=[{**reached, "active": 0, "period": ALWAYS}],
        )
        return user, self.create("action", **_action(tag, medium, user))

    def alerts(self, action: str) -> list[dict[str, str]]:
        """What an action has sent so far, oldest first."""
        output = ["alertid", "eventid", "status", "subject", "message", "error", "retries"]
        told = {"output": output, "actionids": action, "sortfield": "alertid"}
        found: list[dict[str, str]] = self("alert.get", told)
        return found

    def acknowledge(self, event: str, message: str) -> None:
        """Acknowledge a problem with a message (action 2 + 4)."""
        self("event.acknowledge", {"eventids": [event], "action": 6, "message": message})


def _action(tag: str, medium: str, user: str) -> Mapping[str, Any]:
    """An action that tells of problem, recovery and update with the media type's own texts."""
    first = {
        "operationtype": MESSAGE,
        "opmessage": {"default_msg": 1, "mediatypeid": medium},
        "opmessage_usr": [{"userid": user}],
    }
    recovery = {"operationtype": NOTIFY_ALL_ON_RECOVERY, "opmessage": {"default_msg": 1}}
    update = {"operationtype": NOTIFY_ALL_ON_UPDATE, "opmessage": {"default_msg": 1}}
    condition = {"conditiontype": TAG_VALUE, "operator": 0, "value2": "test", "value": tag}
    return {
        "name": f"tell {tag}",
        "eventsource": 0,
        "filter": {"evaltype": 0, "conditions": [condition]},
        "operations": [first],
        "recovery_operations": [recovery],
        "update_operations": [update],
    }
