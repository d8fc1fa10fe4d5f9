"""Who logs in by name and password: bcrypt, which is slow on purpose, off the event loop.

A password that was right is remembered for a while by a keyed digest, so that a page with ten
requests pays once. Wrong ones queue behind each other: guessing stays slow and takes one core.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import os
import time
from collections.abc import Sequence

import bcrypt

from sms_notify.config.model import User
from sms_notify.config.secret import Secret

REMEMBERED = 300.0
"""Seconds for which a right password need not be hashed again."""
MOST_REMEMBERED = 1000
MOST_WAITING = 20
"""So many passwords wait to be compared; one more is refused unread."""
LONGEST = 72
"""Bytes: bcrypt reads no more of a password."""


class Users:
    """One door; `who` may be asked by many requests at once."""

    def __init__(self) -> None:
        self._key = os.urandom(32)
        self._known: dict[bytes, float] = {}
        self._turn = asyncio.Lock()
        self._waiting = 0

    async def who(self, header: str, users: Sequence[User]) -> User | None:
        """The user whose name and password an Authorization header carries."""
        pair = offered(header) if users else None
        if pair is None:
            return None
        name, password = pair
        user = next((each for each in users if each.name == name), None)
        digest = self._digest(user, name, password)
        if self._known.get(digest, 0.0) > time.monotonic():
            return user
        # a name that is unknown takes as long as one that is not, whatever the hashes cost
        hashed = (user or users[0]).password_hash
        if self._waiting >= MOST_WAITING:
            return None
        if not await self._matches(password, hashed) or user is None:
            return None
        if len(self._known) >= MOST_REMEMBERED:
            self._known.clear()
        self._known[digest] = time.monotonic() + REMEMBERED
        return user

    async def _matches(self, password: bytes, hashed: Secret) -> bool:
        self._waiting += 1
        try:
            async with self._turn:
                return await asyncio.to_thread(_matches, password, hashed.reveal().encode())
        finally:
            self._waiting -= 1

    def _digest(self, user: User | None, name: str, password: bytes) -> bytes:
        """Of all that makes it right: another hash in the configuration is another digest."""
        parts = (name.encode(), password, user.password_hash.reveal().encode() if user else b"")
        return hashlib.blake2b(b"\0".join(parts), key=self._key).digest()


def _matches(password: bytes, hashed: bytes) -> bool:
    try:
        return bcrypt.checkpw(password, hashed)
    except ValueError:  # a NUL in it, or a hash that bcrypt does not take
        return False


def offered(header: str) -> tuple[str, bytes] | None:
    """Name and password of basic authentication (RFC 7617); None for anything else."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, colon, password = base64.b64decode(encoded.strip(), validate=True).partition(b":")
        said = name.decode("utf-8")
    except (binascii.Error, ValueError):
        return None
    return (said, password) if colon and said and 0 < len(password) <= LONGEST else None
