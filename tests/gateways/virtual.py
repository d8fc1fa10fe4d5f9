"""The simulated gateway without sockets: the transport of tests that live in virtual time."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from sms_notify.gateways import Answered, Lost, NotReached
from sms_notify.gateways.http import MOST_BODY
from sms_notify.gateways.wavecom import POLL_READ
from sms_notify.simulator import Ending, Gateway, Outcome


class VirtualHttp:
    """`Http` over Gateway.answer. `down`: bases that refuse; `log`: every (base, target) asked."""

    def __init__(
        self, gateway: Gateway, clock: Callable[[], int], read_timeout: float = 10.0
    ) -> None:
        self.gateway = gateway
        self.down: set[str] = set()
        self.log: list[tuple[str, str]] = []
        self._clock = clock
        self._read_timeout = read_timeout

    def get(self, base: str, target: str) -> Answered | NotReached | Lost:
        self.log.append((base, target))
        if base in self.down:
            return NotReached("refused")
        said = self.gateway.answer(target.encode("ascii"), self._clock(), urlsplit(base).netloc)
        if said.ended is Ending.REFUSED:
            return NotReached("refused", said.seconds)
        patience = self._read_timeout if "send" in urlsplit(target).path else POLL_READ
        if said.seconds > patience:
            return Lost("timeout", patience)
        if said.ended is not Ending.ANSWERED:
            reason = "cut" if said.ended is Ending.TRUNCATED else "reset"
            return Lost(reason, said.seconds, said.body)
        return _answered(said)

    def close(self) -> None:
        """Nothing is open."""


def _answered(said: Outcome) -> Answered:
    location = dict(said.headers).get("Location", "")
    whole = len(said.body) <= MOST_BODY
    return Answered(said.status, said.body[:MOST_BODY], location, whole, said.seconds)
