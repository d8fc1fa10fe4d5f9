"""Phone numbers as 企业短信通 writes them, and back."""

from __future__ import annotations

import re

_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_LANDLINE = re.compile(r"0[1-9][0-9]{8,10}")
_CHINA = re.compile(r"\+?(?:00)?86(1[3-9][0-9]{9})")
_ABROAD = re.compile(r"(?:\+|00)([1-9][0-9]{6,14})")


def number(phone: str) -> str:
    """E.164 as this gateway writes it: `+8613800000001` → `13800000001`, a Chinese number that is
    not mobile with its area code (`+8675580808080` → `075580808080`), any other country's after
    `00`, which the document leaves open.
    """
    if not phone.startswith("+86"):
        return "00" + phone.removeprefix("+") if phone.startswith("+") else phone
    national = phone.removeprefix("+86")
    return national if _MOBILE.fullmatch(national) else "0" + national


def phone_of(written: str) -> str:
    """The other way round; what is no such number (`10086`, `1069…`) stays as it is."""
    if _MOBILE.fullmatch(written):
        return "+86" + written
    if china := _CHINA.fullmatch(written):
        return "+86" + china[1]
    if _LANDLINE.fullmatch(written):
        return "+86" + written[1:]
    abroad = _ABROAD.fullmatch(written)
    return "+" + abroad[1] if abroad else written
