"""Errands to the source of an alert: tell it that somebody answered, ask it what still burns.

claim (committed, under a lease) → run (network only) → settle, or again when the lease is over.
`Errands` is the same with threads.
"""

from __future__ import annotations

from sms_notify.errands.errands import Errands

__all__ = ["Errands"]
