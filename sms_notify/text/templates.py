"""Templates: compiled once in a sandbox, and made so that none can run away.

A template is a sentence, not a program. What could grow without bound is refused when it is read
(calls, macros, nested loops, repeated strings), so no time or memory limit is needed while a page
is waiting. Alert text is data: it never becomes part of a template.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from jinja2 import Template, Undefined, nodes, pass_context
from jinja2.exceptions import TemplateError, TemplateSyntaxError
from jinja2.meta import find_undeclared_variables
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from sms_notify.text.marks import marked, without_marks
from sms_notify.text.measure import cut, units
from sms_notify.text.parts import Form, Part
from sms_notify.text.sentence import sentence

PARTED = frozenset({"name", "headline", "subject", "value", "remark", "lines"})
"""Variables that are parts, which `fit` may shorten."""

_PARTS = "sms parts"
"""Where a rendering by Jinja collects its parts; no template can spell it."""

_LONGEST = 4_000
_MOST_NODES = 400
_REFUSED: Mapping[type[nodes.Node], str] = {
    nodes.Macro: "macros", nodes.CallBlock: "call blocks", nodes.FilterBlock: "filter blocks",
    nodes.Import: "imports", nodes.FromImport: "imports", nodes.Include: "includes",
    nodes.Extends: "inheritance", nodes.Block: "blocks", nodes.Assign: "`set`",
    nodes.AssignBlock: "`set`", nodes.With: "`with`", nodes.Scope: "`with`",
    nodes.OverlayScope: "scopes", nodes.Mul: "`*`", nodes.Pow: "`**`", nodes.Mod: "`%`",
}  # fmt: skip
_FILTERS = frozenset(
    {
        *("fit", "cut", "upper", "lower", "title", "capitalize", "trim", "default", "d", "replace"),
        *("first", "last", "length", "count", "sort", "unique", "join", "int", "float", "round"),
        "string",
    }
)
_METHODS = frozenset({"get", "startswith", "endswith", "upper", "lower", "removeprefix", "split"})


class Spoken(str):
    """A text of the story with the parts that `fit` may shorten it by."""

    __slots__ = ("parts",)
    parts: tuple[Part, ...]

    def __new__(cls, parts: tuple[Part, ...] = ()) -> Spoken:
        made = str.__new__(cls, "".join([part.full for part in parts]))
        made.parts = parts
        return made


Renderer = Callable[[dict[str, Any]], tuple[str, list[Part]]]


@dataclass(frozen=True, slots=True)
class Compiled:
    """A template that can be rendered; `uses` are the variables it names.

    Rendered, it is a text with the marks of its parts, and these; what says the variables of
    PARTED are sequences of parts.
    """

    render: Renderer
    uses: frozenset[str]
    max_units: int


@dataclass(frozen=True, slots=True)
class Broken:
    """A template that cannot be used, and why."""

    why: str


def compiled(
    source: str,
    max_units: int,
    variables: frozenset[str] | None = None,
    parted: frozenset[str] = PARTED,
) -> Compiled | Broken:
    """`source` ready to render, or the reason why it will not be. `variables`: what it may speak
    of, where that is not VARIABLES; `parted`: those that are parts."""
    known = VARIABLES if variables is None else variables
    if len(source) > _LONGEST:
        return Broken(f"longer than {_LONGEST} characters")
    try:
        tree = _ENVIRONMENT.parse(without_marks(source))
        refused = _refusal(tree)
        if refused:
            return Broken(refused)
        uses = frozenset(find_undeclared_variables(tree))
        unknown = sorted(uses - known)
        if unknown:
            return Broken(f"unknown variable {unknown[0]}; known: {', '.join(sorted(known))}")
        template = _ENVIRONMENT.from_string(tree)
    except TemplateSyntaxError as wrong:
        return Broken(f"line {wrong.lineno}: {wrong.message}")
    except (TemplateError, RecursionError, ValueError) as wrong:
        return Broken(str(wrong) or type(wrong).__name__)
    return Compiled(_renderer(tree, template, parted & uses), uses, max_units)


def _renderer(tree: nodes.Template, template: Template, parted: frozenset[str]) -> Renderer:
    """The quickest way to render it."""
    plain, by_jinja = sentence(tree, parted), _by_jinja(template, parted)
    if plain is None:
        return by_jinja

    def rendered(said: dict[str, Any]) -> tuple[str, list[Part]]:
        try:
            return plain.rendered(said)
        except KeyError:  # a variable of another kind of text, which Jinja leaves out
            return by_jinja(said)

    return rendered


def _by_jinja(template: Template, parted: frozenset[str]) -> Renderer:
    """`template.render` without what it does for each text anew: there are no globals to merge."""
    render = template.root_render_func

    def rendered(said: dict[str, Any]) -> tuple[str, list[Part]]:
        parts: list[Part] = []
        spoken = {name: Spoken(said[name]) for name in parted if name in said}
        context = Context(_ENVIRONMENT, {**said, **spoken, _PARTS: parts}, None, {})
        return "".join(render(context)), parts

    return rendered


VARIABLES = frozenset(
    {
        *("level", "name", "headline", "subject", "value", "time", "date", "code", "summary"),
        *("description", "labels", "annotations", "count", "more", "firing", "kind", "receiver"),
        *("hosts", "source", "did", "remark", "span", "lines", "total", "ended"),
    }
)
"""What a template may speak of; docs/texts.md explains each."""


def _refusal(tree: nodes.Template) -> str:
    found = list(tree.find_all(nodes.Node))
    if len(found) > _MOST_NODES:
        return "too many expressions"
    for node in found:
        why = _refused(node)
        if why:
            return f"line {node.lineno}: {why}"
    return ""


def _refused(node: nodes.Node) -> str:
    for kind, what in _REFUSED.items():
        if isinstance(node, kind):
            return f"{what} are not allowed in a text"
    if isinstance(node, nodes.Getattr) and node.attr.startswith("__") and not _is_label(node):
        return f"`{node.attr}` is nothing of an alert; write a variable or `labels.NAME`"
    if isinstance(node, nodes.Filter) and node.name not in _FILTERS:
        return f"no filter `{node.name}`: {', '.join(sorted(_FILTERS))}"
    if isinstance(node, nodes.For):
        return _refused_loop(node)
    if isinstance(node, nodes.Call):
        return _refused_call(node)
    return ""


def _is_label(node: nodes.Getattr) -> bool:
    """Prometheus has labels such as `__name__`; what is Python's own stays out of reach."""
    of_alert = isinstance(node.node, nodes.Name) and node.node.name in ("labels", "annotations")
    return of_alert and not hasattr(dict, node.attr)


