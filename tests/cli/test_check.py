"""`check` refuses what `serve` would refuse or word otherwise, all of it at once, with its line."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.programs.postgres import Postgres

from .running import Ran, cli, configured

NEAR_THE_END = "{{ name|fit }} 请值班人员登录平台查看详情并及时处理, 电话四零零一二三四五六七八九"


def checked(folder: Path, extra: str = "", *changes: tuple[str, str]) -> Ran:
    """`check` of a configuration that works, changed."""
    path = configured(folder, extra=extra)
    text = path.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    return cli("check", folder=folder)


def told(ran: Ran) -> list[str]:
    """The problems, each without its file; the exit code is that of problems."""
    assert ran.code == 2
    *problems, last = ran.err.splitlines()
    assert last.endswith(": the configuration cannot be used")
    return [problem.split("config.yaml:", 1)[1] for problem in problems]


def test_a_placeholder_is_a_problem_at_its_line(tmp_path: Path) -> None:
    [problem] = told(checked(tmp_path, "", ("demo-gateway-word", "changeme")))
    assert problem.startswith("3: gateways[0].password: this is a placeholder")


def test_a_secret_that_is_not_there_is_a_warning(tmp_path: Path) -> None:
    ran = checked(tmp_path, "", ("password: demo-gateway-word", "password_file: nowhere"))
    assert ran.code == 0
    assert "warning: " in ran.out


def test_serve_names_the_line_too(tmp_path: Path) -> None:
    configured(tmp_path, extra='server: {listen: "0.0.0.0:9097"}\n')
    assert "config.yaml:9: server.listen: " in cli("serve", folder=tmp_path).err


@pytest.mark.parametrize(
    ("template", "says"),
    [
        ("{{ foo }}", "unknown variable foo; known: annotations, "),
        ("{{ name", "mend it"),
        ("{{ 1/0 }}", "fails on a sample, ZeroDivisionError"),
        ("{{ name.__class__ }}", "`__class__` is nothing of an alert; write a variable"),
        ("{{ labels.rack.split('-') }}", "give what may be missing a default"),
    ],
)
@pytest.mark.parametrize("key", ["page", "changed", "reminder", "digest"])
def test_a_template_that_cannot_be_used_is_a_problem(
    template: str, says: str, key: str, tmp_path: Path
) -> None:
    [problem] = told(checked(tmp_path, f'templates:\n  {key}: "{template}"\n'))
    assert problem.startswith(f"10: templates.{key}: ")
    assert says in problem


def test_a_template_of_a_receiver_is_told_at_its_place(tmp_path: Path) -> None:
    own = "to: 张伟, templates: {update: '{{ 1/0 }}'}}"
    [problem] = told(checked(tmp_path, "", ("to: 张伟}", own)))
    assert problem.startswith("7: receivers[0].templates.update: fails on a sample")


def test_a_template_with_little_room_is_a_warning(tmp_path: Path) -> None:
    ran = checked(tmp_path, f'templates:\n  page: "{NEAR_THE_END}"\n')
    assert ran.code == 0
    assert "config.yaml:10: templates.page: leaves " in ran.out


def test_problems_of_every_kind_are_told_at_once_in_the_order_of_lines(tmp_path: Path) -> None:
    extra = 'server: {listen: "0.0.0.0:9097"}\ntemplates: {page: "{{ foo }}", pgae: "x"}\n'
    wrong = (("people:", "poeple:"), ("demo-gateway-word", "changeme"))
    found = told(checked(tmp_path, extra, *wrong))
    for place in ("gateways[0].password", "poeple", "server.listen", "templates.page"):
        assert any(f": {place}: " in problem for problem in found), place
    lines = [int(problem.split(":")[0]) for problem in found]
    assert lines == sorted(lines)


def test_what_stands_in_for_unreadable_parts_is_not_complained_about(tmp_path: Path) -> None:
    found = told(checked(tmp_path, "", ("type: wavecom", "type: wavcom")))
    assert len(found) == 1


FALLBACK = "\n  - {name: 备用, type: apprise, urls: [%s]}\npeople:"


def test_a_fallback_is_summed_up_without_its_url(tmp_path: Path) -> None:
    ran = checked(tmp_path, "", ("\npeople:", FALLBACK % "'json://h/T0KEN-4711', 'xml://h'"))
    assert "gateway 备用: apprise, 2 URLs, one recipient\n" in ran.out
    assert "T0KEN" not in ran.out + ran.err


@pytest.mark.parametrize("command", ["check", "serve"])
def test_a_url_that_apprise_cannot_use_stops_check_and_serve(tmp_path: Path, command: str) -> None:
    checked(tmp_path, "", ("\npeople:", FALLBACK % "'json://h', 'slack://T0KEN-4711'"))
    ran = cli(command, folder=tmp_path)
    assert ran.code == 2
    assert "gateways[1]: apprise cannot use URL 2; see its documentation" in ran.err
    assert "T0KEN" not in ran.out + ran.err


def test_a_fallback_template_is_read_as_strictly(tmp_path: Path) -> None:
    broken = FALLBACK.replace("}", ", template: '{{ txt }}'}")
    [problem] = told(checked(tmp_path, "", ("\npeople:", broken % "'json://h'")))
    assert "gateways[1].template: unknown variable txt; known: alerts, " in problem


WITH_A_ROTA = """
schedules: {值班表: {rotate: [张伟], every: 1w, handoff: Mon 10:00, since: 2026-01-05}}
"""


def of_store(folder: Path, url: str) -> Ran:
    path = configured(folder, extra=WITH_A_ROTA)
    text = path.read_text(encoding="utf-8")
    [line] = [line for line in text.splitlines() if line.startswith("store:")]
    path.write_text(text.replace(line, f"store: {url}"), encoding="utf-8")
    return cli("check", folder=folder)


@pytest.mark.real
def test_an_empty_database_is_left_empty(
    tmp_path: Path, postgres: Postgres, postgres_url: str
) -> None:
    assert of_store(tmp_path, postgres_url).code == 0
    name = postgres_url.rpartition("/")[2]
    tables = "select count(*) from information_schema.tables where table_schema = 'public'"
    assert postgres.ask(tables, name) == 0


@pytest.mark.real
def test_a_database_that_cannot_be_asked_is_a_warning(tmp_path: Path, postgres: Postgres) -> None:
    ran = of_store(tmp_path, postgres.url("nowhere"))
    assert ran.code == 0
    [said] = [line for line in ran.out.splitlines() if line.startswith("warning: the store ")]
    assert 'database "nowhere" does not exist' in said


def test_a_store_of_another_schema_is_a_warning(tmp_path: Path) -> None:
    file = tmp_path / "old.db"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE alembic_version (version_num TEXT)")
        connection.execute("INSERT INTO alembic_version VALUES ('0001')")
    ran = of_store(tmp_path, f"sqlite:///{file}")
    assert ran.code == 0
    assert "has schema 0001, this program needs" in ran.out
