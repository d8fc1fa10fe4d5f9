"""The one door of this room: what the rest of the program asks to put things into words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache, partial
from typing import Any
from zoneinfo import ZoneInfo

from sms_notify.model import MINUTE, SECOND, Kind, Micros
from sms_notify.text import defaults, digests, handovers, ladder, remark
from sms_notify.text.charset import carry, clean
from sms_notify.text.marks import Code, layout
from sms_notify.text.measure import cut, segments, units
from sms_notify.text.names import Names
from sms_notify.text.news import News
from sms_notify.text.parts import Part
from sms_notify.text.prose import is_prose
from sms_notify.text.speech import Speech
from sms_notify.text.story import Digest, Handover, Story, Text, Wording
from sms_notify.text.subject import ORDER, ranks
from sms_notify.text.templates import Compiled
from sms_notify.text.wordings import Book, Flaw

_FIELD = 400
"""Characters of a field that are looked at: a text costs the same whatever arrives."""

_FAILS = (
    "mend it, and give what may be missing a default, `labels.get('rack', '')`: "
    "the built-in text would be used instead"
)


class SaysNothing(Exception):
    """All that a template speaks of is missing: a signature alone wakes somebody for nothing."""


Said = Callable[[frozenset[str]], dict[str, Any]]
"""What a template may say, of the variables it uses."""


class Texts:
    """Renders stories, digests and notices; compiles every template once.

    A broken template is remembered in `problems` and never raises later: its texts come from the
    built-in one and say so in `fallback`.
    """

    def __init__(self, wording: Wording) -> None:
        self._wording = wording
        self._zone = ZoneInfo(wording.timezone)
        self._charset = wording.charset
        language = defaults.LANGUAGES.get(wording.language, defaults.ZH)
        self._language = language
        self._book = Book(wording, language)
        self._signed = self._book.signature if wording.signature_by == "us" else ""
        self._names = Names(wording.glossary, language is defaults.ZH)
        self._speech = Speech(
            language=language,
            names=self._names,
            order=ranks((*wording.subject, *ORDER)),
            keep=wording.keep,
            say=self._say,
            chinese=language is defaults.ZH,
        )
        self._about = self._book.of_ours(
            "{{ before }} {{ name|fit }}{% if subject %} {{ subject|fit }}{% endif %}{{ after }}",
            "before",
            "after",
        )
        self.problems: tuple[Flaw, ...] = self._book.problems

    def story(self, story: Story) -> Text:
        """The SMS of one incident: never longer than its template allows, never raising.

        The names it tells are learned: what was told once is never meant by another's short name.
        """
        self.learn({alert.name for alert in story.alerts})
        return self._render(_key(story), story.receiver, partial(self._story_said, story))

    def digest(self, digest: Digest) -> Text:
        """The SMS of everything held back for one person."""
        return self._render("digest", "", partial(self._digest_said, digest))

    def handover(self, handover: Handover) -> Text:
        """The SMS of several open incidents to whoever comes on call."""
        return self._render("handover", "", partial(self._handover_said, handover))

    def about(self, story: Story, before: str, after: str) -> Text:
        """Name and subject of the story between words of our own, which stay whole."""
        said = {**self._story_said(story, self._about.uses), "before": before, "after": after}
        return self._rendered(self._about, said, "")

    def notice(self, text: str) -> Text:
        """Plain text for an operator, fitted: whole, or cut at a word border."""
        limit = self._wording.max_units - self._book.signature_units
        said = self._say(text[: 20 * _FIELD])
        body = cut(said, limit)
        return self._text(body, () if body == said else ("text",), "")

    def failing(self, stories: Sequence[Story], digest: Digest) -> Iterator[Flaw]:
        """The operator's templates that compile and yet fail on these samples, each once."""
        for receiver, key, template in self._book.own():
            said: list[Said] = [
                partial(self._story_said, story)
                for story in stories
                if key in (_key(story), defaults.INSTEAD.get(_key(story)))
            ]
            if key == "digest":
                said.append(partial(self._digest_said, digest))
            why = next(filter(None, (self._failure(template, each) for each in said)), "")
            if why:
                yield Flaw(receiver, key, f"fails on a sample, {why}; {_FAILS}")

    def _failure(self, template: Compiled, said: Said) -> str:
        try:
            self._rendered(template, said(template.uses), "", own=True)
        except Exception as failed:  # whatever it is, in a page it would cost the template
            return f"{type(failed).__name__}: {failed}"[:200]
        return ""

    def learn(self, names: Iterable[str]) -> None:
        """Names seen so far: shortened names stay unique among them.

        Sentences (Zabbix problems) are not kept: there may be any number, and none is abridged
        to a part of its words.
        """
        for name in names:
            short = name[:200]
            if not self._names.knows(short) and not is_prose(short):
                self._names.learn(short)

    def _render(self, key: str, receiver: str, said: Said) -> Text:
        template, fallback = self._book.find(key, receiver)
        built_in = self._book.built_in(key)
        own = template is not built_in
        try:
            return self._rendered(template, said(template.uses), fallback, own)
        except Exception as failed:
            # an operator's template met data it cannot take: the page goes out all the same
            if not own:
                raise
            why = f"template {key}: {type(failed).__name__}: {failed}"[:200]
            return self._rendered(built_in, said(built_in.uses), why)

    def _rendered(
        self, template: Compiled, said: dict[str, Any], fallback: str, own: bool = False
    ) -> Text:
        """`own`: the operator's, which must say something beside the code. Raises SaysNothing."""
        rendered, parts = template.render(said)
        head, tail = layout(self._clean(rendered))
        room = template.max_units - self._book.signature_units - units(tail)
        text, shed = ladder.fit(head, parts, room)
        body = self._say(text)
        if units(body) > room:
            body, shed = cut(body, room), (*shed, "text")
        if own and not any(map(str.isalnum, body)):
            raise SaysNothing("the text is empty")
        return self._text(f"{body}{tail}".strip(), shed, fallback)

    def _text(self, body: str, shed: tuple[str, ...], fallback: str) -> Text:
        length = self._book.signature_units + units(body)
        return Text(self._signed + body, length, segments(length), shed, fallback)

    def _say(self, text: str) -> str:
        """A field of an alert, clean and carried."""
        text = text[:_FIELD]
        if text.isascii() and text.isprintable() and "  " not in text:
            return text.strip()  # most are: nothing to clean, and every charset carries it
        return carry(clean(text), self._charset)

    def _clean(self, rendered: str) -> str:
        """The rendered text on one line; the marks of the parts stay."""
        return " ".join(rendered[: 20 * _FIELD].split()) if "\n" in rendered else rendered

    def _story_said(self, story: Story, uses: frozenset[str]) -> dict[str, Any]:
        news = News(story, self._speech)
        told = _STORY
        return {use: told[use](self, news) for use in uses if use in told}

    def _digest_said(self, digest: Digest, uses: frozenset[str]) -> dict[str, Any]:
        lines = digests.lines(digest, self._speech)
        return {
            "span": digests.span(digest, self._language),
            "lines": (lines,),
            "code": None if digest.code is None else Code(digest.code),
            "time": self.clock(digest.at),
            "total": sum(line.count for line in digest.lines),
            "ended": digest.ended,
            "kind": Kind.digest.value,
        }

    def _handover_said(self, handover: Handover, uses: frozenset[str]) -> dict[str, Any]:
        lines = handovers.lines(handover, self._speech)
        return {
            "lines": (lines,),
            "total": len(handover.incidents),
            "level": self._language.levels[handover.level],
            "time": self.clock(handover.at),
            "kind": Kind.handoff.value,
        }

    def clock(self, at: Micros) -> str:
        return _clock(at // MINUTE, self._zone)

    def date(self, at: Micros) -> str:
        return f"{datetime.fromtimestamp(at // SECOND, self._zone):%m-%d}"

    def _labels(self, labels: Mapping[str, str]) -> dict[str, str]:
        return {name: self._say(value) for name, value in list(labels.items())[:64]}


@lru_cache(maxsize=1024)
def _clock(minute: int, zone: ZoneInfo) -> str:
    """Remembered: what fires in one minute shows one time."""
    moment = datetime.fromtimestamp(minute * 60, zone)
    return f"{moment.hour:02}:{moment.minute:02}"


def _key(story: Story) -> str:
    """Which template it is for."""
    return "changed" if story.remark else defaults.KEY_OF.get(story.kind, "page")


def _first(news: News, field: str) -> str:
    return getattr(news.alert, field) if news.alert else ""


def _remark(texts: Texts, news: News) -> tuple[Part, ...]:
    told = news.story.remark
    return () if told is None else (remark.part(told, texts._speech),)


def _did(texts: Texts, news: News) -> str:
    told = news.story.remark
    return "" if told is None else texts._language.did[told.did]


def _description(news: News) -> str:
    annotations = news.alert.annotations if news.alert else {}
    return annotations.get("description") or annotations.get("message") or ""


_STORY: Mapping[str, Callable[[Texts, News], Any]] = {
    "level": lambda texts, news: texts._language.levels[news.story.level],
    "name": lambda _, news: news.name(),
    "headline": lambda _, news: news.headline(),
    "subject": lambda _, news: news.subject(),
    "value": lambda _, news: news.value(),
    "did": _did,
    "remark": _remark,
    "time": lambda texts, news: texts.clock(news.story.at),
    "date": lambda texts, news: texts.date(news.story.at),
    "code": lambda _, news: None if news.story.code is None else Code(news.story.code),
    "summary": lambda texts, news: texts._say(_first(news, "summary")),
    "description": lambda texts, news: texts._say(_description(news)),
    "labels": lambda texts, news: texts._labels(news.alert.labels if news.alert else {}),
    "annotations": lambda texts, news: texts._labels(
        news.alert.annotations if news.alert else {}
    ),
    "count": lambda _, news: len(news.story.alerts),
    "more": lambda _, news: news.story.more,
    "firing": lambda _, news: news.story.firing,
    "kind": lambda _, news: news.story.kind.value,
    "receiver": lambda _, news: news.story.receiver,
    "hosts": lambda texts, news: [texts._say(one.text) for one in news.subjects()[:200]],
    "source": lambda _, news: _first(news, "source"),
}  # fmt: skip
