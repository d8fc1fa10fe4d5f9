"""People who answer their phones, or do not: each by a nature of its own, from a seed.

An SMS that asks for an answer is read when it arrives. What is done about it is a reply that the
gateway hands out later; some never answer, some answer late, some mistype and try again.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from random import Random

from sms_notify.model import MINUTE, SECOND, Micros
from sms_notify.simulator import Sms
from tests.simulation.world import World

ASKS = re.compile(r"回(\d{2,5})(?:确认|$)")
NATURES: tuple[tuple[str, int], ...] = (
    ("never", 34),
    ("acknowledges", 22),
    ("late", 12),
    ("mistypes", 8),
    ("escalates", 8),
    ("mutes", 8),
    ("asks", 4),
    ("wrong code", 4),
)
WAYS = ("{}", "{}确认", "ok {}", "“{}”。", "收到{}")
TYPOS = ("{}看看", "{}ac", "1{} 马上", "好的{}", "{} 2小时")


@dataclass
class People:
    """Everybody who carries a phone of this world; `did` counts what they did."""

    world: World
    rng: Random
    did: Counter[str] = field(default_factory=Counter)

    def reads(self, sms: Sms) -> None:
        """Decide what this person does about an SMS."""
        asked = ASKS.search(sms.text)
        if asked is None:
            return
        natures, weights = zip(*NATURES, strict=True)
        [nature] = self.rng.choices(natures, weights)
        self.did[nature] += 1
        soon = self.rng.randrange(20, 240) * SECOND
        for after, text in self._says(nature, asked[1], soon):
            self.world.gateway.reply(sms.phone, text, at=sms.at + after)

    def _says(self, nature: str, code: str, soon: Micros) -> list[tuple[Micros, str]]:
        ack = self.rng.choice(WAYS).format(code)
        if nature == "acknowledges":
            return [(soon, ack)]
        if nature == "late":
            return [(self.rng.randrange(20, 180) * MINUTE, ack)]
        if nature == "mistypes":
            return [(soon, self.rng.choice(TYPOS).format(code)), (soon + 2 * MINUTE, ack)]
        if nature == "escalates":
            return [(soon, self.rng.choice(("{}e", "{}升级")).format(code))]
        if nature == "mutes":
            return [(soon, self.rng.choice(("{}m 30m", "{}静默 2小时", "m {}")).format(code))]
        if nature == "asks":
            return [(soon, self.rng.choice(("w", "s", "?", code + "s")))]
        if nature == "wrong code":
            return [(soon, str(int(code) + 40)), (soon + MINUTE, ack)]
        return []
