"""Phone numbers as people write them, made comparable: E.164, `+8613800000001`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sms_notify.model import mask_phone

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

CHINA = 86
SHORTEST = 10
"""Digits of a Chinese number with its area code: the gateway takes no call within one town."""
_FILL = re.compile(r"[\s().\-\u00a0\u2010-\u2015]+")
_CHINESE_MOBILE = re.compile(r"(?:\+86|0086|86)?(1[3-9][0-9]{9})")


def normalise(text: str) -> str:
    """`138 0000 0001` → `+8613800000001`; a 小灵通 `075580808080` → `+8675580808080`.

    Without a country code a number is Chinese. Raises ValueError with the number masked.
    """
    digits = _FILL.sub("", text)
    mobile = _CHINESE_MOBILE.fullmatch(digits)
    if mobile:  # nearly all numbers; spares the import of phonenumbers (40 ms)
        return f"+86{mobile[1]}"
    if not re.fullmatch(r"\+?[0-9]{5,20}", digits):
        raise ValueError(f"{_masked(digits)} is not a phone number; write it as +8613800000001")
    return _by_library(digits)


def _by_library(digits: str) -> str:
    import phonenumbers

    try:
        number = phonenumbers.parse(re.sub(r"^00", "+", digits), "CN")
    except phonenumbers.NumberParseException:
        number = None
    short = number is not None and number.country_code == CHINA and _national(number) < SHORTEST
    if number is None or short or not phonenumbers.is_possible_number(number):
        text = (
            "is not a possible phone number; write all digits with the country code, +8613800000001"
        )
        raise ValueError(f"{_masked(digits)} {text}")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _national(number: PhoneNumber) -> int:
    return len(str(number.national_number))


def _masked(digits: str) -> str:
    return mask_phone(digits) if re.fullmatch(r"\+?[0-9]+", digits) else "this"


def hide(text: str) -> str:
    """Mask whatever in a text could be a phone number: a run of eight or more digits."""
    return re.sub(r"\+?[0-9]{8,}", lambda found: mask_phone(found[0]), text)
