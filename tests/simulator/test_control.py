"""The control API under /_sim/, as a script or another process uses it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from sms_notify.simulator import Call, Simulator, serve

from .asking import PASSWORD, PHONE, gateway, target

SEND = target(Call.SEND, send_phone=PHONE, send_content="磁盘满")


@pytest.fixture
def sim() -> Iterator[Simulator]:
    with serve(gateway()) as running:
        yield running


def look(sim: Simulator, name: str) -> Any:
    answer = requests.get(f"{sim.url}/_sim/{name}", timeout=5)
    assert answer.status_code == 200, answer.text
    return answer.json()


def change(sim: Simulator, where: str, status: int = 200, /, **given: object) -> Any:
    answer = requests.post(f"{sim.url}/_sim/{where}", json=given, timeout=5)
    assert answer.status_code == status, answer.text
    return answer.json()


def ask(sim: Simulator, path: str = SEND) -> str:
    return requests.get(sim.url + path, timeout=5).content.decode("gbk")


def test_phones_shows_each_inbox_and_the_screen(sim: Simulator) -> None:
    ask(sim)
    (sms,) = look(sim, "phones")[PHONE]
    assert (sms["id"], sms["text"], sms["segments"]) == ("6408676", "磁盘满", 1)
    assert "磁盘满" in sms["screen"]
    assert look(sim, "phones?phone=13900000000") == {"13900000000": []}


def test_log_has_every_request_and_the_last_ones_on_demand(sim: Simulator) -> None:
    ask(sim)
    ask(sim, target(Call.BALANCE))
    first, second = look(sim, "log")["requests"]
    assert (first["call"], first["phones"], first["text"]) == ("send", [PHONE], "磁盘满")
    assert (first["answer"], first["ended"]) == ("0|1|0|6408676", "answered")
    assert look(sim, "log?last=1")["requests"] == [second]
    assert look(sim, "log?last=0")["requests"] == []


def test_truth_counts_duplicates_and_billing(sim: Simulator) -> None:
    ask(sim)
    ask(sim)
    assert look(sim, "truth") == {
        "accepted": 2,
        "billed": 2,
        "by_phone": {PHONE: 2},
        "by_text": {"磁盘满": 2},
        "duplicates": [{"phone": PHONE, "text": "磁盘满", "extra": 1}],
    }


def test_faults_are_set_seen_and_taken_away(sim: Simulator) -> None:
    change(sim, "faults", kind="busy", calls=["send"], count=2)
    change(sim, "faults", kind="slow", calls="reports", seconds=0.01, for_seconds=60)
    assert ask(sim) == "-99"
    busy, slow = look(sim, "faults")["faults"]
    assert (busy["kind"], busy["calls"], busy["count"]) == ("busy", ["send"], 1)
    assert slow["until"] > time.time() * 1e6
    assert len(change(sim, "faults", clear="busy")["faults"]) == 1
    assert change(sim, "faults", clear=True) == {"faults": []}


def test_refuse_takes_the_listener_away_for_its_time(sim: Simulator) -> None:
    change(sim, "faults", kind="refuse", for_seconds=0.2)
    refused, until = 0, time.monotonic() + 5
    while time.monotonic() < until:
        try:
            ask(sim)
        except requests.ConnectionError:
            refused += 1
        else:
            if refused:
                break
        time.sleep(0.01)
    assert refused > 1
    assert ask(sim).startswith("0|1|0|")


def test_a_reply_is_fetched(sim: Simulator) -> None:
    assert change(sim, "replies", phone=PHONE, text="13确认") == {"id": "133"}
    assert ask(sim, target(Call.REPLIES)) == f"1|133;{PHONE};13确认"


def test_an_account_is_changed_added_and_never_shows_its_password(sim: Simulator) -> None:
    assert change(sim, "accounts", balance=0) == {"name": "mysms", "balance": 0, "locked": False}
    assert ask(sim) == "-9"
    change(sim, "accounts/balance", name="mysms", balance=5, locked=True)
    assert ask(sim) == "-10"
    change(sim, "accounts", password="other", locked=False)
    assert ask(sim) == "-7"
    change(sim, "accounts", name="second", password="x")
    assert [each["name"] for each in look(sim, "accounts")["accounts"]] == ["mysms", "second"]


def test_forbidden_words_are_set(sim: Simulator) -> None:
    change(sim, "words", words=["盘"])
    assert ask(sim) == "-3|盘"


def test_the_fate_of_a_phone_is_set(sim: Simulator) -> None:
    change(sim, "fates", phone=PHONE, fate="failed", report_delay=0)
    ask(sim)
    assert ask(sim, target(Call.REPORTS)) == f"1|6408676;{PHONE};20"
    change(sim, "fates", phone=PHONE, refused=True)
    assert ask(sim) == "0|0|1|"


def test_reset_goes_back_to_the_start_but_never_gives_an_id_twice(sim: Simulator) -> None:
    change(sim, "accounts", balance=5)
    change(sim, "words", words=["x"])
    change(sim, "replies", phone=PHONE, text="1")
    ask(sim)
    change(sim, "reset")
    assert look(sim, "phones") == {}
    assert look(sim, "log") == {"requests": []}
    assert look(sim, "truth")["accepted"] == 0
    assert ask(sim, target(Call.BALANCE)) == "1000"
    assert ask(sim, target(Call.REPLIES)) == "0"
    assert ask(sim) == "0|1|0|6408677"


@pytest.mark.parametrize(
    ("name", "given", "says"),
    [
        ("faults", {"kind": "bsy"}, "kind must be one of: busy"),
        ("faults", {"kind": "busy", "calls": "sends"}, "calls must be"),
        ("faults", {"kind": "busy", "calls": []}, "calls must be"),
        ("faults", {"kind": "busy", "probabilty": 1}, "unknown probabilty"),
        ("faults", {"kind": "busy", "probability": 2}, "probability"),
        ("faults", {"kind": "busy", "count": 1.5}, "count must be a whole number"),
        ("faults", {"kind": "slow", "seconds": True}, "seconds must be a number"),
        ("faults", {"kind": "slow", "for_seconds": 1e308}, "between"),
        ("faults", {"kind": "busy", "taken": "yes"}, "taken must be true or false"),
        ("faults", {"kind": "redirect"}, "location"),
        ("faults", {"kind": "refuse"}, "for_seconds"),
        ("replies", {"phone": PHONE}, "text must be a text"),
        ("replies", {"phone": PHONE, "text": "1", "account": "nobody"}, "no account nobody"),
        ("accounts", {"name": "new"}, "password must be a text"),
        ("accounts", {"balance": -1}, "negative"),
        ("words", {"words": "a"}, "list of texts"),
        ("fates", {"phone": PHONE, "fate": "odd"}, "fate must be one of: delivered"),
    ],
)
def test_a_wrong_request_is_400_and_says_why(
    sim: Simulator, name: str, given: dict[str, object], says: str
) -> None:
    assert says in change(sim, name, 400, **given)["error"]


@pytest.mark.parametrize("body", ["{", "[]", "\xff"])
def test_a_body_that_is_no_json_object_is_400(sim: Simulator, body: str) -> None:
    answer = requests.post(f"{sim.url}/_sim/faults", data=body.encode("latin-1"), timeout=5)
    assert answer.status_code == 400


def test_an_unknown_name_or_method_is_404_and_lists_what_there_is(sim: Simulator) -> None:
    assert "phones" in change(sim, "nothing", 404)["GET"]
    assert requests.delete(f"{sim.url}/_sim/phones", timeout=5).status_code == 404
    assert requests.get(f"{sim.url}/_sim/log?last=x", timeout=5).status_code == 400


def test_no_answer_of_the_control_api_holds_the_password(sim: Simulator) -> None:
    ask(sim)
    change(sim, "accounts", password=PASSWORD)
    for name in ("phones", "log", "truth", "accounts", "faults"):
        assert PASSWORD not in requests.get(f"{sim.url}/_sim/{name}", timeout=5).text
