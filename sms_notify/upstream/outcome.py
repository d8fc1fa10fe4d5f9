"""What a call to a monitoring system came to: the words of every source to the errands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from sms_notify.model import Micros


class Came(StrEnum):
    """Each says what may be done next."""

    done = "done"
    later = "later"  # no answer, or one that says nothing: the same again, later
    refused = "refused"  # the same again would be refused again


@dataclass(frozen=True, slots=True)
class Told:
    """One thing told to the source, ended. Holds no token, password or URL.

    `reason` is a slug (`http_503`, `refused`, `token`, `no_permission`); `detail` is for the
    history: what the source said, shortened. `ids` names what was made there.
    """

    came: Came
    reason: str = ""
    detail: str = ""
    ids: tuple[str, ...] = ()


class Life(StrEnum):
    """What the source says of one alert."""

    burns = "burns"
    gone = "gone"
    suppressed = "suppressed"  # silenced, inhibited, in maintenance: nobody is to be told
    unknown = "unknown"  # it cannot say: told as if it burned


@dataclass(frozen=True, slots=True)
class Sight:
    """One alert as the source sees it now.

    `ended_at` is the source's own end, None where it keeps none. `acked_by` acknowledged it there
    last, at `acked_at`; "" if nobody did. `by` names the silences.
    """

    life: Life
    ended_at: Micros | None = None
    acked_by: str = ""
    acked_at: Micros = 0
    by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Looked:
    """What a look at several alerts came to, by their fingerprints."""

    told: Told
    found: Mapping[str, Sight] = field(default_factory=dict)
