"""No secret and no whole phone number leaves the configuration, however it is broken."""

from __future__ import annotations

import dataclasses
import traceback
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from sms_notify import config
from sms_notify.cli.service import secrets
from sms_notify.config import Secret, Server
from sms_notify.config.urls import masked
from sms_notify.errors import ConfigError

from .given import SOUND, changed, problem, problems, with_change

MARK = "m4rker"

UPSTREAM = f"""upstream:
  zabbix: {{url: "http://h/api_jsonrpc.php", "token": {MARK}-zabbix}}
  alertmanager: {{url: "http://h:9093", user: u, "password": {MARK}-alertmanager}}
"""
EVERYWHERE = changed(
    ("token: token-word-1", f"token: {MARK}-token"),
    ("password: gateway-word-1", f"password: {MARK}-gateway\n    proxy: http://u:{MARK}-proxy@h:1"),
    ("sqlite:///sms.db", f"postgresql://u:{MARK}-d%40b@h/sms?sslpassword={MARK}-ssl"),
    ("store:", UPSTREAM + "store:"),
)

BROKEN = [
    ("global:", "globl:"),
    ("token: ", "tokn: "),
    ("token: ", "token: *"),
    ("token: ", "token: !"),
    ("token: ", "token: @"),
    ("token: ", "token: `"),
    ("token: ", 'token: "\\q'),
    ("token: ", "token: '"),
    ("token: ", "token:"),
    ("token: ", "token: {a: "),
    ("token: ", "token: [a, "),
    (f"token: {MARK}-token", f"token: [{MARK}]"),
    (f"token: {MARK}-token", f"token: {{{MARK}x: {MARK}}}"),
    (f"token: {MARK}-token", f"token: x, token: {MARK}"),
    (f"token: {MARK}-token", f"token: {MARK}, token_file: /nowhere"),
    (f"[{{name: am, token: {MARK}-token}}]", f"[{MARK}]"),
    (f"[{{name: am, token: {MARK}-token}}]", f"{MARK}"),
    ("password: ", "password:"),
    ("password: ", "\tpassword: "),
    ("password: ", "password: >-\n   - "),
    ("password: ", "password: a: "),
    ("password: ", "password: &"),
    ("proxy: http", "proxy: ftp"),
    ("proxy: http://", "proxy: "),
    ("@h:1", "@h:1/x"),
    ('"http://127.0.0.1:9098"', f'"http://u:{MARK}@h"'),
    ('"http://127.0.0.1:9098"', f'"http://h/?us_pwd={MARK}"'),
    ("postgresql://", "postgres://"),
    ("postgresql://", "mysql://"),
    ("@h/sms", "@h"),
    ("@h/sms", "@h:port/sms"),
    ("store: ", "stor: "),
    ("store: ", "store: \n  - "),
]


def test_a_sound_configuration_shows_no_secret_in_any_form() -> None:
    made = config.parse(EVERYWHERE, environ={})
    shown = [
        str(made),
        repr(made),
        f"{made}",
        str(dataclasses.asdict(made.gateways[0])["password"]),
        masked(made.store),
        str(TypeAdapter(Server).dump_python(made.server)),
        TypeAdapter(Server).dump_json(made.server).decode(),
        *made.start_problems(),
    ]
    assert MARK not in "".join(shown)
    assert made.sms[0].password.reveal() == f"{MARK}-gateway"
    assert masked(made.store) == "postgresql://u:***@h/sms?sslpassword=***"
    known = {"token", "gateway", "proxy", "d@b", "ssl", "zabbix", "alertmanager"}
    assert {f"{MARK}-{each}" for each in known} <= set(secrets(made))


@pytest.mark.parametrize(("old", "new"), BROKEN)
def test_no_problem_shows_a_secret(old: str, new: str) -> None:
    assert old in EVERYWHERE
    with pytest.raises(ConfigError) as raised:
        config.parse(EVERYWHERE.replace(old, new, 1), environ={})
    assert MARK not in str(raised.value)
    assert MARK not in "".join(traceback.format_exception(raised.value))


@pytest.mark.parametrize(
    "phone", ["+8613812345678x", "138123456789012345", "[+8613812345678, x]", "{a: 13812345678}"]
)
def test_no_problem_shows_a_whole_phone_number(phone: str) -> None:
    for text in (
        changed(('"+8613800000001"', phone)),
        changed(("张伟: {", "13812345678: {")),
        changed(("to: 李娜", 'to: "+8613812345678"')),
    ):
        found = "".join(problems(text))
        assert found
        assert "12345678" not in found


def test_a_secret_prints_stars_and_compares_in_constant_time() -> None:
    secret = Secret("hunter2")
    assert {str(secret), f"{secret}", f"{secret:>5}", repr(secret)} == {"***", "Secret(***)"}
    assert secret == Secret("hunter2")
    assert secret != Secret("hunter3")
    assert secret.matches("hunter2")
    assert not secret.matches("hunter\udc80")


def secret_from(text: str, folder: Path, environ: dict[str, str] | None = None) -> str:
    written = SOUND.replace("password: gateway-word-1", text)
    made = config.parse(written, path=folder / "config.yaml", environ=environ or {})
    return made.sms[0].password.reveal()


