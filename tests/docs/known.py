"""What the code knows and the documentation must name, read from the code itself."""

from __future__ import annotations

import argparse
import ast
import re
import types
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Union, get_args, get_origin

import click
from pydantic.fields import FieldInfo
from starlette.routing import Route

from sms_notify import config
from sms_notify.cli.program import COMMANDS, program
from sms_notify.config.scalars import Block
from sms_notify.config.written import File
from sms_notify.gateways import http
from sms_notify.intake import Writer, rules
from sms_notify.metrics import Metrics, Standing
from sms_notify.model import DAY
from sms_notify.server import Parts, build
from sms_notify.simulator import program as simulator
from sms_notify.spool import State
from sms_notify.store import open_store
from tests.house import PACKAGE, sources

# -- the configuration ---------------------------------------------------------------------------


def configuration_keys() -> dict[str, str]:
    """`gateways[].urls` and what it is when it is left out: `required`, `—`, or the value."""
    return dict(_keys(File, "", ()))


def _keys(
    block: type[Block], path: str, above: tuple[type[Block], ...]
) -> Iterator[tuple[str, str]]:
    for name, field in block.model_fields.items():
        here = f"{path}{field.alias or name}"
        yield here, _left_out(field)
        for inner, below in _blocks(field.annotation, here):
            if inner not in (*above, block):
                yield from _keys(inner, f"{below}.", (*above, block))


def _blocks(annotation: Any, path: str) -> Iterator[tuple[type[Block], str]]:
    """The blocks that a value may be made of, each with the path of its keys."""
    kind, parts = get_origin(annotation), get_args(annotation)
    if kind is Annotated:
        yield from _blocks(parts[0], path)
    elif kind is tuple:
        yield from _blocks(parts[0], f"{path}[]")
    elif kind is dict:
        yield from _blocks(parts[1], f"{path}.NAME")
    elif kind in (Union, types.UnionType):
        for part in parts:
            yield from _blocks(part, path)
    elif isinstance(annotation, type) and issubclass(annotation, Block):
        yield annotation, path


