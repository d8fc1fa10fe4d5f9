"""What a source needs of the configuration: which level a set of labels means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from sms_notify.model import Level


class Levels(Protocol):
    """The `levels:` of the configuration, as far as a source uses it."""

    def of(self, labels: Mapping[str, str], /) -> tuple[Level, str, bool]:
        """The mapped level, the source's own word for it ("" if none), and whether it is known."""
        ...
