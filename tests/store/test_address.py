"""The address of a store, of one host or of a primary and its standbys."""

from __future__ import annotations

from pathlib import Path

import pytest

from sms_notify.config.urls import masked, passwords_of, store_url
from sms_notify.errors import StoreUnavailable
from sms_notify.store import Store, prepare
from sms_notify.store.address import address


@pytest.mark.parametrize(
    ("text", "hosts", "host"),
    [
        ("postgresql://sms:word9@db/sms", None, "db"),
        ("postgresql://sms:word9@db1,db2:6432/sms", ("db1:5432", "db2:6432"), None),
        ("postgresql://sms:word9@[::1]:1,[::2]/sms", ("[::1]:1", "[::2]:5432"), None),
        ("postgresql://sms:word9@/sms", None, None),
        ("postgresql://sms:word9@/sms?host=/run/postgresql", "/run/postgresql", None),
        ("postgresql://sms:word9@%2Frun%2Fpostgresql/sms", None, "/run/postgresql"),
    ],
)
def test_the_hosts_of_a_url(text: str, hosts: tuple[str, ...] | None, host: str | None) -> None:
    assert store_url(text, Path) == text
    url = address(text)
    assert (url.query.get("host"), url.host) == (hosts, host)
    assert (url.username, url.password, url.database) == ("sms", "word9", "sms")
    assert "word9" not in masked(text)
    assert "word9" not in url.render_as_string(hide_password=True)
    assert list(passwords_of(text)) == ["word9"]


def test_what_stands_behind_several_hosts_is_kept() -> None:
    url = address("postgresql://sms@a,b:1/sms?sslmode=require")
    assert url.query == {"sslmode": "require", "host": ("a:5432", "b:1")}


@pytest.mark.parametrize("text", ["postgresql://u@a,/db", "postgresql://u@a:x,b/db"])
def test_a_host_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a URL of PostgreSQL; write postgresql://USER@HOST"):
        store_url(text, Path)


@pytest.mark.parametrize("mark", ["/", "?", "#"])
def test_a_mark_that_cuts_a_password_off_is_refused_without_showing_it(mark: str) -> None:
    with pytest.raises(ValueError, match="in a password") as raised:
        store_url(f"postgresql://sms:word{mark}9@h/db", Path)
    assert "word" not in str(raised.value).partition("password")[0]
    assert f"word{mark}9" not in str(raised.value)


def test_a_password_may_hold_what_separates_it_from_the_host() -> None:
    text = "postgresql://sms:word@9:x@h:1,i/sms"
    assert store_url(text, Path) == text
    url = address(text)
    assert (url.password, url.query["host"]) == ("word@9:x", ("h:1", "i:5432"))
    assert address("postgresql://sms:word@9@h/sms").host == "h"


@pytest.mark.parametrize("text", ["postgresql:///?service=sms", "postgresql:///sms"])
def test_where_the_database_is_may_be_left_to_libpq(text: str) -> None:
    assert store_url(text, Path) == text
    assert address(text).host is None


@pytest.mark.parametrize(
    "text", ["postgresql://sms:word@9@127.0.0.1:1/d", "postgresql://127.0.0.1:1/d?password=word@9"]
)
def test_an_error_shows_no_password_wherever_the_url_has_it(text: str) -> None:
    store = Store(text)
    with pytest.raises(StoreUnavailable) as raised:
        prepare(store)
    assert "9@" not in str(raised.value)
    assert "***" in str(raised.value)
    store.close()


def test_several_hosts_still_need_a_database() -> None:
    for text in ("postgresql://u@a,b", "postgresql://u@a", "postgresql://", "postgresql:///"):
        with pytest.raises(ValueError, match="the database is missing"):
            store_url(text, Path)