def _left_out(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.default
    if value in (None, "", (), [], {}):
        return "—"
    return ", ".join(value) if isinstance(value, list | tuple) else str(value)


# -- commands ------------------------------------------------------------------------------------


def commands() -> dict[str, set[str]]:
    """Each command (`db upgrade`) with its arguments and long options, but `--help`."""
    found: dict[str, set[str]] = {}
    for name in COMMANDS:
        command = command_of([name])[0]
        if isinstance(command, click.Group):
            found |= {f"{name} {word}": _options(one) for word, one in command.commands.items()}
        else:
            found[name] = _options(command)
    return found


def _options(command: click.Command) -> set[str]:
    if command.name == "simulate":
        return {word for word in _simulator_options() if word != "--help"}
    found = set()
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            found |= {word for word in parameter.opts if word.startswith("--")}
        else:
            found.add((parameter.metavar or parameter.name or "").upper())
    return found


def _simulator_options() -> Iterator[str]:
    for action in simulator._parser()._actions:
        yield from (word for word in action.option_strings if word.startswith("--"))


def command_of(arguments: Sequence[str]) -> tuple[click.Command, list[str]]:
    """The command that a command line names, and what is left of the line."""
    command: click.Command = program
    left = list(arguments)
    with click.Context(program) as context:
        while isinstance(command, click.Group) and left:
            inner = command.get_command(context, left[0])
            assert inner is not None, f"there is no command {' '.join(arguments)}"
            command, left = inner, left[1:]
    return command, left


def parse(arguments: Sequence[str]) -> None:
    """Read a command line as the program would; raises what it would complain with."""
    command, left = command_of(arguments)
    if command.name == "simulate":
        parser: argparse.ArgumentParser = simulator._parser()
        parser.parse_args(left)
    elif not {"--help", "--version", "-h", "-V"} & set(left):
        command.make_context(command.name, left)


# -- HTTP and metrics ----------------------------------------------------------------------------


def endpoints(folder: Path) -> set[str]:
    """`POST /line` for everything that the server answers."""
    loaded = config.parse(config.sample_yaml(), path=folder / "config.yaml")
    judged, store = rules(loaded), open_store(loaded.store)
    writer = Writer(store, memory=lambda: DAY)
    app: Any = build(
        Parts(
            rules=lambda: judged,
            hand_in=writer.hand_in,
            store=store,
            metrics=Metrics(),
            reload=list,
            readiness=lambda: (True, {}),
        )
    )
    store.close()
    before = vars(app)["_app"]  # the webhooks, and behind them everything else
    served = before.others
    plain = {f"POST {path}" for path in before.paths} | {
        f"{method} {route.path}"
        for route in served.routes
        if isinstance(route, Route)
        for method in (route.methods or set()) - {"HEAD"}
    }
    described = served.openapi()["paths"].items()
    every = plain | {f"{method.upper()} {path}" for path, by in described for method in by}
    return {re.sub(r"{(\w+)[^}]*}", lambda found: found[1].upper(), each) for each in every}


def metrics() -> set[str]:
    """Every name as `/metrics` shows it."""
    shown = Metrics()
    shown.watch(Standing, lambda: 0)
    shown.watch_spool(lambda: State(0, 0, None, 0), lambda: 0)
    suffix = {"counter": "_total", "info": "_info"}
    return {f"{each.name}{suffix.get(each.type, '')}" for each in shown.registry.collect()}


# -- reasons, read from the source ---------------------------------------------------------------


def verdict_reasons() -> set[str]:
    """What is given as the reason of a verdict, `…` for what differs from case to case."""
    found: set[str] = set()
    for tree in sources(PACKAGE / "intake").values():
        for node in ast.walk(tree):
            match node:
                case ast.Call(func=ast.Name(id="Decision"), args=[_, reason]):
                    found |= _texts(reason)
                case ast.keyword(arg="reason", value=reason):
                    found |= _texts(reason)
                case ast.Assign(targets=[ast.Name(id="reason")], value=reason):
                    found |= _texts(reason)
                case ast.FunctionDef(name=name) if name.endswith("_reason"):
                    found |= {text for each in _returned(node) for text in _texts(each)}
    return found - {""}


def state_reasons() -> set[str]:
    """Why delivery moved a message: what stands in its decisions, and how answers get lost."""
    found = {slug for _kind, slug in http._LOST}
    for tree in sources(PACKAGE / "delivery").values():
        for node in ast.walk(tree):
            match node:
                case ast.Call(func=ast.Name(id="Move"), args=[_, reason, *_]):
                    found |= _texts(reason)
                case ast.Dict(keys=keys, values=values):
                    pairs = zip(keys, values, strict=True)
                    found |= {t for k, v in pairs if _texts(k) == {"to_reason"} for t in _texts(v)}
    return found


def _returned(function: ast.FunctionDef) -> Iterator[ast.expr]:
    return (
        node.value for node in ast.walk(function) if isinstance(node, ast.Return) and node.value
    )


def events() -> set[str]:
    """The words for what a line of the log is about."""
    levels = {"info", "warning", "error", "exception"}
    found: set[str] = set()
    for tree in sources(PACKAGE).values():
        for node in ast.walk(tree):
            match node:
                case ast.Call(
                    func=ast.Attribute(value=ast.Name(id="log"), attr=level), args=[event, *_]
                ) if level in levels:
                    found |= _texts(event)
    return {text for text in found if text.isidentifier()}


def _texts(node: ast.expr | None) -> set[str]:
    """The texts that an expression can be, as far as they are written there."""
    match node:
        case ast.Constant(value=str() as text):
            return {text}
        case ast.IfExp(body=body, orelse=otherwise):
            return _texts(body) | _texts(otherwise)
        case ast.JoinedStr(values=parts):
            said = (part.value if isinstance(part, ast.Constant) else "…" for part in parts)
            return {"".join(map(str, said))}
        case _:
            return set()
