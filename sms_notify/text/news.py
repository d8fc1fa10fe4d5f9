"""The parts of a story: name, subject, value, each in all the forms in which it can be said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sms_notify.model import Alert
from sms_notify.text import prose
from sms_notify.text.defaults import Language
from sms_notify.text.expression import Rule, rule_of
from sms_notify.text.figures import figures
from sms_notify.text.fold import Group, fold
from sms_notify.text.measure import cut, units
from sms_notify.text.names import Names
from sms_notify.text.parts import Form, Part, Step
from sms_notify.text.story import Story
from sms_notify.text.subject import Subject, extras_of, subject_of
from sms_notify.text.value import RULE_ANNOTATION, Value, value_of

LONGEST_SUBJECT = 30
"""Units above which a subject alone is cut."""

_LONGEST_FOLD = 40
_MOST_VALUES = 200
_NAME, _PROSE = 200, 400


@dataclass(frozen=True, slots=True)
class Speech:
    """How to speak: the words of the language, names seen, labels, what the charset carries."""

    language: Language
    names: Names
    order: tuple[str, ...]
    keep: tuple[str, ...]
    say: Callable[[str], str]
    """A field of an alert as one clean line that the charset can carry."""
    chinese: bool


class News:
    """One story with what its alerts have in common; each part is worked out when asked for."""

    def __init__(self, story: Story, speech: Speech) -> None:
        self.story = story
        self.speech = speech
        self.alert = story.alerts[0] if story.alerts else None
        self._subjects: list[Subject] | None = None

    @property
    def count(self) -> int:
        return len(self.story.alerts) + self.story.more

    def subjects(self) -> list[Subject]:
        """The subject of every alert, in order."""
        if self._subjects is None:
            order = self.speech.order
            self._subjects = [subject_of(alert, order, _rule(alert)) for alert in self.story.alerts]
        return self._subjects

    def name(self) -> tuple[Part, ...]:
        """The alert's name, or the names of several with their counts."""
        if self.alert is None:
            return ()
        counts = Counter(alert.name for alert in self.story.alerts)
        if len(counts) > 1:
            return (Part(several_names(list(counts.most_common()), self.speech), may_cut=True),)
        return (Part(self._one_name(self.alert), may_cut=True),)

    def headline(self) -> tuple[Part, ...]:
        """A Chinese summary in place of the name, where it says more than the name."""
        alert = self.alert
        if alert is None or len({one.name for one in self.story.alerts}) > 1:
            return self.name()
        said = self._bare(alert, self.speech.say(alert.summary[:_PROSE]))
        if not (prose.has_chinese(said) and prose.news(said, alert.name)):
            return self.name()
        bare = _without_value(said, value_of(alert))
        return (Part(prose.forms(bare, self.speech.names, self.speech.chinese), may_cut=True),)

    def _one_name(self, alert: Alert) -> tuple[Form, ...]:
        speech = self.speech
        if alert.source == "line":
            name = speech.say((alert.summary or alert.name)[:_PROSE])
        else:
            name = speech.say(alert.name[:_NAME])
        if not prose.is_prose(name):
            return speech.names.forms(name)
        bare = self._bare(alert, name) or name
        return prose.forms(bare, speech.names, speech.chinese)

    def _bare(self, alert: Alert, text: str) -> str:
        """`text` without the subject, however it is written in it."""
        subject = self.subjects()[0]
        if len(self.story.alerts) != 1 or not subject.label:
            return prose.without(text, ())
        raw = self.speech.say(alert.labels.get(subject.label, "")[:_NAME])
        return prose.without(text, (raw, subject.text))

    def subject(self) -> tuple[Part, ...]:
        """Who is affected, and where on it."""
        story = self.story
        if self.alert is None:
            return ()
        if len(story.alerts) == 1 and not story.more:
            subject = self.subjects()[0]
            extras = extras_of(self.alert, subject, self.speech.keep)
            return (Part(self._one_subject(subject)), Part(self._extra(extras, subject)))
        return (Part(self._many(), may_cut=False),)

    def _one_subject(self, subject: Subject) -> tuple[Form, ...]:
        say = self.speech.say
        text, short = say(subject.text), say(subject.short or subject.text)
        written = [(text, Step.whole), (short, Step.hash), (_clipped(short), Step.subject)]
        if subject.beside:
            beside = say(subject.beside)
            written.insert(0, (f"{text} {beside}", Step.whole))
            written[1] = (text, Step.members)
        return _descending(written)

    def _extra(self, extras: Sequence[str], subject: Subject) -> tuple[Form, ...]:
        said = [self.speech.say(extra) for extra in extras if extra not in subject.text]
        both = "".join(f" {extra}" for extra in said)
        first = f" {said[0]}" if said else ""
        return _descending([(both, Step.whole), (first, Step.extra), ("", Step.extra)])

    def _many(self) -> tuple[Form, ...]:
        subjects = self.subjects()
        alerts = len(subjects)
        more = f"+{self.story.more}" if self.story.more else ""
        named = [subject for subject in subjects if subject.label]
        members = self._members(named)
        words = self.speech.language
        hosts = bool(named) and all(subject.is_host for subject in named)
        if not members:
            return _descending([(words.alerts.format(alerts) + more, Step.whole)])
        distinct = sum(group.members for group in members)
        count = (words.hosts if hosts else words.things).format(distinct) + more
        if distinct != alerts:
            count = f"{words.alerts.format(alerts)}{more}"
        return tuple(_folded(members, count, _several(words, hosts), alerts, more))

    def _members(self, named: Sequence[Subject]) -> tuple[Group, ...]:
        """Who they are; pods by workload where they carry nothing but random letters."""
        say = self.speech.say
        if not any(subject.workload and subject.short != subject.text for subject in named):
            return fold(say(subject.text) for subject in named)
        pods = dict.fromkeys(subject.text for subject in named)
        short = {subject.text: say(subject.short) for subject in named}
        counts = Counter(short[pod] for pod in pods)
        return tuple(
            Group(f"{work}x{number}" if number > 1 else work, number)
            for work, number in counts.most_common()
        )

    def value(self) -> tuple[Part, ...]:
        """How bad: the value with its threshold, the span of several; one clause may follow."""
        if self.alert is None:
            return ()
        if len(self.story.alerts) > 1:
            return (Part(self._span()),)
        value = value_of(self.alert)
        said, limit = value.words() if value else ("", "")
        written = [(said + limit, Step.whole), (said, Step.threshold), ("", Step.value)]
        return (Part(_descending(written), spare=self._spare),)

    def _span(self) -> tuple[Form, ...]:
        """`83.6~94.4%`: smallest and largest, where all are in one unit."""
        alerts = self.story.alerts
        if len(alerts) > _MOST_VALUES:
            return ()
        values = [value_of(alert) for alert in alerts]
        found = [value for value in values if value is not None]
        if len(found) < len(alerts) or len({value.quantity.unit for value in found}) != 1:
            return ()
        said = _spanned(found)
        limits = {value.words()[1] for value in found}
        limit = limits.pop() if len(limits) == 1 else ""
        return _descending([(said + limit, Step.whole), (said, Step.threshold), ("", Step.value)])

    def _spare(self) -> tuple[str, ...]:
        """Clauses of the prose, without numbers, that say what name and subject do not."""
        alert = self.alert
        if alert is None or alert.source == "line":
            return ()
        text = self._bare(alert, self.speech.say(alert.summary[:_PROSE]))
        return prose.fresh_clauses(text, alert.name[:_NAME])


