"""The address of a store, of one host or of a primary and its standbys."""

from __future__ import annotations

from pathlib import Path

import pytest

from sms_notify.config.urls import masked, password_of, store_url
from sms_notify.store.address import address


@pytest.mark.parametrize(
    ("text", "hosts", "host"),
    [
        ("postgresql://sms:word9@db/sms", None, "db"),
        ("postgresql://sms:word9@db1,db2:6432/sms", ("db1:5432", "db2:6432"), None),
        ("postgresql://sms:word9@[::1]:1,[::2]/sms", ("[::1]:1", "[::2]:5432"), None),
    ],
)
def test_the_hosts_of_a_url(text: str, hosts: tuple[str, ...] | None, host: str | None) -> None:
    assert store_url(text, Path) == text
    url = address(text)
    assert (url.query.get("host"), url.host) == (hosts, host)
    assert (url.username, url.password, url.database) == ("sms", "word9", "sms")
    assert "word9" not in masked(text)
    assert "word9" not in url.render_as_string(hide_password=True)
    assert password_of(text) == "word9"


def test_what_stands_behind_several_hosts_is_kept() -> None:
    url = address("postgresql://sms@a,b:1/sms?sslmode=require")
    assert url.query == {"sslmode": "require", "host": ("a:5432", "b:1")}


@pytest.mark.parametrize("text", ["postgresql://u@a,/db", "postgresql://u@a:x,b/db"])
def test_a_host_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a URL with a host"):
        store_url(text, Path)


def test_several_hosts_still_need_a_database() -> None:
    with pytest.raises(ValueError, match="the database is missing"):
        store_url("postgresql://u@a,b", Path)
