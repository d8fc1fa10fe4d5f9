"""Reads the project's Markdown as far as the tests need: headings, tables, code blocks, links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.house import ROOT

_HEADING = re.compile(r"(#{1,6}) +(.+)")
_FENCE = re.compile(r"```(\S*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
_CODE = re.compile(r"`([^`]+)`")


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block: what stands behind the fence, and the text in it."""

    language: str
    text: str


@dataclass(frozen=True, slots=True)
class Document:
    """One Markdown file."""

    path: Path
    text: str

    @property
    def prose(self) -> str:
        """The text without its fenced blocks."""
        return _FENCE.sub("", self.text)

    @property
    def headings(self) -> list[tuple[int, str]]:
        """(depth, words) of each heading, in order."""
        found = (_HEADING.fullmatch(line) for line in self.prose.splitlines())
        return [(len(each[1]), each[2].strip()) for each in found if each]

    @property
    def links(self) -> list[str]:
        """The targets of links that lead to a file."""
        return [link for link in _LINK.findall(self.prose) if "://" not in link]

    def blocks(self, *languages: str) -> list[str]:
        """The texts of the fenced blocks in one of these languages."""
        found = [Block(*each) for each in _FENCE.findall(self.text)]
        return [block.text for block in found if block.language in languages]

    def part(self, heading: str) -> str:
        """What stands between a heading and the next one."""
        lines = self.text.splitlines()
        found = [at for at, line in enumerate(lines) if line.lstrip("#").strip() == heading]
        assert len(found) == 1, f"{self.path.name} has {len(found)} headings {heading}"
        below = lines[found[0] + 1 :]
        ends = (at for at, line in enumerate(below) if _HEADING.fullmatch(line))
        return "\n".join(below[: next(ends, len(below))])

    def rows(self, heading: str) -> Iterator[list[str]]:
        """The cells of every table row below a heading, without the head of the table."""
        lines = self.part(heading).splitlines()
        for above, line in zip(["", *lines], lines, strict=False):
            if line.startswith("| ") and above.startswith("|"):
                cells = re.split(r"(?<!\\)\|", line)[1:-1]
                yield [cell.strip().replace("\\|", "|") for cell in cells]

    def words(self, heading: str, column: int = 0) -> set[str]:
        """What stands in backticks in one column of the tables below a heading."""
        return {word for row in self.rows(heading) for word in _CODE.findall(row[column])}


def document(name: str) -> Document:
    """A file of the project by its path."""
    path = ROOT / name
    return Document(path, path.read_text(encoding="utf-8"))