def several_names(counts: Sequence[tuple[str, int]], speech: Speech) -> tuple[Form, ...]:
    """`磁盘满x21 主机失联x9 其他7`: every rung shortens all names, then shows fewer of them."""
    words = speech.language
    listed = [(_name_forms(name, speech), number) for name, number in counts[:6]]
    rest = sum(number for _, number in counts[6:])
    written: list[tuple[str, Step]] = []
    for step in (Step.whole, Step.abbreviated, Step.weak, Step.chinese, Step.words):
        written.append((_listed(listed, rest, step, words), step))
    for shown in range(len(listed) - 1, 0, -1):
        left = rest + sum(number for _, number in listed[shown:])
        written.append((_listed(listed[:shown], left, Step.words, words), Step.words))
    return _descending(written)


def _name_forms(name: str, speech: Speech) -> tuple[Form, ...]:
    said = speech.say(name[:_NAME])
    if prose.is_prose(said):
        return prose.forms(said, speech.names, speech.chinese)
    return speech.names.forms(said)


def _listed(
    listed: Sequence[tuple[tuple[Form, ...], int]], rest: int, step: Step, words: Language
) -> str:
    said = [f"{_at(forms, step)}x{number}" for forms, number in listed]
    return " ".join([*said, words.others.format(rest)] if rest else said)


