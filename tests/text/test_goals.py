"""The goals of the seventy characters, measured on alerts that no rule was tuned on and on all."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from sms_notify.model import Kind
from sms_notify.text import Story, Texts, Wording
from tests.text.samples import AT, Sample, everything
from tests.text.scorer import Score, score

SAMPLES = everything()
HELD_OUT = [sample for sample in SAMPLES if sample.held_out]


def scores(samples: Iterable[Sample]) -> list[Score]:
    texts = Texts(Wording(signature="星云运维"))
    texts.learn(sample.alert.name for sample in SAMPLES)
    return [score(sample, text_of(texts, sample), "09:16") for sample in samples]


def text_of(texts: Texts, sample: Sample) -> str:
    story = Story(Kind.first, sample.alert.level, (sample.alert,), at=AT, code=12)
    return texts.story(story).text


def share(found: Iterable[bool | None]) -> float:
    """Percent of what applies."""
    known = [one for one in found if one is not None]
    return 100 * sum(known) / len(known)


@pytest.fixture(scope="module", params=["held out", "all"])
def scored(request: pytest.FixtureRequest) -> list[Score]:
    return scores(HELD_OUT if request.param == "held out" else SAMPLES)


def test_there_are_more_than_three_hundred_alerts_of_our_own_and_a_third_is_held_out() -> None:
    own = [sample for sample in SAMPLES if not sample.id.startswith("kp-")]
    assert len(own) >= 300
    assert len(HELD_OUT) >= len(SAMPLES) / 4


def test_every_text_is_one_sms_with_level_time_and_code(scored: list[Score]) -> None:
    assert share(one.fits and one.level and one.time and one.code for one in scored) == 100


def test_the_subject_is_there(scored: list[Score]) -> None:
    assert share(one.subject for one in scored) >= 99


def test_the_replica_is_there(scored: list[Score]) -> None:
    assert share(one.replica for one in scored) >= 90


def test_content_words_of_the_name_survive(scored: list[Score]) -> None:
    assert share(bool(one.words_lost) for one in scored) <= 5


def test_nothing_is_torn(scored: list[Score]) -> None:
    assert share(bool(one.torn) for one in scored) <= 0.3


def test_the_value_is_there_where_the_alert_states_one(scored: list[Score]) -> None:
    assert share(one.value for one in scored) >= 93


def test_no_number_is_wrong(scored: list[Score]) -> None:
    assert [one.wrong for one in scored if one.wrong] == []


def test_a_number_comes_with_a_unit_or_a_threshold(scored: list[Score]) -> None:
    assert share(one.full for one in scored if one.value is not None) >= 93


def test_no_two_alerts_of_the_collection_have_the_same_short_name() -> None:
    texts = Texts(Wording())
    names = {sample.alert.name for sample in SAMPLES if sample.alert.source != "zabbix"}
    texts.learn(names)
    written: dict[str, str] = {}
    for name in sorted(names):
        for form in texts._names.forms(name):
            assert written.setdefault(form.text, name) == name
