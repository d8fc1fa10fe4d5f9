"""How much of what arrives is kept: every text of an alert is bounded before it is stored."""

from __future__ import annotations

from collections.abc import Mapping

from sms_notify.errors import TooLarge
from sms_notify.model import occurrence_fingerprint

BODY = 10 * 1024 * 1024
MESSAGE = 1024 * 1024
"""Characters of one text of Zabbix that are read: as many as the spool keeps."""
NAME = 200
SUMMARY = 1_000
LABELS = 256
LABEL_NAME = 256
LABEL_VALUE = 4_096
ANNOTATIONS = 256
ANNOTATION_VALUE = 16_384
FINGERPRINT = 64

KEPT_FIRST = (
    "alertname",
    "level",
    "severity",
    "priority",
    "instance",
    "job",
    "summary",
    "description",
    "message",
)
"""What an alert with too many labels or annotations keeps in any case."""


def refuse_large(body: bytes) -> None:
    """Raise TooLarge for a body above 10 MiB (about 18,000 alerts)."""
    if len(body) > BODY:
        raise too_large(f"{len(body)} bytes")


def too_large(found: str) -> TooLarge:
    """The refusal of a body that has `found`: `11000000 bytes`, or `more`."""
    return TooLarge(
        f"the body has {found}, the limit is {BODY}: send fewer alerts in one call "
        "(Alertmanager: max_alerts in webhook_configs)"
    )


def cut(text: str, limit: int) -> str:
    """`text` in at most `limit` characters; what was cut ends with `…`."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def one_line(text: str, limit: int) -> str:
    """`text` on one line, runs of white space as one blank, in at most `limit` characters."""
    # four times the limit leaves room for the white space that goes
    return cut(" ".join(text[: 4 * limit].split()), limit)


def storable(text: str) -> str:
    """`text` as every store takes it: PostgreSQL has no NUL, UTF-8 no lone surrogate."""
    return text.replace("\x00", "�").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def bounded(texts: Mapping[str, str], count: int, value: int) -> dict[str, str]:
    """`texts` with at most `count` entries of bounded length.

    With too many entries those of KEPT_FIRST stay, then the first in alphabetical order.
    """
    if len(texts) > count:
        rank = {kept: place for place, kept in enumerate(KEPT_FIRST)}
        names = sorted(texts, key=lambda text: (rank.get(text, len(rank)), text))[:count]
        texts = {kept: texts[kept] for kept in names}
    if len("".join(texts)) <= LABEL_NAME and len("".join(texts.values())) <= value:
        return dict(texts)  # as nearly always: all together are no longer than one may be
    return {cut(name, LABEL_NAME): cut(text, value) for name, text in texts.items()}


def kept_labels(texts: Mapping[str, str]) -> dict[str, str]:
    """The labels that are kept of an alert."""
    return bounded(texts, LABELS, LABEL_VALUE)


def kept_annotations(texts: Mapping[str, str]) -> dict[str, str]:
    """The annotations that are kept of an alert."""
    return bounded(texts, ANNOTATIONS, ANNOTATION_VALUE)


def receiver(asked_for: str) -> str | None:
    """Who was asked for, as it can be looked up and shown; None if nobody was."""
    return (cut(storable(asked_for).strip(), NAME) or None) if asked_for else None


def fingerprint(given: str, texts: Mapping[str, str]) -> str:
    """The source's fingerprint if it is usable, else one made of all labels as they arrived."""
    if not given:
        return occurrence_fingerprint(texts)
    if len(given) > FINGERPRINT or not given.isprintable():
        return occurrence_fingerprint({"fingerprint": given})
    return given
