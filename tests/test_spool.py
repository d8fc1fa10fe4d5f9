"""The spool gives back every whole entry, trusts nothing else in the folder, and loses nothing."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sms_notify import spool
from sms_notify.model import HOUR, MINUTE, SECOND

NOW = 1_795_362_461 * SECOND
ARGUMENTS = ("dba", "PROBLEM: 磁盘满 😀", "event_id: 17\r\ntext:\r\n")


def content(*arguments: str, called_at: int = NOW) -> bytes:
    said = ("sms-notify-zabbix-1", str(called_at // SECOND), *(arguments or ARGUMENTS))
    return "".join(f"{part}\0" for part in said).encode()


def write(folder: Path, name: str, raw: bytes = content(), at: int = NOW) -> Path:
    path = folder / name
    path.write_bytes(raw)
    os.utime(path, ns=(at * 1000, at * 1000))
    return path


def take(folder: Path, now: int = NOW) -> spool.Taken:
    return spool.take(folder, now=now, expires=2 * HOUR)


def left(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir())


def test_an_entry_is_what_the_script_was_called_with(tmp_path: Path) -> None:
    write(tmp_path, "1-2.zabbix")
    [kept] = take(tmp_path).fresh
    assert (kept.sendto, kept.subject, kept.message) == ARGUMENTS
    assert kept.called_at == NOW


def test_entries_come_in_the_order_of_their_writing_and_stay_until_removed(tmp_path: Path) -> None:
    for order, name in enumerate(["9.zabbix", "1.zabbix", "5.zabbix"]):
        write(tmp_path, name, content("x", str(order), ""), at=NOW + order)
    for _ in range(2):
        assert [kept.subject for kept in take(tmp_path).fresh] == ["0", "1", "2"]


def test_only_the_oldest_are_taken_at_once(tmp_path: Path) -> None:
    for order in range(5):
        write(tmp_path, f"{order}.zabbix", content("x", str(order), ""), at=NOW + order)
    taken = spool.take(tmp_path, now=NOW, expires=HOUR, at_once=2)
    assert [kept.subject for kept in taken.fresh] == ["0", "1"]


def test_what_is_older_than_expires_is_taken_apart(tmp_path: Path) -> None:
    write(tmp_path, "old.zabbix", content(called_at=NOW - 3 * HOUR))
    write(tmp_path, "new.zabbix", content(called_at=NOW - HOUR))
    taken = take(tmp_path)
    assert [kept.called_at for kept in taken.late] == [NOW - 3 * HOUR]
    assert [kept.called_at for kept in taken.fresh] == [NOW - HOUR]


def test_removed_entries_are_gone_and_others_are_not(tmp_path: Path) -> None:
    write(tmp_path, "1.zabbix")
    taken = take(tmp_path)
    write(tmp_path, "2.zabbix")
    assert spool.remove(tmp_path, taken.fresh) == []
    assert left(tmp_path) == ["2.zabbix"]
    assert spool.remove(tmp_path, taken.fresh) == []


def test_another_file_that_took_the_name_meanwhile_is_not_removed(tmp_path: Path) -> None:
    write(tmp_path, "1.zabbix")
    taken = take(tmp_path)
    os.replace(write(tmp_path, ".new-2"), tmp_path / "1.zabbix")
    spool.remove(tmp_path, taken.fresh)
    assert left(tmp_path) == ["1.zabbix"]


def test_a_call_from_the_future_was_made_now(tmp_path: Path) -> None:
    write(tmp_path, "1.zabbix", content(called_at=NOW + HOUR))
    assert take(tmp_path).fresh[0].called_at == NOW


def test_an_unusable_time_is_replaced_by_the_files_own(tmp_path: Path) -> None:
    raw = content().replace(str(NOW // SECOND).encode(), b"yesterday")
    write(tmp_path, "1.zabbix", raw, at=NOW - MINUTE)
    assert take(tmp_path).fresh[0].called_at == NOW - MINUTE


HALF = [
    content()[:-1],
    content()[:-30],
    b"",
    b"\0" * 5,
    content() + b"x",
    b"?" + content(),
    b"x" * 9,
]


@pytest.mark.parametrize("raw", [*HALF, b"\0" * (spool.MOST_BYTES + 1)])
def test_what_is_no_entry_is_moved_aside_once_and_kept(tmp_path: Path, raw: bytes) -> None:
    write(tmp_path, "1.zabbix", raw)
    write(tmp_path, "2.zabbix", content("a", "b", "c"))
    assert [kept.subject for kept in take(tmp_path).fresh] == ["b"]
    assert left(tmp_path) == ["2.zabbix", "bad/1.zabbix"]
    assert (tmp_path / "bad" / "1.zabbix").read_bytes() == raw
    assert take(tmp_path).late == ()


def test_a_second_file_of_the_same_name_does_not_replace_the_first_in_bad(tmp_path: Path) -> None:
    for raw in (b"first", b"second", b"third"):
        write(tmp_path, "1.zabbix", raw)
        take(tmp_path)
    assert left(tmp_path) == ["bad/1-1.zabbix", "bad/1.zabbix", "bad/2-1.zabbix"]


def test_an_entry_the_store_refuses_can_be_set_aside(tmp_path: Path) -> None:
    write(tmp_path, "1.zabbix")
    spool.set_aside(tmp_path, take(tmp_path).fresh[0])
    assert left(tmp_path) == ["bad/1.zabbix"]


def test_links_pipes_and_sockets_are_not_opened_but_moved_aside(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(content())
    folder = tmp_path / "spool"
    folder.mkdir()
    (folder / "link.zabbix").symlink_to(secret)
    (folder / "dangling.zabbix").symlink_to("/nowhere")
    os.mkfifo(folder / "pipe.zabbix")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(folder / "socket.zabbix"))
        assert take(folder) == spool.Taken((), ())
    assert secret.read_bytes() == content()
    names = ["dangling.zabbix", "link.zabbix", "pipe.zabbix", "socket.zabbix"]
    assert left(folder) == [f"bad/{name}" for name in names]


def test_a_bad_folder_that_is_a_link_moves_nothing_out_of_the_spool(tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "spool", tmp_path / "elsewhere"
    folder.mkdir()
    elsewhere.mkdir()
    (folder / "bad").symlink_to(elsewhere)
    write(folder, "1.zabbix", b"half")
    write(folder, "2.zabbix")
    assert len(take(folder).fresh) == 1
    assert not left(elsewhere)
    assert (folder / "1.zabbix").exists()


@pytest.mark.parametrize(
    "name", ["a b;$(id).zabbix", "-rf.zabbix", "换行\n.zabbix", "\udcff\udcfe.zabbix", "%s.zabbix"]
)
def test_a_hostile_name_is_a_name(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(content())
    taken = take(tmp_path)
    assert len(taken.fresh) == 1
    assert spool.remove(tmp_path, taken.fresh) == []
    assert not left(tmp_path)


def test_a_file_of_another_kind_is_moved_aside_and_folders_are_left_alone(tmp_path: Path) -> None:
    write(tmp_path, "notes.txt")
    (tmp_path / "folder.zabbix").mkdir()
    assert take(tmp_path) == spool.Taken((), ())
    assert left(tmp_path) == ["bad/notes.txt"]


def test_the_unfinished_is_passed_by_and_goes_after_an_hour(tmp_path: Path) -> None:
    write(tmp_path, ".new-1-2")
    assert take(tmp_path, now=NOW + 59 * MINUTE) == spool.Taken((), ())
    assert left(tmp_path) == [".new-1-2"]
    take(tmp_path, now=NOW + 61 * MINUTE)
    assert not left(tmp_path)


def test_the_state_tells_how_much_waits_since_when(tmp_path: Path) -> None:
    assert spool.state(tmp_path) == spool.State(0, 0, None, 0)
    write(tmp_path, "1.zabbix", b"12345", at=NOW + MINUTE)
    write(tmp_path, "2.zabbix", b"123", at=NOW)
    write(tmp_path, ".new-3", b"1", at=NOW - HOUR)
    assert spool.state(tmp_path) == spool.State(2, 8, NOW, 0)
    take(tmp_path)
    assert spool.state(tmp_path) == spool.State(0, 0, None, 2)


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    assert take(gone) == spool.Taken((), ())
    assert spool.state(gone) == spool.State(0, 0, None, 0)


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"))


@given(arguments=st.tuples(TEXTS, TEXTS, TEXTS))
def test_whatever_texts_are_kept_come_back(
    tmp_path_factory: pytest.TempPathFactory, arguments: tuple[str, str, str]
) -> None:
    folder = tmp_path_factory.mktemp("spool")
    write(folder, "1.zabbix", content(*arguments))
    [kept] = take(folder).fresh
    assert (kept.sendto, kept.subject, kept.message) == arguments


@given(raw=st.one_of(st.binary(), st.binary().map(lambda raw: content()[:40] + raw)))
def test_any_bytes_are_an_entry_or_are_moved_aside(
    tmp_path_factory: pytest.TempPathFactory, raw: bytes
) -> None:
    folder = tmp_path_factory.mktemp("spool")
    write(folder, "1.zabbix", raw)
    taken = take(folder)
    assert len(taken.fresh + taken.late) + spool.state(folder).bad == 1
