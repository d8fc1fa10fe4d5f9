"""One of several writers: judges every webhook of a folder in an order of its own.

python -m tests.acceptance.twin FOLDER SEED     says ready, begins at a line of standard input
"""

from __future__ import annotations

import json
import random
import sys
from collections import Counter
from pathlib import Path

from sms_notify import config
from sms_notify.intake import TellCall, Writer, rules
from sms_notify.model import DAY
from sms_notify.sources import alertmanager
from sms_notify.store import open_store

TOGETHER = 5
"""Webhooks that wait for the writer at once."""


def main(folder: Path, seed: int) -> None:
    loaded = config.load(folder / "config.yaml")
    told, store = rules(loaded), open_store(loaded.store)
    writer = Writer(store, memory=lambda: DAY)
    writer.start()
    bodies = [path.read_bytes() for path in sorted(folder.glob("*.json"))]
    random.Random(seed).shuffle(bodies)
    levels, now = loaded.site.levels, store.now()
    calls = [alertmanager.parse(body, levels=levels, called_at=now) for body in bodies]
    print("ready", flush=True)
    sys.stdin.readline()
    verdicts: Counter[str] = Counter()
    for start in range(0, len(calls), TOGETHER):
        some = [writer.hand_in(TellCall(told, call)) for call in calls[start : start + TOGETHER]]
        for future in some:
            verdicts.update(future.result().verdicts)
    print(json.dumps(verdicts))
    writer.stop()
    store.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