def _at(forms: Sequence[Form], step: Step) -> str:
    """The shortest form allowed on a rung."""
    return next((form.text for form in reversed(forms) if form.step <= step), "")


def _rule(alert: Alert) -> Rule:
    return rule_of(alert.annotations.get(RULE_ANNOTATION, ""))


def _descending(written: Sequence[tuple[str, Step]]) -> tuple[Form, ...]:
    """Forms of the texts that are each shorter than the one before."""
    forms: list[Form] = []
    for text, step in written:
        length = units(text)
        if not forms or length < forms[-1].units:
            forms.append(Form(text, length, step))
    return tuple(forms)


def _clipped(text: str) -> str:
    """A subject above 30 units: both ends stay, for an ordinal stands at the end."""
    if units(text) <= LONGEST_SUBJECT:
        return text
    head, tail = cut(text, 20, ""), text[-9:]
    return f"{head}…{tail}" if text.isascii() else cut(text, LONGEST_SUBJECT)


def _several(words: Language, hosts: bool) -> str:
    return words.some_hosts if hosts else words.some_things


def _folded(
    groups: Sequence[Group], count: str, several: str, alerts: int, more: str
) -> list[Form]:
    """All members; then as many groups as fit, with the count; then the count alone."""
    whole = f"{count} " + " ".join(group.text for group in groups)
    forms: list[Form] = []
    if units(whole) <= _LONGEST_FOLD:
        forms.append(Form(whole, units(whole)))
    for shown in range(min(len(groups) - 1, 8), 0, -1):
        text = several.format(" ".join(g.text for g in groups[:shown]), alerts) + more
        if units(text) <= _LONGEST_FOLD and (not forms or units(text) < forms[-1].units):
            forms.append(Form(text, units(text), Step.members if forms else Step.whole))
    if not forms or units(count) < forms[-1].units:
        forms.append(Form(count, units(count), Step.members))
    return forms


def _spanned(values: Sequence[Value]) -> str:
    lowest = min(values, key=lambda value: value.quantity.value).words()[0]
    highest = max(values, key=lambda value: value.quantity.value).words()[0]
    if lowest == highest:
        return lowest
    unit = values[0].quantity.unit
    shared = unit and unit == "%" and lowest.endswith(unit) and highest.endswith(unit)
    return f"{lowest.removesuffix(unit) if shared else lowest}~{highest}"


def _without_value(text: str, value: Value | None) -> str:
    """`使用率 90%` → `使用率` where the value stands beside it anyway."""
    if value is None:
        return text
    for figure in figures(text):
        if figure.quantity == value.quantity:
            left = text[: figure.start].rstrip(" :：=为是达到约已")
            return " ".join(f"{left} {text[figure.end :]}".split()).strip(" ,，。;；")
    return text
