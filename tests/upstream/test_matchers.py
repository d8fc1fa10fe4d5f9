"""A silence hides the alerts of an incident and no others."""

from __future__ import annotations

import itertools
import re

from hypothesis import given
from hypothesis import strategies as st

from sms_notify.upstream import exact
from sms_notify.upstream.matchers import Labels, Matcher


def hides(silence: list[Matcher], labels: Labels) -> bool:
    """As Alertmanager matches: all matchers, a missing label is empty, regexes are anchored."""
    return all(
        re.fullmatch(str(one["value"]), labels.get(str(one["name"]), ""))
        if one["isRegex"]
        else labels.get(str(one["name"]), "") == one["value"]
        for one in silence
    )


def test_one_alert_is_one_silence_of_all_its_labels() -> None:
    [silence] = exact([{"alertname": "磁盘满", "instance": "db-01"}])
    assert silence == [
        {"name": "alertname", "value": "磁盘满", "isRegex": False, "isEqual": True},
        {"name": "instance", "value": "db-01", "isRegex": False, "isEqual": True},
    ]


def test_alerts_that_differ_in_one_label_are_one_silence() -> None:
    alerts = [{"alertname": "X", "instance": f"db.{n}:9100"} for n in range(3)]
    [silence] = exact(alerts)
    assert silence[1]["value"] == r"db\.0:9100|db\.1:9100|db\.2:9100"
    assert all(hides(silence, each) for each in alerts)
    assert not hides(silence, {"alertname": "X", "instance": "db-0:9100"})
    assert not hides(silence, {"alertname": "X", "instance": "db.3:9100"})


def test_alerts_that_differ_crosswise_never_hide_the_combinations_between_them() -> None:
    silences = exact([{"host": "a", "disk": "1"}, {"host": "b", "disk": "2"}])
    assert len(silences) == 2
    assert not any(hides(each, {"host": "a", "disk": "2"}) for each in silences)


def test_a_label_that_some_lack_is_empty_for_them() -> None:
    silences = exact([{"n": "X", "host": "a"}, {"n": "X", "host": "a", "disk": "1"}])
    assert all(any(hides(one, e) for one in silences) for e in ({"n": "X", "host": "a"},))
    assert not any(hides(one, {"n": "X", "host": "a", "disk": "2"}) for one in silences)


_value = st.sampled_from(["a", "b", "a.b", "a|b", "(", "[x]", "\\", "", "$^"])
_alert = st.dictionaries(st.sampled_from(["n", "host", "disk"]), _value, min_size=1)


@given(st.lists(_alert, min_size=1, max_size=8))
def test_exactly_the_alerts_that_were_named_are_hidden(alerts: list[dict[str, str]]) -> None:
    def bare(labels: Labels) -> Labels:
        return {name: value for name, value in labels.items() if value}

    silences = exact(alerts)
    values = ["a", "b", "a.b", "a|b", "(", "[x]", "\\", "", "$^", "axb"]
    named = {name for each in alerts for name in each}
    wanted = [bare(each) for each in alerts]
    for combination in itertools.product(values, repeat=len(named)):
        labels = dict(zip(sorted(named), combination, strict=True))
        assert any(hides(one, labels) for one in silences) == (bare(labels) in wanted)
