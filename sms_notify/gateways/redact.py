"""The one place where secrets and phone numbers are taken out of what a gateway said."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

from sms_notify.config.secret import MASK
from sms_notify.model import mask_phone

MOST_DETAIL = 200

_PARAMETER = re.compile(r"(us_(?:name|pwd)(?:=|%3d|&#61;))[^&\s\"'<>|]*", re.IGNORECASE)
_LONG_NUMBER = re.compile(r"\+?[0-9]{8,}")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufffd]+")


class Redaction:
    """Knows the secrets of one account in every form in which a server may show them again."""

    __slots__ = ("_secrets",)

    def __init__(self, secrets: Iterable[str], charset: str) -> None:
        forms = {form for secret in secrets if secret for form in _forms(secret, charset)}
        longest_first = sorted(forms, key=lambda form: (-len(form), form))
        self._secrets = re.compile(
            "|".join(map(re.escape, longest_first)) or r"(?!)", re.IGNORECASE
        )

    def __call__(self, text: str, most: int = MOST_DETAIL) -> str:
        """`text` in one line of at most `most` characters, without secrets, its phones masked."""
        safe = _PARAMETER.sub(rf"\1{MASK}", self._secrets.sub(MASK, text))
        safe = _LONG_NUMBER.sub(lambda found: mask_phone(found[0]), safe)
        safe = " ".join(_UNPRINTABLE.sub(" ", safe).split())
        return safe if len(safe) <= most else safe[: most - 1] + "…"


def _forms(secret: str, charset: str) -> Iterable[str]:
    yield secret
    yield html.escape(secret)
    for name in (charset, "utf-8"):
        raw = secret.encode(name, "replace")
        for form in (quote(raw, safe=""), quote(raw), quote_plus(raw)):
            yield form
            yield quote(form, safe="")
            yield html.escape(form)
