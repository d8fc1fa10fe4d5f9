"""The READMEs are true: their commands parse, their YAML loads, their links lead somewhere."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from sms_notify import config
from sms_notify.cli.program import COMMANDS
from sms_notify.model import MessageState, Verdict
from tests.docs import known
from tests.docs.markdown import document
from tests.house import ROOT, nothing

NAMES = ("README.md", "README.zh.md")
PAGES = (*NAMES, "docs/configuration.md", "docs/reference.md")
ENDS = {"|", "||", "&&", ";", ">", ">>", "<", "(", ")"}
LONGEST = 290


def command_lines(text: str) -> Iterator[list[str]]:
    """The arguments of each `sms-notify …` in a block of shell."""
    for line in text.splitlines():
        reader = shlex.shlex(line, posix=True, punctuation_chars=True)
        reader.whitespace_split = True
        words = list(reader)
        for at, word in enumerate(words):
            before = words[at - 1] if at else "|"
            calls = before in ENDS or words[max(0, at - 3) : at] == ["-u", "sms-notify", "--"]
            if word == "sms-notify" and calls:
                rest = words[at + 1 :]
                end = next((n for n, each in enumerate(rest) if each in ENDS), len(rest))
                yield rest[:end]


@pytest.mark.parametrize("name", NAMES)
def test_every_command_parses(name: str) -> None:
    given = [line for text in document(name).blocks("sh") for line in command_lines(text)]
    assert len(given) >= 8
    for arguments in given:
        try:
            known.parse(arguments)
        except click.ClickException as wrong:
            pytest.fail(f"sms-notify {shlex.join(arguments)}: {wrong.format_message()}")


@pytest.mark.parametrize("name", NAMES)
def test_what_stands_in_the_prose_is_a_command(name: str) -> None:
    named = re.findall(r"`sms-notify ([a-z-]+)", document(name).prose)
    assert named
    nothing(f"there is no command {word}" for word in named if word not in COMMANDS)


@pytest.mark.parametrize("name", NAMES)
def test_every_yaml_block_is_a_configuration_that_loads(name: str, tmp_path: Path) -> None:
    blocks = document(name).blocks("yaml")
    assert blocks
    for text in blocks:
        loaded = config.parse(text, path=tmp_path / "config.yaml", environ={}, secrets=False)
        assert loaded.start_problems() == ()


@pytest.mark.parametrize("name", PAGES)
def test_every_link_leads_to_a_file(name: str) -> None:
    page = document(name)
    assert page.links
    nothing(link for link in page.links if not (page.path.parent / link).exists())


@pytest.mark.parametrize("name", NAMES)
def test_every_file_that_a_command_needs_is_there(name: str) -> None:
    text = "\n".join(document(name).blocks("sh"))
    wanted = re.findall(r"(?<![\w/])(?:integrations|scripts)/[\w./-]+|config\.example\.yaml", text)
    assert {"scripts/demo", "scripts/test"} <= set(wanted)
    nothing(path for path in wanted if not (ROOT / path).exists())


@pytest.mark.parametrize("name", NAMES)
def test_the_tables_hold_every_verdict_state_and_command(name: str) -> None:
    text = document(name).text
    rows = {row.split("|")[1].strip().strip("`") for row in text.splitlines() if row[:3] == "| `"}
    nothing(f"verdict {verdict}" for verdict in Verdict if verdict.value not in rows)
    nothing(f"state {state}" for state in MessageState if state.value not in rows)
    named = {word for row in rows for word in re.findall(r"[a-z][a-z-]*", row)}
    nothing(f"command {command}" for command in COMMANDS if command not in named)


@pytest.mark.parametrize("name", NAMES)
def test_every_metric_and_endpoint_it_names_exists(name: str, tmp_path: Path) -> None:
    text = document(name).text
    nothing(set(re.findall(r"sms_notify_\w+", text)) - known.metrics() - {"sms_notify_"})
    paths = {each.split(" ")[1].removesuffix("/RECEIVER") for each in known.endpoints(tmp_path)}
    told = set(
        re.findall(r"`(?:GET |POST )?(/(?:-|api|line|zabbix|alertmanager|oncall)[\w./-]*)", text)
    )
    assert told
    nothing(told - paths)


def test_both_languages_have_the_same_sections() -> None:
    english, chinese = (document(name) for name in NAMES)
    assert [depth for depth, _ in english.headings] == [depth for depth, _ in chinese.headings]
    assert len(english.blocks("sh")) == len(chinese.blocks("sh"))
    assert [list(command_lines(text)) for text in english.blocks("sh")] == [
        list(command_lines(text)) for text in chinese.blocks("sh")
    ]
    assert without_remarks(english.blocks("yaml")) == without_remarks(chinese.blocks("yaml"))


def without_remarks(blocks: list[str]) -> list[str]:
    return [re.sub(r" +#.*", "", text) for text in blocks]


@pytest.mark.parametrize("name", NAMES)
def test_a_readme_is_read_in_one_go(name: str) -> None:
    assert len(document(name).text.splitlines()) <= LONGEST
