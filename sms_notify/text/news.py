"""The parts of a story: name, subject, value, each in all the forms in which it can be said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from sms_notify.model import Alert
from sms_notify.text import crowd, prose
from sms_notify.text.expression import Rule, rule_of
from sms_notify.text.figures import figures
from sms_notify.text.measure import units
from sms_notify.text.parts import Form, Part, Step, descending
from sms_notify.text.quantity import COUNTED
from sms_notify.text.several import several_names
from sms_notify.text.speech import Speech
from sms_notify.text.stated import Value
from sms_notify.text.story import Story
from sms_notify.text.subject import LONGEST_SUBJECT, Subject, clipped, extras_of, subject_of
from sms_notify.text.value import RULE_ANNOTATION, value_of

_MOST_VALUES = 200
_NAME, _PROSE = 200, 200

# Python 3.11 runs a function to look up a member of an enumeration: so each is looked up once.
_WHOLE, _EXTRA, _THRESHOLD = Step.whole, Step.extra, Step.threshold
_HASH, _MEMBERS, _SUBJECT = Step.hash, Step.members, Step.subject

_NOTHING = (Form("", 0),)
_SILENT = Part(_NOTHING)
_UNSAID = Form("", 0, Step.value)


class News:
    """One story with what its alerts have in common; each part is worked out when asked for."""

    def __init__(self, story: Story, speech: Speech) -> None:
        self.story = story
        self.speech = speech
        self.alert = story.alerts[0] if story.alerts else None
        self._subjects: list[Subject] | None = None
        self._value: Value | None = None
        self._valued = False

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
        if self._has_names():
            counts = Counter(alert.name for alert in self.story.alerts)
            return (Part(several_names(list(counts.most_common()), self.speech), may_cut=True),)
        return (Part(self._one_name(self.alert), may_cut=True),)

    def _has_names(self) -> bool:
        """True if the alerts are not all of one name."""
        alerts = self.story.alerts
        return len(alerts) > 1 and len({alert.name for alert in alerts}) > 1

    def headline(self) -> tuple[Part, ...]:
        """A Chinese summary in place of the name, where it says more than the name."""
        alert = self.alert
        if alert is None or self._has_names():
            return self.name()
        said = self._bare(alert, self.speech.say(prose.unprinted(alert.summary[:_PROSE])))
        if not (prose.has_chinese(said) and prose.news(said, alert.name)):
            return self.name()
        bare = _without_value(said, self._stated())
        return (Part(prose.forms(bare, self.speech.names, self.speech.chinese), may_cut=True),)

    def _one_name(self, alert: Alert) -> tuple[Form, ...]:
        speech = self.speech
        if alert.source == "line":
            name = prose.line(speech.say((alert.summary or alert.name)[:_PROSE]))
        else:
            name = prose.sites(speech.say(alert.name[:_NAME]))
        if not prose.is_prose(name):
            return speech.names.forms(name)
        bare = self._bare(alert, name) or name
        if len(self.story.alerts) == 1 and alert.source == "zabbix":
            bare = _without_value(bare, self._stated()) or bare
        # a line stays as it can be searched for in the log that it came from
        return prose.forms(bare, speech.names, speech.chinese and alert.source != "line")

    def _bare(self, alert: Alert, text: str) -> str:
        """`text` without the subject, however it is written in it."""
        subject = self.subjects()[0]
        if len(self.story.alerts) != 1 or not subject.label:
            return prose.without(text, (), alert.source == "line")
        raw = self.speech.say(alert.labels.get(subject.label, "")[:_NAME])
        return prose.without(text, (raw, subject.text), alert.source == "line")

    def subject(self) -> tuple[Part, ...]:
        """Who is affected, and where on it."""
        story = self.story
        if self.alert is None:
            return ()
        if len(story.alerts) == 1 and not story.more:
            subject = self.subjects()[0]
            return (Part(self._one_subject(subject)), self._beside(self.alert, subject))
        return (Part(self._many(), may_cut=False),)

    def _one_subject(self, subject: Subject) -> tuple[Form, ...]:
        say = self.speech.say
        text = say(subject.text)
        if subject.short in ("", subject.text) and not subject.beside:
            length = units(text)
            if length <= LONGEST_SUBJECT:
                return (Form(text, length),)
        short = say(subject.short or subject.text)
        written = [(text, _WHOLE), (short, _HASH), (clipped(short), _SUBJECT)]
        if subject.beside:
            beside = say(subject.beside)
            written.insert(0, (f"{text} {beside}", _WHOLE))
            written[1] = (text, _MEMBERS)
        return descending(written)

    def _beside(self, alert: Alert, subject: Subject) -> Part:
        """What else names the place, behind a blank."""
        extras = extras_of(alert, subject, self.speech.keep)
        said = [self.speech.say(extra) for extra in extras if extra not in subject.text]
        if not said:
            return _SILENT
        both = "".join(f" {extra}" for extra in said)
        first = f" {said[0]}"
        return Part(descending([(both, _WHOLE), (first, _EXTRA), ("", _EXTRA)]))

    def _many(self) -> tuple[Form, ...]:
        return crowd.forms(self.story, self.subjects(), self.speech)

    def value(self) -> tuple[Part, ...]:
        """How bad: the value with its threshold, the span of several; one clause may follow."""
        if self.alert is None:
            return ()
        if len(self.story.alerts) > 1:
            return (Part(self._span()),)
        value = self._stated()
        said = _magnitude(*value.words()) if value else _NOTHING
        return (Part(said, spare=self._spare),)

    def _stated(self) -> Value | None:
        """The value of the first alert, worked out once."""
        if not self._valued and self.alert is not None:
            self._value, self._valued = value_of(self.alert), True
        return self._value

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
        return _magnitude(said, limit)

    def _spare(self, room: int) -> str:
        """A clause of the prose, without numbers, that says what name and subject do not."""
        alert = self.alert
        if alert is None or alert.source == "line":
            return ""
        text = self._bare(alert, self.speech.say(prose.unprinted(alert.summary[:_PROSE])))
        return prose.fresh_clause(text, alert.name[:_NAME], room)


def _magnitude(said: str, limit: str) -> tuple[Form, ...]:
    """`93.4%>90%`, then without the threshold, then nothing."""
    length = units(said)
    if not limit:
        return (Form(said, length), _UNSAID)
    return (Form(said + limit, length + units(limit)), Form(said, length, _THRESHOLD), _UNSAID)


def _rule(alert: Alert) -> Rule:
    return rule_of(alert.annotations.get(RULE_ANNOTATION, ""))


def _spanned(values: Sequence[Value]) -> str:
    lowest = min(values, key=lambda value: value.quantity.value).words()[0]
    highest = max(values, key=lambda value: value.quantity.value).words()[0]
    if lowest == highest:
        return lowest
    unit = values[0].quantity.unit
    shared = (unit == "%" or unit in COUNTED) and lowest.endswith(unit) and highest.endswith(unit)
    return f"{lowest.removesuffix(unit) if shared else lowest}~{highest}"


def _without_value(text: str, value: Value | None) -> str:
    """`使用率 90%` → `使用率` where the value stands beside it anyway."""
    if value is None:
        return text
    for figure in figures(text):
        if figure.quantity == value.quantity:
            start, end = prose.aside_around(text, figure.start, figure.end)
            left = text[:start].rstrip(" :：=为是达到约已当前目现在值")
            return " ".join(f"{left} {text[end:]}".split()).strip(" ,，。;；")
    return text
