"""Gateways of the file: one block a type; what stands in a URL of apprise is a secret."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from sms_notify import config
from sms_notify.cli.service import secrets
from sms_notify.config import Apprise

from .given import changed, problem, problems, with_change

TOKEN = "T0KEN-4711"
LAST = "\npeople:"


def fallback(keys: str) -> str:
    return changed((LAST, f"\n  - {{name: 备用, type: apprise, {keys}}}{LAST}"))


def apprise_of(text: str, **more: str) -> Apprise:
    made = config.parse(text, environ=more).gateways[1]
    assert isinstance(made, Apprise)
    return made


def test_the_last_resort_may_be_apprise_with_urls_in_the_file_or_the_environment() -> None:
    urls = f'urls: ["json://127.0.0.1/{TOKEN}", "${{OTHER}}"], template: "{{{{ text }}}}"'
    made = apprise_of(fallback(urls), OTHER="mailto://u:word@example.com")
    assert [url.reveal() for url in made.urls] == [
        f"json://127.0.0.1/{TOKEN}",
        "mailto://u:word@example.com",
    ]
    assert (made.name, made.account, made.template) == ("备用", "apprise:备用", "{{ text }}")


def test_a_file_holds_one_url_a_line(tmp_path: Path) -> None:
    file = tmp_path / "fallback.urls"
    file.write_text(f"\ufeff# chat\njson://h/{TOKEN}\n\n  mailto://u:w@example.com \n")
    made = apprise_of(fallback(f"urls_file: {file}"))
    assert [url.reveal() for url in made.urls] == [f"json://h/{TOKEN}", "mailto://u:w@example.com"]


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ("urls: []", "gateways[1].urls: is empty"),
        ("template: x", "gateways[1]: urls and urls_file are both missing"),
        (f"urls: ['{TOKEN}']", "gateways[1].urls[0]: is not a URL of apprise"),
        ("urls_file: /none/x", "gateways[1].urls_file: there is no file /none/x"),
        ("urls: ['json://h'], acount: a", "known here: name, type, urls, urls_file, template"),
        ("urls: ['json://h'], charset: gbk", "known here: name, type, urls, urls_file, template"),
    ],
)
def test_what_is_wrong_is_told_at_its_place_and_without_the_url(keys: str, told: str) -> None:
    (found,) = problems(fallback(keys))
    assert told in found
    assert TOKEN not in found
    assert found.startswith("12: ")


def test_a_bad_line_of_the_file_is_named_by_its_number_only(tmp_path: Path) -> None:
    file = tmp_path / "fallback.urls"
    file.write_text(f"json://h\n{TOKEN}\n")
    (found,) = problems(fallback(f"urls_file: {file}"))
    assert f"line 2 of {file} is not a URL of apprise" in found
    assert TOKEN not in found


def test_an_empty_file_and_a_long_one_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "fallback.urls"
    file.write_text("# none yet\n")
    assert "is empty; it must hold one URL a line" in problems(fallback(f"urls_file: {file}"))[0]
    file.write_text("json://h\n" * 17)
    assert "has more than 16 URLs" in problems(fallback(f"urls_file: {file}"))[0]


def test_where_the_extra_is_not_installed_it_says_what_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(
        "sms_notify.config.written_channels.find_spec",
        lambda name: None if name == "apprise" else real(name),
    )
    (found,) = problems(fallback("urls: ['json://h']"))
    assert found.endswith(
        'gateways[1].type: needs the library apprise; pip install "sms-notify[apprise]"'
    )


def test_an_unknown_type_and_one_that_is_no_word_are_told() -> None:
    told = "gateways[0].type: must be apprise or wavecom"
    assert told in problem(("type: wavecom", "type: wavcom"))
    assert "gateways[0].type: is missing" in problem(("    type: wavecom\n", ""))


def test_keys_of_the_other_type_keep_their_suggestions() -> None:
    assert 'did you mean "account"?' in problem(("type: wavecom", "type: wavecom\n    acount: a"))


def test_an_apprise_gateway_before_sms_is_warned_of() -> None:
    first = "gateways:\n  - {name: 备用, type: apprise, urls: ['json://h']}\n"
    made = with_change("gateways:\n", first)
    (warning,) = made.warnings
    assert "gateways[0]: stands before gateways that send SMS" in warning
    assert [gateway.name for gateway in made.sms] == ["主通道"]


def test_no_url_shows_and_the_log_knows_all_that_could_be_a_token() -> None:
    url = f"slack://{TOKEN}@A1B2C3D4E5/my-pass%20w0rd/?key=q1w2e3r4t5"
    made = config.parse(fallback(f"urls: ['{url}', 'mailto://me:secret@example.com']"))
    assert TOKEN not in f"{made!r}"
    known = set(secrets(made))
    assert {url, TOKEN, "A1B2C3D4E5", "my-pass w0rd", "q1w2e3r4t5", "secret"} <= known


def test_a_schema_knows_both_types() -> None:
    schema = config.json_schema()
    assert {"AppriseBlock", "WavecomBlock"} <= schema["$defs"].keys()
    assert "oneOf" in schema["properties"]["gateways"]["items"]
