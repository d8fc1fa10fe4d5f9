"""What somebody did to a problem and said of it, short enough to stand beside name and subject."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sms_notify.text.measure import cut
from sms_notify.text.parts import Part, Step, descending
from sms_notify.text.speech import Speech
from sms_notify.text.story import Remark

WHO = 12
"""Units of the name of a person; what they say is the news."""

READABLE, SHORTEST = 24, 14
"""Units down to which a remark is shortened before the name gives way, and after it."""

_ALIAS = re.compile(r"(?<=.) ?\([^()]*\)$")


def part(remark: Remark, speech: Speech) -> Part:
    """`李娜:已在处理`, in forms that end earlier and earlier. It never goes entirely: the name
    of the problem was told before, the remark was not."""
    by = cut(_ALIAS.sub("", speech.say(remark.by)), WHO, mark="")
    said = speech.say(remark.said)
    whole = f"{by}:{said}" if by and said else by or said
    return Part(descending([(whole, Step.whole), *_shorter(whole)]))


def _shorter(whole: str) -> Iterator[tuple[str, Step]]:
    for room in range(70, SHORTEST - 1, -2):
        yield cut(whole, room), Step.message if room >= READABLE else Step.remark
