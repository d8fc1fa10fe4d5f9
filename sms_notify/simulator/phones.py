"""The phones at the far end: an inbox per number, and each SMS as its screen would show it."""

from __future__ import annotations

import threading
import unicodedata

from sms_notify.simulator.model import Sms
from sms_notify.simulator.text import china_time

SCREEN_COLUMNS = 40


class Phones:
    """Inboxes by number, in the order in which the SMS arrived; `lock` is the gateway's."""

    __slots__ = ("_inboxes", "_lock")

    def __init__(self, lock: threading.RLock) -> None:
        self._lock = lock
        self._inboxes: dict[str, list[Sms]] = {}

    def put(self, sms: Sms) -> None:
        """Let an SMS reach its phone."""
        with self._lock:
            self._inboxes.setdefault(sms.phone, []).append(sms)

    def inbox(self, phone: str) -> list[Sms]:
        """The SMS that reached `phone`, oldest first; empty for an unknown number."""
        with self._lock:
            return list(self._inboxes.get(phone, ()))

    def numbers(self) -> list[str]:
        """The numbers that got any SMS, sorted."""
        with self._lock:
            return sorted(self._inboxes)

    def all(self) -> list[Sms]:
        """Every SMS that reached a phone, by number, then by arrival."""
        with self._lock:
            return [sms for phone in self.numbers() for sms in self._inboxes[phone]]

    def clear(self) -> None:
        """Empty every inbox."""
        with self._lock:
            self._inboxes.clear()


def bubble(sms: Sms) -> str:
    """The SMS as a phone shows it: number, China time, text, length and segments.

    Control characters are shown as pictures, so that no text can drive the terminal.
    """
    lines = [
        f"╭ {sms.phone}  {china_time(sms.at)}",
        *(f"│ {line}" for line in _wrapped(sms.text)),
        f"╰ {sms.units} characters, {sms.segments} SMS, id {sms.id}",
    ]
    if sms.garbled:
        lines[-1] += ", GARBLED: not text of the gateway's charset"
    return "\n".join(lines)


def _wrapped(text: str) -> list[str]:
    lines: list[str] = []
    for paragraph in text.split("\n"):
        lines.extend(_wrapped_line(paragraph))
    return lines


def _wrapped_line(paragraph: str) -> list[str]:
    lines, columns = [""], 0
    for character in paragraph:
        width = 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if columns + width > SCREEN_COLUMNS:
            lines.append("")
            columns = 0
        lines[-1] += _visible(character)
        columns += width
    return lines


def _visible(character: str) -> str:
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    return "\ufffd" if unicodedata.category(character) in ("Cc", "Cf", "Cs") else character
