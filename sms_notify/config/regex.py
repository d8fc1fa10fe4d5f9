r"""RE2's regular expressions, as Go and Alertmanager read them, in Python's spelling.

The two differ in meaning without a word: `$` before a last newline, `\d` and `\w` beyond ASCII,
`{,5}`, `a*+`, `[[:alpha:]]`, `(?i)` in the middle. Those are translated; what only one of them
knows, or what could take exponential time here (RE2 never does), is refused with a reason.
Syntax: https://github.com/google/re2/wiki/Syntax
"""

from __future__ import annotations

import re
from dataclasses import replace

from sms_notify.config.regex_class import HAN, PERL, POSIX, Ranges, inverted, spelled
from sms_notify.config.regex_piece import ANY, Piece, in_a_row, in_words

MOST_REPEATS = 1000
LARGEST_NEST = 100
MOST_WORDS = 50
MANY = 10
"""A group repeated this often counts as repeated without bound when nested."""

_REPEAT = re.compile(r"\{([0-9]{1,5})(,([0-9]{0,5}))?\}")
_FLAGS = re.compile(r"\?([imsU]*)(-[imsU]+)?([:)])")
_NAME = re.compile(r"\?P?<([A-Za-z0-9_]+)>")
_CONTROL = {"a": "\a", "f": "\f", "t": "\t", "n": "\n", "r": "\r", "v": "\v"}


def translate(pattern: str) -> str:
    """The pattern for Python's `fullmatch`. Raises ValueError that says what to write instead."""
    reader = _Reader(pattern)
    source = reader.choice(frozenset(), 0).source
    if reader.more():
        raise ValueError(f'"{pattern}" has a ) without its (; escape it as \\)')
    return source


