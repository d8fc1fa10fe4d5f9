"""What may reach a phone: hostile characters removed, the rest in what the charset can carry."""

from __future__ import annotations

import re
import unicodedata

from sms_notify.text.measure import graphemes

PLACEHOLDER = "?"

# Controls, NUL, bidi overrides, zero-width and line separators, surrogates, private use
# (the markers of `fit` live there) and non-characters.
_HOSTILE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202f\u2060-\u206f"
    "\ud800-\udfff\ue000-\uf8ff\ufdd0-\ufdef\ufeff\ufff0-\ufffb\ufffe\uffff"
    "\U000e0000-\U000e001f\U000f0000-\U0010ffff]"
)
_INVISIBLE = re.compile("[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]")

TRANSLITERATION = str.maketrans(
    {
        "•": "·", "‧": "·", "∙": "·", "²": "2", "³": "3", "¹": "1", "µ": "u", "€": "EUR",
        "£": "GBP", "¢": "c", "\u00a0": " ", "\u2007": " ", "\u202f": " ", "‐": "-", "‑": "-",
        "‒": "-", "–": "-", "−": "-", "―": "—", "‚": ",", "„": '"', "‛": "'", "«": "<<",
        "»": ">>", "‹": "<", "›": ">", "©": "(c)", "®": "(R)", "™": "TM", "½": "1/2",
        "¼": "1/4", "¾": "3/4", "✓": "√", "✔": "√", "✗": "×", "✘": "×", "❌": "×", "✅": "√",
        "⚠": "!", "🔥": "!", "🚨": "!", "🔴": "●", "🟢": "○", "🟡": "●", "⇒": "→", "➜": "→",
        "ø": "o", "Ø": "O", "đ": "d", "ł": "l", "Ł": "L", "ß": "ss", "æ": "ae", "œ": "oe",
    }
)  # fmt: skip


def clean(text: str) -> str:
    """One line of printable text: nothing a phone or a terminal would act on is left."""
    printable = text.isprintable()
    if not printable:
        text = _HOSTILE.sub(" ", _INVISIBLE.sub("", text))
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    if printable and "  " not in text:  # no other blank is printable
        return text.strip()
    return " ".join(text.split())


def carry(text: str, charset: str) -> str:
    """`text` as `charset` can carry it: a transliteration first, then `?` for each grapheme."""
    if text.isascii() or _carries(text, charset):
        return text
    return "".join(_carried(cluster, charset) for cluster in graphemes(text))


def _carries(text: str, charset: str) -> bool:
    try:
        text.encode(charset)
    except UnicodeEncodeError:
        return False
    return True


def _carried(cluster: str, charset: str) -> str:
    if _carries(cluster, charset):
        return cluster
    for likeness in _likenesses(cluster):
        if likeness and _carries(likeness, charset):
            return likeness
    return PLACEHOLDER


def _likenesses(cluster: str) -> tuple[str, str, str]:
    first = cluster[0].translate(TRANSLITERATION)
    plain = unicodedata.normalize("NFKD", cluster)
    bare = "".join(char for char in plain if not unicodedata.combining(char)).strip()
    return (first if first != cluster[0] else "", unicodedata.normalize("NFKC", cluster), bare)
