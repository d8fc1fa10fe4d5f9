"""A real Zabbix with the shipped media types imported and the shipped alert script in place."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from sms_notify.model import Call
from sms_notify.sources import zabbix as source
from tests.house import ROOT
from tests.programs.process import wait_until
from tests.programs.receiver import Receiver
from tests.programs.zabbix import Zabbix
from tests.sources.zabbix_calls import Levels

SHIPPED = ROOT / "integrations" / "zabbix"
TOKEN = "s3cret-token-of-zabbix"
BY_SCRIPT, BY_WEBHOOK = "sms-notify", "sms-notify webhook"
FAR = 2**53
NUMBERS = count(1)


def local_zone() -> str:
    """The zone in which a Zabbix server on this machine writes its dates."""
    _, _, name = str(Path("/etc/localtime").resolve()).partition("zoneinfo/")
    return name or "UTC"


@cache
def understood(body: bytes, content_type: str) -> Call:
    """What sms-notify makes of a request."""
    return source.parse(
        body, content_type=content_type, levels=Levels(), called_at=FAR, timezone=local_zone()
    )


@dataclass(frozen=True)
class Watched:
    """A host with a trigger and an action that tells one recipient, all with one name."""

    zabbix: Zabbix
    receiver: Receiver
    name: str
    trigger: str
    action: str
    sendto: str

    def set(self, value: int, key: str = "", trigger: str = "") -> None:
        """Send the value, again until the trigger, which the server may not know yet, follows."""
        key, trigger = key or self.name, trigger or self.trigger

        def follows() -> bool:
            self.zabbix.send(self.name, key, value)
            wanted = {"triggerids": trigger, "filter": {"value": int(value > 0)}}
            return bool(self.zabbix.api("trigger.get", {**wanted, "output": ["triggerid"]}))

        wait_until(f"the trigger of {key} to follow {value}", follows)

    def alerts(self) -> list[dict[str, str]]:
        return self.zabbix.api.alerts(self.action)

    def calls(self) -> list[Call]:
        """Everything that reached the receiver for this recipient, in its order."""
        posted = [each for each in list(self.receiver.posted) if each.path == "/zabbix"]
        made = (understood(each.body, each.headers["Content-Type"]) for each in posted)
        return [call for call in made if call.receiver == self.sendto]

    def wait(self, count: int, seconds: float = 30) -> list[Call]:
        """The calls, once there are `count`."""
        return wait_until(
            f"{count} calls for {self.name}",
            lambda: calls if len(calls := self.calls()) >= count else None,
            seconds,
        )

    def sent(self, count: int) -> None:
        """Wait until Zabbix itself counts `count` alerts, and all of them as sent."""
        done = ["1"] * count
        wait_until(f"{count} sent", lambda: [each["status"] for each in self.alerts()] == done)

    def event(self) -> str:
        return wait_until(f"an alert of {self.name}", self.alerts)[0]["eventid"]

    def update(self, action: int, message: str) -> None:
        fields = {"eventids": [self.event()], "action": action, "message": message}
        self.zabbix.api("event.acknowledge", fields)


@pytest.fixture(scope="package")
def listening() -> Iterator[Receiver]:
    """Stands for sms-notify."""
    lent = Receiver()
    yield lent
    lent.close()


@pytest.fixture(scope="package")
def spool_folder(zabbix: Zabbix) -> Path:
    folder = zabbix.own / "spool"
    folder.mkdir(mode=0o770)
    if folder.owner() == "root":
        shutil.chown(folder, "zabbix", "zabbix")
    return folder


def point(zabbix: Zabbix, url: str) -> None:
    """Let the script and the webhook call `url`."""
    (zabbix.scripts / "sms-notify-alert.conf").write_text(
        f"server={url}\ntoken_file={zabbix.own / 'token'}\nspool={zabbix.own / 'spool'}\n"
    )
    wanted = {"globalmacro": True, "filter": {"macro": "{$SMS_NOTIFY.SERVER}"}}
    [macro] = zabbix.api("usermacro.get", {**wanted, "output": ["globalmacroid"]})
    zabbix.api("usermacro.updateglobal", {**macro, "value": url})


@pytest.fixture(scope="package")
def installed(zabbix: Zabbix, listening: Receiver, spool_folder: Path) -> Zabbix:
    """What the installation instructions say, done."""
    zabbix.script("sms-notify-alert", (SHIPPED / "sms-notify-alert").read_text(encoding="utf-8"))
    (zabbix.own / "token").write_text(TOKEN + "\n")
    zabbix.api.import_media_types((SHIPPED / "media_zabbix60.yaml").read_text(encoding="utf-8"))
    for macro in ("SERVER", "TOKEN"):
        zabbix.api("usermacro.createglobal", {"macro": f"{{$SMS_NOTIFY.{macro}}}", "value": TOKEN})
    point(zabbix, listening.url)
    return zabbix


@pytest.fixture
def watched(installed: Zabbix, listening: Receiver) -> Iterator[Callable[..., Watched]]:
    """Make a host, a trigger and an action; the receiver answers 202 until the test says else."""
    listening.answer = lambda posted: 202
    listening.text = ""

    def make(media_type: str, trigger: str = "磁盘满", sendto: str = "", **action: Any) -> Watched:
        name = f"w{next(NUMBERS)}"
        sendto = sendto or f"{name}-组"
        api = installed.api
        # the server learns both from its next look at the configuration: the action must not be
        # the later one, or the problem finds nobody to tell
        _, told = api.tell(name, media_type, sendto)
        if action:
            api("action.update", {"actionid": told, **action})
        api.host(name, f"上海-{name}")
        _, watching = api.trigger(name, name, trigger, tag=name)
        return Watched(installed, listening, name, watching, told, sendto)

    yield make
    listening.answer = lambda posted: 202