class _Reader:
    """Reads a pattern from left to right; `at` is the position."""

    def __init__(self, pattern: str) -> None:
        self.written = self.pattern = pattern
        self.at = 0
        self.flags: frozenset[str] = frozenset()

    def more(self) -> bool:
        return self.at < len(self.pattern)

    def take(self, text: str) -> bool:
        found = self.pattern.startswith(text, self.at)
        self.at += len(text) if found else 0
        return found

    def match(self, regex: re.Pattern[str]) -> re.Match[str] | None:
        found = regex.match(self.pattern, self.at)
        self.at = found.end() if found else self.at
        return found

    def refuse(self, why: str) -> ValueError:
        return ValueError(f'the expression "{self.written}" {why}')

    def choice(self, flags: frozenset[str], depth: int) -> Piece:
        """Branches up to the end of the group; flags set in one hold for the next ones too."""
        if depth > LARGEST_NEST:
            raise self.refuse(f"nests deeper than {LARGEST_NEST} groups; simplify it")
        outer, self.flags = self.flags, flags
        branches = [self.branch(depth)]
        while self.take("|"):
            branches.append(self.branch(depth))
        self.flags = outer
        firsts = [branch.first for branch in branches]
        words = tuple("".join(branch.words) for branch in branches)
        certain = None not in firsts and len(set(firsts)) == len(firsts)
        return Piece(
            "|".join(branch.source for branch in branches),
            repeats=any(branch.repeats for branch in branches),
            chooses=any(branch.chooses for branch in branches) or not (certain or len(firsts) == 1),
            first=firsts[0] if len(firsts) == 1 else None,
            words=words if all(words) and len(words) <= MOST_WORDS else (),
        )

    def branch(self, depth: int) -> Piece:
        pieces: list[Piece] = []
        while self.more() and self.pattern[self.at] not in "|)":
            pieces.append(self.repeated(self.atom(depth)))
        return Piece(
            in_a_row(pieces),
            repeats=any(piece.repeats for piece in pieces),
            chooses=any(piece.chooses for piece in pieces),
            first=pieces[0].first if pieces else None,
            words=(word,) if (word := in_words(pieces)) else (),
        )

    def repeated(self, atom: Piece) -> Piece:
        times = self.times()
        if times is None:
            return atom
        if atom.anchor:
            raise self.refuse("repeats something that has no width; take the repeat away")
        lazy = "?" if self.take("?") else ""
        if self.pattern[self.at : self.at + 1] in ("*", "+", "?") or self.peek_repeat():
            raise self.refuse("repeats a repeat; put the inner one in ( )")
        least, most = times
        many = most is None or most >= MANY
        if many and (atom.repeats or atom.chooses):
            why = "repeats a group that itself repeats or has a choice, which can take for ever"
            raise self.refuse(f"{why}; write it without the nested repeat")
        bounds = f"{{{least},{'' if most is None else most}}}"
        gap = atom.source if most is None and atom.source in ANY else ""
        source = atom.source + bounds + lazy
        return Piece(source, repeats=many or atom.repeats, chooses=least == 0, gap=gap)

    def peek_repeat(self) -> bool:
        return _REPEAT.match(self.pattern, self.at) is not None

    def times(self) -> tuple[int, int | None] | None:
        for sign, bounds in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self.take(sign):
                return bounds
        found = self.match(_REPEAT)
        if found is None:
            return None
        least = int(found[1])
        most = least if found[2] is None else int(found[3]) if found[3] else None
        if max(least, most or 0) > MOST_REPEATS or (most is not None and most < least):
            raise self.refuse(f"has a repeat {found[0]} that is not allowed; keep to 0..1000")
        return least, most

    def atom(self, depth: int) -> Piece:
        if self.peek_repeat() or self.pattern[self.at] in "*+?":
            raise self.refuse(f"repeats nothing at {self.pattern[self.at :]!r}; escape it with \\")
        char = self.pattern[self.at]
        self.at += 1
        if char == "(":
            return self.group(depth)
        if char == "[":
            return self.one_of(self.bracket())
        if char == "\\":
            return self.escape(depth)
        if char == ".":
            return Piece(ANY[0] if "s" in self.flags else ANY[1])
        if char == "^":
            return Piece("(?m:^)" if "m" in self.flags else r"\A", anchor=True)
        if char == "$":
            return Piece("(?m:$)" if "m" in self.flags else r"\Z", anchor=True)
        return self.literal(char)

    def literal(self, char: str) -> Piece:
        words = () if char == "\n" else (char.casefold(),)
        if "i" in self.flags:
            return Piece(f"(?i:{re.escape(char)})", first=char.casefold(), words=words)
        return Piece(re.escape(char), first=char, words=words)

    def one_of(self, source: str) -> Piece:
        return Piece(f"(?i:{source})" if "i" in self.flags else source)

    def group(self, depth: int) -> Piece:
        flags = self.flags
        if self.pattern.startswith("?", self.at) and not self.match(_NAME):
            found = self.match(_FLAGS)
            if found is None or "U" in found[0]:
                raise self.refuse("has a group (?…) that RE2 does not know or that is not taken")
            flags = (flags | set(found[1])) - set(found[2] or "")
            if found[3] == ")":
                self.flags = flags
                return Piece("", anchor=True)
        inner = self.choice(flags, depth + 1)
        if not self.take(")"):
            raise self.refuse("has a ( without its ); escape it as \\(")
        return replace(inner, source=f"(?:{inner.source})")

    def escape(self, depth: int) -> Piece:
        if self.take("Q"):
            return self.quoted(depth)
        for word, source in (
            ("A", r"\A"),
            ("z", r"\Z"),
            ("b", r"(?a:\b)"),
            ("B", r"(?!(?a:\b))"),
        ):
            if self.take(word):
                return Piece(source, anchor=True)
        ranges = self.named_class()
        if ranges is not None:
            return self.one_of(f"[{spelled(ranges)}]")
        return self.literal(self.escaped_char())

    def quoted(self, depth: int) -> Piece:
        r"""`\Q…\E` as if each character had a backslash, so that a repeat takes the last one."""
        text, _, rest = self.pattern[self.at :].partition("\\E")
        plain = "".join(c if c.isalnum() or not c.isascii() else f"\\{c}" for c in text)
        self.pattern = self.pattern[: self.at] + plain + rest
        return self.atom(depth) if plain else Piece("", anchor=True)

    def named_class(self) -> Ranges | None:
        r"""`\d`, `\W`, `\p{Han}` after the backslash."""
        for letter, ranges in PERL.items():
            if self.take(letter):
                return ranges
            if self.take(letter.upper()):
                return inverted(ranges)
        if self.take("p{Han}"):
            return HAN
        if self.take("P{Han}") or self.take("p{^Han}"):
            return inverted(HAN)
        if self.pattern[self.at : self.at + 1] in ("p", "P"):
            raise self.refuse(
                r"has a Unicode class \p; only \p{Han} is taken, write a range [一-龥]"
            )
        return None

    def escaped_char(self) -> str:
        """One character written with a backslash, in or out of brackets."""
        number = self.match(re.compile(r"x([0-9a-fA-F]{2})|x\{([0-9a-fA-F]{1,6})\}"))
        octal = None if number else self.match(re.compile(r"0[0-7]{0,2}|[1-7][0-7]{1,2}"))
        if number or octal:
            code = int(number[1] or number[2], 16) if number else int(octal[0], 8) if octal else 0
            if code > 0x10FFFF:
                raise self.refuse("names a character beyond U+10FFFF")
            return chr(code)
        char = self.pattern[self.at : self.at + 1]
        self.at += 1
        if char in _CONTROL:
            return _CONTROL[char]
        if char and char.isascii() and not char.isalnum():
            return char
        raise self.refuse(f"has an escape \\{char} that RE2 does not know; write it as it is")

    def bracket(self) -> str:
        """The inside of `[…]`, as Python spells it."""
        negated = self.take("^")
        ranges: Ranges = ()
        first = True
        while first or not self.take("]"):
            if not self.more():
                raise self.refuse("has a [ without its ]; escape it as \\[")
            ranges += self.bracket_item()
            first = False
        return f"[{'^' if negated else ''}{spelled(ranges)}]"

    def bracket_item(self) -> Ranges:
        found = self.match(re.compile(r"\[:(\^?)([a-z]+):\]"))
        if found:
            if found[2] not in POSIX:
                raise self.refuse(f"has an unknown class {found[0]}; known: {', '.join(POSIX)}")
            return inverted(POSIX[found[2]]) if found[1] else POSIX[found[2]]
        before = self.at
        if self.take("\\"):
            named = self.named_class()
            if named is not None:
                return named
            self.at = before
        low = self.bracket_char()
        rest = self.pattern[self.at : self.at + 2]
        if len(rest) < 2 or rest[0] != "-" or rest[1] == "]":
            return ((ord(low), ord(low)),)
        self.at += 1
        high = self.bracket_char()
        if high < low:
            raise self.refuse(f"has a range {low}-{high} the wrong way round")
        return ((ord(low), ord(high)),)

    def bracket_char(self) -> str:
        if self.take("\\"):
            return self.escaped_char()
        self.at += 1
        return self.pattern[self.at - 1]