def _refused_loop(node: nodes.For) -> str:
    if node.recursive or any(inner is not node for inner in node.find_all(nodes.For)):
        return "a loop inside a loop is not allowed"
    return ""


def _refused_call(node: nodes.Call) -> str:
    method = node.node
    if isinstance(method, nodes.Getattr) and method.attr in _METHODS:
        return ""
    return f"calls are not allowed, except {', '.join(sorted(_METHODS))}"


def _clipped(value: object) -> str:
    return str(value)[:_LONGEST]


def _replace(value: object, old: object, new: object) -> str:
    """Jinja's `replace`, with bounded texts: replacing "" would square the length."""
    return _clipped(_clipped(value).replace(_clipped(old) or "\x00", _clipped(new)[:100]))


def _join(values: object, between: object = " ") -> str:
    """Jinja's `join` of a list, with bounded texts."""
    listed = list(values) if isinstance(values, (list, tuple)) else [values]
    return _clipped(_clipped(between)[:20].join(_clipped(value)[:400] for value in listed[:200]))


def _cut(value: object, room: int) -> str:
    """At most `room` units, ending at a word border."""
    return cut(_clipped(value), max(0, int(room)))


@pass_context
def _fit(context: Context, value: object) -> str:
    """Marks the place of a part; the ladder fills it after rendering."""
    parts: list[Part] = context.parent[_PARTS]
    if isinstance(value, Spoken):
        return marked(value.parts, parts)
    text = "" if isinstance(value, Undefined) else " ".join(_clipped(value).split())
    return marked((Part((Form(text, units(text)),), may_cut=True),), parts)


def _environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(autoescape=False)
    environment.globals.clear()
    ours = {"fit": _fit, "replace": _replace, "join": _join, "cut": _cut}
    kept = {name: environment.filters[name] for name in _FILTERS - ours.keys()}
    environment.filters = {**kept, **ours}
    return environment


_ENVIRONMENT = _environment()
