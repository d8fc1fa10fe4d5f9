"""Words for a phone: seventy characters that say what, where and how bad."""

from sms_notify.text.charset import carry
from sms_notify.text.measure import segments, units
from sms_notify.text.story import (
    Did,
    Digest,
    DigestLine,
    Handover,
    Remark,
    Story,
    Template,
    Text,
    Wording,
)
from sms_notify.text.texts import Texts

__all__ = [
    "Did",
    "Digest",
    "DigestLine",
    "Handover",
    "Remark",
    "Story",
    "Template",
    "Text",
    "Texts",
    "Wording",
    "carry",
    "segments",
    "units",
]
