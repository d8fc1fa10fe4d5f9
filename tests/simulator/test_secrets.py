"""The password travels in every URL and must stay there."""

from __future__ import annotations

import pytest

from sms_notify.simulator import Call, Fault, Kind

from .asking import NOW, PASSWORD, PATHS, PHONE, gateway, target


@pytest.mark.parametrize("kind", list(Kind))
def test_no_log_entry_holds_the_password_whatever_goes_wrong(kind: Kind) -> None:
    sim = gateway()
    sim.faults.add(Fault(kind, probability=0.5, location="http://127.0.0.1/", text="-1"))
    for call in Call:
        for _ in range(4):
            path = target(call, send_phone=PHONE, send_content="a")
            outcome = sim.answer(path.encode(), NOW)
            assert PASSWORD.encode() not in outcome.body
    assert len(sim.log) == 16
    assert PASSWORD not in repr(sim.requests()) + repr(sim.account("mysms"))


@pytest.mark.parametrize("path", ["/nothing.asp", PATHS[Call.SEND] + "x"])
def test_an_unknown_path_is_logged_without_its_query(path: str) -> None:
    sim = gateway()
    sim.answer(f"{path}?us_pwd={PASSWORD}".encode(), NOW)
    (entry,) = sim.requests()
    assert (entry.call, entry.status) == ("unknown", 404)
    assert PASSWORD not in repr(entry)


def test_a_password_in_the_place_of_the_account_name_is_not_logged() -> None:
    sim = gateway()
    sim.answer(target(Call.BALANCE, us_name=PASSWORD, us_pwd="mysms").encode(), NOW)
    assert PASSWORD not in repr(sim.requests())
    assert sim.requests(Call.BALANCE)[0].answer == "-1"
