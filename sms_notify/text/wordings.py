"""The templates in force: the operator's where they work, the built-in ones where they do not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sms_notify.text import defaults, marks, templates
from sms_notify.text.charset import carry, clean
from sms_notify.text.defaults import Language
from sms_notify.text.measure import units
from sms_notify.text.story import GATEWAY_UNITS, Template, Templates, Wording
from sms_notify.text.templates import Broken, Compiled

ROOM = 40
"""Units a template should leave to name, subject and value."""

_DATA = {"time": 5, "date": 5, "level": 2, "did": 2, "code": 2, "span": 4, "count": 2, "total": 3}


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong with an operator's template, and what to do; `receiver` "": one for all.

    `doubtful`: it is used all the same.
    """

    receiver: str
    key: str
    text: str
    doubtful: bool = False


class Book:
    """All templates of one wording, compiled; `problems` says what `check` should show."""

    def __init__(self, wording: Wording, language: Language) -> None:
        said = carry(clean(wording.signature), wording.charset)
        self.signature = f"【{said}】" if said else ""
        self.signature_units = units(self.signature)
        self._charset = wording.charset
        self._most = wording.max_units
        self._found: dict[tuple[str, str], Compiled | Broken] = {}
        self._built_in = {
            key: _sure(templates.compiled(text, wording.max_units))
            for key, text in language.templates.items()
        }
        self._problems: list[Flaw] = []
        self._add("", wording.templates)
        for receiver, own in wording.receiver_templates.items():
            self._add(receiver, own)
        self.problems = tuple(self._problems)

    def own(self) -> Iterator[tuple[str, str, Compiled]]:
        """The operator's templates that can be rendered: receiver or "", key, template."""
        for (receiver, key), found in self._found.items():
            if isinstance(found, Compiled):
                yield receiver, key, found

    def of_ours(self, text: str, *variables: str) -> Compiled:
        """A template that nobody replaces, with variables of its own."""
        known = templates.VARIABLES | set(variables)
        return _sure(templates.compiled(text, self._most, known))

    def built_in(self, key: str) -> Compiled:
        return self._built_in[key]

    def find(self, key: str, receiver: str) -> tuple[Compiled, str]:
        """The template for `key`, and why an operator's own one was passed over (or "")."""
        own = self._own(key, receiver) if self._found else None
        if isinstance(own, Compiled):
            return own, ""
        return self._built_in[key], "" if own is None else f"template {key}: {own.why}"

    def _own(self, key: str, receiver: str) -> Compiled | Broken | None:
        """The operator's template: the receiver's, then that of all."""
        instead = defaults.INSTEAD.get(key, key)
        for wanted in ((receiver, key), (receiver, instead), ("", key), ("", instead)):
            if wanted in self._found:
                return self._found[wanted]
        return None

    def _add(self, receiver: str, own: Templates) -> None:
        for key, given in own.items():
            if key not in defaults.KEYS:
                known = ", ".join(defaults.KEYS)
                self._problems.append(Flaw(receiver, key, f"no such text; write one of {known}"))
                continue
            template = Template(given, self._most) if isinstance(given, str) else given
            made = templates.compiled(carry(template.text, self._charset), template.max_units)
            self._found[receiver, key] = made
            for what, doubtful in self._judged(made, template):
                self._problems.append(Flaw(receiver, key, what, doubtful))

    def _judged(self, made: Compiled | Broken, template: Template) -> Iterator[tuple[str, bool]]:
        """What is wrong, and whether that is only doubtful."""
        if isinstance(made, Broken):
            yield f"{made.why}; mend it: until then the built-in text is used instead", False
            return
        if template.max_units > GATEWAY_UNITS:
            text = f"max_units {template.max_units}: the gateway takes at most {GATEWAY_UNITS}"
            yield text, False
        room = template.max_units - self.signature_units - fixed_units(made)
        if room < ROOM:
            text = f"leaves {room} units to name, subject and value; they need {ROOM}: write less "
            yield text + "around them, or a larger max_units", True


def fixed_units(made: Compiled) -> int:
    """What a template takes besides its parts, with a code of two digits."""
    said = {use: marks.Code(12) if use == "code" else "x" * _DATA.get(use, 0) for use in made.uses}
    try:
        rendered, _ = made.render(said | dict.fromkeys(templates.PARTED, ()))
    except Exception:
        # it may need real data; then it is judged by what it does at rendering
        return 0
    return units(" ".join(rendered.replace(marks.CODE_MARK, "").split()))


def _sure(made: Compiled | Broken) -> Compiled:
    if isinstance(made, Broken):
        raise AssertionError(f"built-in template: {made.why}")
    return made
