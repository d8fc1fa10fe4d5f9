"""sms-notify itself as an operator runs it, and the gateway's other side for it to send to."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sms_notify.simulator import Account, Gateway, Simulator
from sms_notify.simulator import serve as simulate

from .process import Process, answers, free_port, wait_until

COMMAND = Path(sys.executable).parent / "sms-notify"
ACCOUNT, PASSWORD = "mysms", "Geheim-Pw#42"
PHONE = "13800000001"


def gateway(balance: int = 100_000) -> Simulator:
    """The simulated gateway on a free port, with one account; close it afterwards."""
    return simulate(Gateway([Account(ACCOUNT, PASSWORD, balance)]))


def config(gateway_url: str) -> dict[str, Any]:
    """The smallest useful configuration: everything goes to one person. Tests add to it."""
    return {
        "gateways": [
            {
                "name": "main",
                "type": "wavecom",
                "account": ACCOUNT,
                "password": "${SMS_PASSWORD}",
                "urls": [gateway_url],
                "poll": {"reports": "10s", "replies": "0"},
            }
        ],
        "people": {"张伟": {"phone": f"+86{PHONE}"}},
        "receivers": [{"name": "值班", "to": "张伟"}],
        "route": {"receiver": "值班"},
    }


class Serve(Process):
    """`sms-notify serve` on a free port; killed and started again it keeps its store.

    config: as `config` makes it; `server.listen` and `store` are filled in where they are absent.
    """

    def __init__(self, folder: Path, config: Mapping[str, Any]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.config = folder / "config.yaml"
        self._store = {"store": f"sqlite:///{folder / 'sms-notify.db'}"}
        self.write(config)
        command = [str(COMMAND), "serve", "--config", str(self.config)]
        environment = {"PATH": "/usr/bin:/bin", "SMS_PASSWORD": PASSWORD}
        super().__init__(
            "serve", command, folder, lambda: answers(f"{self.url}/-/ready"), None, environment
        )

    def write(self, config: Mapping[str, Any]) -> None:
        """Put another configuration in the file; it is in force after a reload or a restart."""
        server = {"listen": f"127.0.0.1:{self.port}", **config.get("server", {})}
        whole = {**self._store, **config, "server": server}
        self.config.write_text(json.dumps(whole, ensure_ascii=False), encoding="utf-8")


def texts(sim: Simulator, phone: str = PHONE) -> list[str]:
    """What the phone shows, oldest first."""
    return [sms.text for sms in sim.gateway.phones.inbox(phone)]


def wait_for_texts(sim: Simulator, number: int, phone: str = PHONE) -> list[str]:
    """The texts on the phone once there are `number` of them."""
    wait_until(f"{number} SMS on {phone}", lambda: len(texts(sim, phone)) >= number)
    return texts(sim, phone)
