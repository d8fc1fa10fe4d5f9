"""Alertmanager's matchers: `team="dba"`, `a=~"x|y"`, and what they say of a set of labels.

Two grammars, as in Alertmanager since 0.27 in its default mode: what the classic one takes has the
classic meaning, everything else is read by the UTF-8 one (any label name, Go's escapes).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sms_notify.config.regex import translate

OPERATORS = ("=~", "!~", "!=", "=")
LONGEST = 4096

_CLASSIC = re.compile(
    r"[\t\n\f\r ]*([a-zA-Z_:][a-zA-Z0-9_:]*)[\t\n\f\r ]*(=~|=|!=|!~)[\t\n\f\r ]*(.*?)[\t\n\f\r ]*",
    re.DOTALL,
)
_CLASSIC_PART = re.compile(r'(?:"(?:\\.|[^"\\])*(?:"|\\?\Z)|\\[^,]|[^,"])*', re.DOTALL)
_TOKEN = re.compile(
    r'(?P<quoted>"(?:\\.|[^"\\])*")|(?P<op>=~|!=|!~|=)|(?P<mark>[{},])'
    r"|(?P<plain>[^\s{}!=~,\\\"'`]+)|(?P<blank>\s+)",
    re.DOTALL,
)
_ESCAPES = {"a": 7, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11, "\\": 92, '"': 34}
_GO_ESCAPE = re.compile(
    r"\\(?:(?P<one>[abfnrtv\\\"])|x(?P<byte>[0-9a-fA-F]{2})|(?P<octal>[0-3][0-7]{2})"
    r"|u(?P<four>[0-9a-fA-F]{4})|U(?P<eight>[0-9a-fA-F]{8}))|(?P<char>[^\\\n])",
)


@dataclass(frozen=True, slots=True)
class Matcher:
    """One condition on one label. A label that is missing counts as the empty text.

    Regular expressions (`=~`, `!~`) are RE2's, must match the whole value, as in Alertmanager, and
    are compiled once, here. Raises ValueError for an expression that cannot be used.
    """

    name: str
    op: str
    value: str
    _regex: re.Pattern[str] | None = field(init=False, repr=False, compare=False, default=None)

    def __post_init__(self) -> None:
        if self.op not in OPERATORS:
            raise ValueError(f'"{self.op}" is not an operator; use = != =~ or !~')
        if self.op in ("=~", "!~"):
            object.__setattr__(self, "_regex", re.compile(translate(self.value)))

    def matches(self, labels: Mapping[str, str]) -> bool:
        value = labels.get(self.name, "")
        if self._regex is None:
            return (value == self.value) == (self.op == "=")
        return (self._regex.fullmatch(value) is not None) == (self.op == "=~")

    def __str__(self) -> str:
        plain = re.fullmatch(r"[a-zA-Z_:][a-zA-Z0-9_:]*", self.name)
        return f"{self.name if plain else _quoted(self.name)}{self.op}{_quoted(self.value)}"


def parse_matchers(text: str) -> tuple[Matcher, ...]:
    """What one line of `matchers:` may hold: `a="b"`, `a=b,c!="d"`, `{a="b"}`.

    Raises ValueError that says what to write.
    """
    if len(text) > LONGEST:
        raise ValueError(f"a matcher longer than {LONGEST} characters; shorten it")
    for grammar in (_classic, _utf8):
        parts = grammar(text)
        if parts:
            return tuple(Matcher(*part) for part in parts)
    raise ValueError(f'{_shown(text)} is not a matcher; write label="value" (or != =~ !~)')


def _shown(text: str) -> str:
    return f'"{text}"' if '"' not in text else f"'{text}'"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


Parts = list[tuple[str, str, str]]
"""Name, operator, value."""


def _classic(text: str) -> Parts | None:
    """Alertmanager's pkg/labels/parse.go: lenient about braces, quotes and escapes."""
    parts: Parts = []
    for piece in _classic_pieces(text.removeprefix("{").removesuffix("}")):
        found = _CLASSIC.fullmatch(piece)
        value = _classic_value(found[3]) if found else None
        if found is None or value is None:
            return None
        parts.append((found[1], found[2], value))
    return parts


def _classic_pieces(text: str) -> Iterator[str]:
    """Split at the commas that stand outside quotes; one comma may close the list."""
    at = 0
    while True:
        found = _CLASSIC_PART.match(text, at)
        assert found is not None  # noqa: S101 - it matches the empty text too
        piece, at = found[0], found.end()
        if at >= len(text):
            if piece.strip():
                yield piece
            return
        yield piece
        at += 1


def _classic_value(raw: str) -> str | None:
    r"""OpenMetrics escapes `\" \n \\`; any other backslash stands for itself. None = refused."""
    opened = raw.startswith('"')
    body = raw.removeprefix('"')
    if opened:
        closed = re.fullmatch(r'((?:\\.|[^"\\])*)"', body, re.DOTALL)
        if closed is None:
            return None
        body = closed[1]
    elif re.search(r'^(?:\\.|[^"\\])*"', body, re.DOTALL):
        return None
    known = {"\\n": "\n", '\\"': '"', "\\\\": "\\"}
    return re.sub(r'\\[n"\\]', lambda found: known[found[0]], body)


def _utf8(text: str) -> Parts | None:
    """Alertmanager's matcher/parse: any label name, quoted or not, Go's escapes within quotes."""
    tokens = _tokens(text)
    if tokens is None:
        return None
    if tokens and tokens[0] == ("mark", "{"):
        if tokens[-1] != ("mark", "}") or len(tokens) < 2:
            return None
        tokens = tokens[1:-1]
    parts: Parts = []
    while tokens:
        part = _utf8_part(tokens[:3])
        if part is None or (len(tokens) > 3 and tokens[3] != ("mark", ",")):
            return None
        parts.append(part)
        tokens = tokens[4:]
    return parts


def _tokens(text: str) -> list[tuple[str, str]] | None:
    tokens: list[tuple[str, str]] = []
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            return None
        at = found.end()
        if found.lastgroup and found.lastgroup != "blank":
            tokens.append((found.lastgroup, found[0]))
    return tokens


def _utf8_part(tokens: list[tuple[str, str]]) -> tuple[str, str, str] | None:
    if len(tokens) < 3 or tokens[1][0] != "op":
        return None
    name, value = (_unquoted(*token) for token in (tokens[0], tokens[2]))
    return (name, tokens[1][1], value) if name and value is not None else None


def _unquoted(kind: str, text: str) -> str | None:
    """Go's strconv.Unquote: strict about escapes, and the result must be UTF-8."""
    if kind == "plain":
        return text
    if kind != "quoted":
        return None
    written, raw, at = text[1:-1], bytearray(), 0
    while at < len(written):
        found = _GO_ESCAPE.match(written, at)
        if found is None:
            return None
        raw += _go_bytes(found)
        at = found.end()
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _go_bytes(found: re.Match[str]) -> bytes:
    if found["one"]:
        return bytes([_ESCAPES[found["one"]]])
    if found["byte"] or found["octal"]:
        return bytes([int(found["byte"], 16) if found["byte"] else int(found["octal"], 8)])
    code = found["four"] or found["eight"]
    if code:
        point = int(code, 16)
        return chr(point).encode("utf-8", "surrogatepass") if point <= 0x10FFFF else b"\xff"
    return found["char"].encode("utf-8", "surrogatepass")
