"""The log tells what failed as an error, with its reason: nobody may be left to hear of it."""

from __future__ import annotations

import logging

import pytest

from .site import Site


def failures(caplog: pytest.LogCaptureFixture) -> list[tuple[int, str]]:
    """Message and reason of every error about a message."""
    errors = [one for one in caplog.records if one.levelno == logging.ERROR]
    told = [vars(one) for one in errors if one.getMessage() == "message"]
    return [(one["id"], one["reason"]) for one in told if one["state"] == "failed"]


def test_a_page_that_a_report_calls_undelivered_is_an_error(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    number, provider_id = site.sent()
    site.report(provider_id, status=20)
    site.polled()
    assert site.state(number) == "failed"
    assert failures(caplog) == [(number, "report")]


def test_a_page_that_the_gateway_refuses_is_an_error(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    site.gateway.refused |= {"13800000001", "13900000001"}
    number = site.page()
    site.run(0)
    assert site.state(number) == "failed"
    assert failures(caplog) == [(number, "refused: the gateway refused the number")]
