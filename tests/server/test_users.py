"""People with a name and a password: who may look, who may act, and what guessing costs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import bcrypt
import pytest

from sms_notify.config.model import User
from sms_notify.config.secret import Secret
from sms_notify.server.users import LONGEST, MOST_WAITING, Users, offered

from .serving import ONE, Served, basic, served, with_users

WORD = "quiet-lake-52"


def hashed(word: str) -> str:
    return bcrypt.hashpw(word.encode(), bcrypt.gensalt(4)).decode()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Served]:
    people = {"赵敏": (hashed(WORD), "act"), "王磊": (hashed("other-word-1"), "view")}
    with served(tmp_path, with_users(people)) as running:
        yield running


def test_without_a_name_and_a_password_nothing_but_the_probes_answers(server: Served) -> None:
    assert server.ask("GET", "/api/v1/messages").status == 401
    assert server.post("/alertmanager", ONE).status == 401
    assert server.get("/-/healthy").status == 200


@pytest.mark.parametrize(
    "header",
    [
        basic("赵敏", "wrong"),
        basic("nobody", WORD),
        basic("", WORD),
        basic("赵敏", ""),
        basic("赵敏", WORD + "\0"),
        basic("赵敏", "x" * 500),
        f"Bearer {WORD}",
        "Basic =====",
        "Basic",
    ],
)
def test_what_is_not_right_is_refused(server: Served, header: str) -> None:
    answer = server.ask("GET", "/api/v1/messages", Authorization=header)
    assert answer.status == 401
    assert WORD not in answer.text


def test_who_may_act_may_do_everything(server: Served) -> None:
    header = basic("赵敏", WORD)
    assert server.post("/alertmanager", ONE, Authorization=header).status == 202
    assert server.ask("GET", "/api/v1/incidents", Authorization=header).status == 200
    [incident] = server.ask("GET", "/api/v1/incidents", Authorization=header).json
    path = f"/api/v1/incidents/{incident['code']}/acknowledge"
    assert server.post(path, b"", Authorization=header).json[0]["acknowledged_by"] == "赵敏"


def test_who_may_look_may_not_act(server: Served) -> None:
    header = basic("王磊", "other-word-1")
    assert server.ask("GET", "/metrics", Authorization=header).status == 200
    for path in ("/alertmanager", "/api/v1/incidents/10/acknowledge", "/-/reload"):
        answer = server.post(path, ONE, Authorization=header)
        assert (answer.status, "role: act" in answer.text) == (403, True)
    assert server.ask("DELETE", "/api/v1/overrides/1", Authorization=header).status == 403


def users(*words: str) -> tuple[User, ...]:
    return tuple(User(word, Secret(hashed(word))) for word in words)


def test_a_right_password_is_hashed_once_and_forgotten_with_its_hash() -> None:
    door, [one] = Users(), users("word-1")
    header = basic("word-1", "word-1")

    async def asked() -> None:
        assert await door.who(header, [one]) is one
        assert len(door._known) == 1
        assert await door.who(header, [one]) is one
        [other] = users("word-2")
        changed = User("word-1", other.password_hash)
        assert await door.who(header, [changed]) is None

    asyncio.run(asked())


def test_a_name_that_is_unknown_takes_as_long_as_one_that_is_not() -> None:
    """Whatever the hashes cost: `htpasswd -B` makes them cheap."""
    known = users("word-1")

    def took(name: str) -> float:
        """The fastest of some, in seconds."""
        spans = []
        for number in range(5):
            began = time.perf_counter()
            assert asyncio.run(Users().who(basic(name, f"guess-{number}"), known)) is None
            spans.append(time.perf_counter() - began)
        return min(spans)

    assert took("nobody") < 10 * took("word-1")


def test_a_flood_of_guesses_is_refused_unread() -> None:
    door, known = Users(), users("word-1")

    async def flood() -> list[User | None]:
        guesses = [door.who(basic("word-1", f"guess-{n}"), known) for n in range(100)]
        return await asyncio.gather(*guesses)

    assert set(asyncio.run(flood())) == {None}
    assert door._waiting == 0
    assert MOST_WAITING < 100


def test_a_password_longer_than_bcrypt_reads_is_none() -> None:
    assert offered(basic("a", "x" * LONGEST)) == ("a", b"x" * LONGEST)
    assert offered(basic("a", "x" * (LONGEST + 1))) is None
