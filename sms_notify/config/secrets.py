"""Where secrets come from: a file of their own, or `${NAME}` of the environment.

Nothing here puts a secret into a message; the operator is told the name of the file or variable.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from sms_notify.config.secret import Secret

LONGEST = 4096
MOST_LINES = 16
_BCRYPT = re.compile(r"\$2[aby]\$(0[4-9]|1[0-9])\$[./A-Za-z0-9]{53}")
_MAKE_HASH = "make one with `htpasswd -nB NAME` and write what it prints after the colon, in quotes"
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


class MissingSecretError(ValueError):
    """Not there: an error for `serve`; `check` may run where the secret cannot be read."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What values of the file may refer to. `forgive` reads a missing secret as an empty one."""

    folder: Path
    environ: Mapping[str, str]
    forgive: bool = False

    def expand(self, text: str, spell: Callable[[str], str] = str) -> str:
        """Replace each `${NAME}`; `spell` writes the value so that it fits its surroundings."""

        def value(found: re.Match[str]) -> str:
            if self.environ.get(found[1]):
                return spell(self.environ[found[1]])
            if self.forgive:
                return ""
            state = "empty" if found[1] in self.environ else "not set"
            raise MissingSecretError(f"the environment variable {found[1]} is {state}; export it")

        return _VARIABLE.sub(value, text)

    def expand_url(self, text: str) -> str:
        """The same inside a URL, where a password may hold `@` or `/`; a lone `${URL}` is whole."""
        whole = _VARIABLE.fullmatch(text.strip())
        return self.expand(text.strip(), str if whole else lambda value: quote(value, safe=""))

    def absolute(self, path: str) -> Path:
        return Path(os.path.normpath(self.folder / path))

    def secret(self, text: str) -> Secret:
        """`${SMS_PASSWORD}`, or the secret itself."""
        return _checked(self.expand(text), "it", self.forgive)

    def secret_file(self, path: str) -> Secret:
        """The one line of a file; a relative path starts at the configuration's folder."""
        file = self.absolute(path)
        text = self._read(file, LONGEST)
        return Secret("") if text is None else _checked(text.rstrip("\r\n"), str(file))

    def password_hash(self, text: str) -> Secret:
        """A bcrypt hash; the documentation's own, which ends in …, is one that is missing."""
        if text.endswith("…"):
            if self.forgive:
                return Secret("")
            raise MissingSecretError(f"this is a placeholder, not a hash; {_MAKE_HASH}")
        if _BCRYPT.fullmatch(text) is None:
            raise ValueError(f"is no bcrypt hash; {_MAKE_HASH}")
        return Secret(text)

    def secret_lines(self, path: str) -> tuple[tuple[int, Secret], ...]:
        """The lines of a file that holds one secret a line, with their numbers from 1.

        Blank ones and those that start with `#` are left out.
        """
        file = self.absolute(path)
        text = self._read(file, MOST_LINES * LONGEST)
        lines = enumerate(map(str.strip, (text or "").splitlines()), 1)
        found = [(at, line) for at, line in lines if line and not line.startswith("#")]
        if text is not None and not found:
            raise ValueError(f"{file} is empty; it must hold one URL a line")
        return tuple((at, _checked(line, f"line {at} of {file}")) for at, line in found)

    def _read(self, file: Path, most: int) -> str | None:
        """Its text; None where it may be missing, and is."""
        try:
            with file.open("rb") as opened:
                raw = opened.read(most + 1)
        except OSError as error:
            if self.forgive:
                return None
            raise MissingSecretError(_unread(file, error)) from None
        try:
            return raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise ValueError(f"{file} is not UTF-8 text; it must hold the secret alone") from None


def _checked(text: str, name: str, may_be_empty: bool = False) -> Secret:
    if not text.strip() and not may_be_empty:
        raise ValueError(f"{name} is empty; it must hold the secret")
    if any(ord(char) < 32 for char in text):
        raise ValueError(f"{name} holds more than one line; it must hold the secret alone")
    if len(text.encode("utf-8", "surrogatepass")) > LONGEST:
        raise ValueError(f"{name} is longer than {LONGEST} bytes; it must hold the secret alone")
    return Secret(text)


def _unread(file: Path, error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return f"there is no file {file}; write the secret into it, mode 0640"
    if isinstance(error, PermissionError):
        return f"{file} may not be read by this user; run as the user sms-notify or fix its mode"
    return f"{file} cannot be read: {error.strerror}"