def test_a_secret_file_is_relative_to_the_configuration_and_loses_its_last_newline(
    tmp_path: Path,
) -> None:
    (tmp_path / "gateway.password").write_bytes(b" in file \r\n")
    assert secret_from("password_file: gateway.password", tmp_path) == " in file "


def test_a_variable_of_the_environment_is_put_in(tmp_path: Path) -> None:
    assert secret_from("password: ${SMS_PW}", tmp_path, {"SMS_PW": "p:@/w"}) == "p:@/w"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is empty; it must hold the secret"),
        (b"\n", "is empty; it must hold the secret"),
        (b"a\nb\n", "holds more than one line"),
        (b"\xff\xfe", "is not UTF-8 text"),
        (b"x" * 5000, "longer than 4096 bytes"),
    ],
)
def test_a_secret_file_that_cannot_be_right_is_told(
    tmp_path: Path, content: bytes, told: str
) -> None:
    (tmp_path / "word").write_bytes(content)
    with pytest.raises(ConfigError, match=told):
        secret_from("password_file: word", tmp_path)


def test_a_missing_secret_is_told_by_its_file_or_variable_name() -> None:
    assert "there is no file /nowhere/word" in problem(
        ("password: gateway-word-1", "password_file: /nowhere/word")
    )
    assert "the environment variable SMS_PW is not set; export it" in problem(
        ("password: gateway-word-1", "password: ${SMS_PW}")
    )
    empty = problems(SOUND.replace("gateway-word-1", "${SMS_PW}"), environ={"SMS_PW": ""})
    assert "the environment variable SMS_PW is empty; export it" in empty[0]


def test_a_check_takes_a_missing_secret_as_a_warning() -> None:
    text = changed(
        ("token: token-word-1", "token_file: nowhere"),
        ("password: gateway-word-1", "password: ${SMS_PW}"),
        ("sqlite:///sms.db", "postgresql://u:${PG_PW}@h/db"),
    )
    warned = config.parse(text, environ={}, secrets=False).warnings
    assert [warning.split(": ")[1] for warning in warned] == [
        "server.tokens[0].token_file",
        "store",
        "gateways[0].password",
    ]


def test_a_check_still_refuses_what_is_wrong_beside_a_missing_secret() -> None:
    text = changed(("token: token-word-1", "token_file: nowhere"), ("1w", "1x"))
    with pytest.raises(ConfigError) as raised:
        config.parse(text, environ={}, secrets=False)
    assert ["every" in problem for problem in raised.value.problems] == [True]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("password: a\n    password_file: b", "are both written; write one of them"),
        ("charset: gbk", "are both missing; write one of them"),
    ],
)
def test_exactly_one_way_to_give_a_secret_is_taken(text: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "b").write_text("x-secret-x")
    with pytest.raises(ConfigError, match=told):
        secret_from(text, tmp_path)


def test_a_password_of_the_environment_is_spelled_for_the_url_it_stands_in() -> None:
    text = changed(("sqlite:///sms.db", "postgresql://u:${PG_PW}@h/db"))
    made = config.parse(text, environ={"PG_PW": "a@b/c"})
    assert made.store == "postgresql://u:a%40b%2Fc@h/db"
    whole = changed(("sqlite:///sms.db", "${STORE}"))
    assert config.parse(whole, environ={"STORE": "postgresql://u:p@h/db"}).store.endswith("p@h/db")


@pytest.mark.parametrize("listen", ["0.0.0.0:9097", ":9097", "[::]:9097", "10.0.0.1:9097", "db1:1"])
def test_a_server_open_to_the_network_does_not_start_without_tokens(listen: str) -> None:
    made = with_change("tokens: [{name: am, token: token-word-1}]", f'listen: "{listen}"')
    assert ["server.listen" in told for told in made.start_problems()] == [True]
    assert with_change("server:", f'server:\n  listen: "{listen}"').start_problems() == ()


@pytest.mark.parametrize("listen", ["127.0.0.1:9097", "[::1]:9097", "localhost:9097"])
def test_a_server_on_loopback_starts_without_tokens(listen: str) -> None:
    made = with_change("tokens: [{name: am, token: token-word-1}]", f'listen: "{listen}"')
    assert made.start_problems() == ()


@pytest.mark.parametrize("word", ["changeme", "Change-Me!", "password", "xxx", "<secret>", "'***'"])
def test_a_server_does_not_start_with_a_placeholder(word: str) -> None:
    for written, path in (
        ("gateway-word-1", "gateways[0].password"),
        ("token-word-1", "server.tokens[0].token"),
    ):
        told = with_change(written, word).start_problems()
        assert [path in text for text in told] == [True]
        assert "write the real one" in told[0]
    store = with_change("sqlite:///sms.db", "postgresql://u:changeme@h/db")
    assert ["store" in text for text in store.start_problems()] == [True]


def test_a_placeholder_in_the_environment_is_one_too() -> None:
    made = config.parse(SOUND.replace("gateway-word-1", "${A}"), environ={"A": "${B}"})
    assert "gateways[0].password" in made.start_problems()[0]
