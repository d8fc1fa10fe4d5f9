"""The table of docs/texts.md: what bridges send today, and ours: python -m tests.text.before_after

Before is the description cut at 70 units with the signature counted, as templates do it. The alerts
are the ones that give up most, then some of each collection.
"""

from __future__ import annotations

from sms_notify.model import Kind
from sms_notify.text import Story, Text, Texts, Wording, units
from tests.text.samples import AT, Sample, everything

SIGNATURE = "【星云运维】"
WORST, OTHERS = 26, 14


def table() -> list[str]:
    """Lines of Markdown, two for each alert."""
    samples = everything()
    texts = Texts(Wording(signature="星云运维"))
    texts.learn(sample.alert.name for sample in samples)
    told = {sample.id: _told(texts, sample) for sample in samples}
    worst = sorted(samples, key=lambda s: (-len(told[s.id].shed), -told[s.id].units, s.id))
    chosen = worst[:WORST] + worst[WORST :: (len(worst) - WORST) // OTHERS + 1]
    lines = ["| before | after | given up |", "|---|---|---|"]
    for sample in chosen:
        after = told[sample.id]
        given = ", ".join(after.shed) or "–"
        lines.append(f"| {_cell(before(sample))} | {_cell(after.text)} | {given} |")
    return lines


def _told(texts: Texts, sample: Sample) -> Text:
    story = Story(Kind.first, sample.alert.level, (sample.alert,), at=AT, code=12)
    return texts.story(story)


def before(sample: Sample) -> str:
    """The description, or Zabbix' subject, after the signature, cut where 70 is."""
    alert = sample.alert
    said = alert.annotations.get("description") or alert.name
    text = SIGNATURE + " ".join(f"[{alert.source_level}] {said}".split())
    return text if units(text) <= 70 else text[:70]


def _cell(text: str) -> str:
    return "`" + text.replace("|", "¦").replace("`", "'") + "`"


if __name__ == "__main__":
    print("\n".join(table()))
