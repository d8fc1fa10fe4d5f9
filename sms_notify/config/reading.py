"""The way from a file's bytes to the configuration, collecting every problem on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from pydantic import ValidationError

from sms_notify.config import build, checks, lint, start
from sms_notify.config.model import Config
from sms_notify.config.partial import readable
from sms_notify.config.pasted import unpasted
from sms_notify.config.problems import Problem, from_validation, line
from sms_notify.config.secrets import Surroundings
from sms_notify.config.written import File
from sms_notify.config.yaml import Document, Plain, YamlProblem, read
from sms_notify.errors import ConfigError

LARGEST = 1024 * 1024

Further = Callable[[Config], Iterable[Problem]]
"""What finds further problems, in rooms above this one."""


def text_of(path: Path) -> str:
    """The file's text. Raises ConfigError if it is not there, not readable or not UTF-8."""
    try:
        with path.open("rb") as opened:
            raw = opened.read(LARGEST + 1)
    except OSError as error:
        raise ConfigError([f"{path}: {_unread(error)}"]) from None
    if len(raw) > LARGEST:
        raise ConfigError([f"{path}: is larger than 1 MiB; is it a configuration?"])
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        at = raw.count(b"\n", 0, error.start) + 1
        text = "is not UTF-8 here; save the file as UTF-8 (what Windows calls ANSI is GBK)"
        raise ConfigError([f"{path}:{at}: {text}"]) from None


def _unread(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "there is no such file; name it with -c, or start from config.example.yaml"
    if isinstance(error, PermissionError):
        return "may not be read by this user; run as sms-notify: sudo -u sms-notify …"
    if isinstance(error, IsADirectoryError):
        return "is a directory; name the file in it"
    return f"cannot be read: {error.strerror}"


def config_of(
    text: str,
    path: Path,
    environ: Mapping[str, str],
    secrets: bool,
    further: Further | None = None,
) -> Config:
    """Raises ConfigError with every problem of the text, in the order of its lines.

    `further` adds its own, also where only a part of the file can be read.
    """
    document = unpasted(_document(text, path))
    data = document.plain()
    if not isinstance(data, dict) or not data:
        what = "is empty" if not data else "is not a mapping, `key: value`"
        raise ConfigError([f"{path}:1: the file {what}; start from config.example.yaml"])
    near = Surroundings(Path(path).absolute().parent, environ)
    file, found = _validated(data, near)
    found += checks.problems(data)
    found += [Problem(where, _twice(one, two)) for where, one, two in document.twice]
    missing = [] if secrets else [problem for problem in found if problem.secret_missing]
    wrong = [problem for problem in found if problem not in missing]
    if missing and not wrong:
        file, wrong = _validated(data, replace(near, forgive=True))
    whole = None if wrong or file is None else build.config(file, path, ())
    more: list[Problem] = []
    if further is not None:
        more += further(whole or build.config(readable(data, near), path, ()))
    wrong += [problem for problem in more if not problem.doubtful]
    if wrong or whole is None:
        raise ConfigError(_told(str(path), document, wrong))
    doubtful = [*missing, *checks.unreachable(data), *lint.warnings(data), *more]
    unready = [Problem(where, text) for where, text in start.problems(whole)]
    return replace(
        whole,
        warnings=tuple(_told(str(path), document, doubtful)),
        unready=tuple(_told(str(path), document, unready)),
    )


def _document(text: str, path: Path) -> Document:
    try:
        return read(text)
    except YamlProblem as problem:
        raise ConfigError([f"{path}:{problem.line}: {problem.text}"]) from None


def _validated(data: dict[str, Plain], near: Surroundings) -> tuple[File | None, list[Problem]]:
    try:
        return File.model_validate(data, context=near), []
    except ValidationError as error:
        return None, list(from_validation(error))


def _twice(first: int, second: int) -> str:
    return f"is written twice, in lines {first} and {second}; keep one of them"


def _told(file: str, document: Document, problems: list[Problem]) -> list[str]:
    """In the order of the file's lines, each once."""
    ordered = sorted(problems, key=lambda problem: document.line(problem.where))
    return list(dict.fromkeys(line(file, document, p.where, p.text) for p in ordered))
