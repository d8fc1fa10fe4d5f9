"""Alertmanager's dispatch, case by case, as its documentation and its own tests state it."""

from __future__ import annotations

import time
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sms_notify.model import Alert, Level
from sms_notify.routing import destinations, group_key, group_labels, route_labels

from .given import tree

OWNERS = tree("""
receiver: default
group_by: [env]
routes:
- matchers: ['owner="team-A"']
  receiver: A
  group_by: [foo, bar]
  repeat_interval: 2h
  routes:
  - {matchers: ['env="testing"'], receiver: testing, group_by: ['...']}
  - {matchers: ['env="production"'], receiver: productionA, continue: true}
  - {matchers: ['env=~"produ.*"', 'job=~".*"'], receiver: productionB, group_by: [job]}
- matchers: ['owner=~"team-(B|C)"']
  group_by: [foo, bar]
  receiver: BC
- matchers: ['group_by="role"']
  group_by: [role]
  routes:
  - matchers: ['env="testing"']
    receiver: testing
    routes:
    - {matchers: ['wait="long"'], repeat_interval: 5h}
""")


def taken(labels: Mapping[str, str]) -> list[str]:
    return [route.receiver for route in destinations(OWNERS, labels)]


@pytest.mark.parametrize(
    ("labels", "receivers"),
    [
        ({}, ["default"]),
        ({"owner": "nobody"}, ["default"]),
        ({"owner": "team-A"}, ["A"]),
        ({"owner": "team-A", "env": "staging"}, ["A"]),
        ({"owner": "team-A", "env": "testing"}, ["testing"]),
        ({"owner": "team-A", "env": "production"}, ["productionA", "productionB"]),
        ({"owner": "team-A", "env": "produce"}, ["productionB"]),
        ({"owner": "team-B"}, ["BC"]),
        ({"owner": "team-BC"}, ["default"]),
        ({"owner": "a team-B"}, ["default"]),
        ({"group_by": "role"}, ["default"]),
        ({"group_by": "role", "env": "testing"}, ["testing"]),
        ({"group_by": "role", "env": "testing", "wait": "long"}, ["testing"]),
    ],
)
def test_the_first_matching_child_wins_unless_it_continues(
    labels: dict[str, str], receivers: list[str]
) -> None:
    assert taken(labels) == receivers


@pytest.mark.parametrize(
    ("matcher", "labels", "matches"),
    [
        ('a="x"', {"a": "x"}, True),
        ('a="x"', {"a": "xx"}, False),
        ('a=""', {}, True),
        ('a=""', {"a": ""}, True),
        ('a!=""', {}, False),
        ('a!="x"', {}, True),
        ('a=~"x|y"', {"a": "xy"}, False),
        ('a=~"x|y"', {"a": "y"}, True),
        ('a=~"x*"', {}, True),
        ('a=~".+"', {}, False),
        ('a!~"x.*"', {"a": "ax"}, True),
        ('a!~"x.*"', {"a": "xa"}, False),
        ('a!~".+"', {}, True),
        ('主机="长"', {"主机": "长"}, True),
    ],
)
def test_a_missing_label_is_empty_and_expressions_match_the_whole_value(
    matcher: str, labels: dict[str, str], matches: bool
) -> None:
    root = tree({"receiver": "no", "routes": [{"matchers": [matcher], "receiver": "yes"}]})
    found = [route.receiver for route in destinations(root, labels)]
    assert found == (["yes"] if matches else ["no"])


def test_all_matchers_of_a_route_must_match() -> None:
    both = {"matchers": ['a="1"', 'b="2"'], "receiver": "yes"}
    root = tree({"receiver": "no", "routes": [both]})
    assert destinations(root, {"a": "1"})[0].receiver == "no"
    assert destinations(root, {"a": "1", "b": "2"})[0].receiver == "yes"


def test_a_child_that_continues_is_followed_by_its_siblings_only() -> None:
    inner = {"matchers": ['a="1"'], "receiver": "inner", "continue": True}
    first = {"matchers": ['a="1"'], "receiver": "first", "routes": [inner]}
    root = tree({"receiver": "root", "routes": [first, {"receiver": "second"}]})
    assert [route.receiver for route in destinations(root, {"a": "1"})] == ["inner"]


def test_what_a_route_does_not_say_it_has_from_above() -> None:
    (taken_route,) = destinations(OWNERS, {"owner": "team-A", "env": "testing"})
    assert (taken_route.repeat_interval, taken_route.group_by) == (7_200_000_000, ("...",))
    (role,) = destinations(OWNERS, {"group_by": "role", "env": "testing", "wait": "long"})
    assert (role.receiver, role.group_by) == ("testing", ("role",))
    assert role.repeat_interval == 18_000_000_000


# labels and groups


def alert(source: str = "alertmanager", /, **labels: str) -> Alert:
    return Alert(source, "f", 0, None, Level.critical, "P1", "n", "s", labels)


def test_level_and_source_are_ours_whatever_labels_the_alert_has() -> None:
    labels = route_labels(alert(level="P1", severity="P1", source="snmp", a="b"))
    assert labels == {"level": "critical", "severity": "P1", "source": "alertmanager", "a": "b"}


def grouped(group_by: list[str] | None, found: Alert) -> Mapping[str, str]:
    root = tree({"receiver": "r"} | ({} if group_by is None else {"group_by": group_by}))
    return group_labels(root, route_labels(found), {"own": "group"})


def test_without_group_by_the_sources_own_grouping_counts() -> None:
    assert grouped(None, alert(a="1")) == {"own": "group"}


def test_with_group_by_its_labels_count_and_missing_ones_are_left_out() -> None:
    assert grouped(["a", "b", "level"], alert(a="1", c="3")) == {"a": "1", "level": "critical"}
    assert grouped(["a"], alert(c="3")) == {}


def test_three_dots_group_by_every_label() -> None:
    labels = {"a": "1", "level": "critical", "source": "alertmanager"}
    assert grouped(["..."], alert(a="1")) == labels


@pytest.mark.parametrize("source", ["zabbix", "line"])
def test_an_event_without_any_of_the_labels_stays_an_incident_of_its_own(source: str) -> None:
    assert grouped(["alertname", "cluster"], alert(source, host="db-01")) == {"own": "group"}
    assert grouped(["host"], alert(source, host="db-01")) == {"host": "db-01"}


label_sets = st.dictionaries(st.text(max_size=6), st.text(max_size=6), max_size=4)


@given(st.text(max_size=6), label_sets, st.text(max_size=6), label_sets)
def test_group_keys_are_equal_exactly_where_receiver_and_labels_are(
    one: str, labels: dict[str, str], other: str, others: dict[str, str]
) -> None:
    assert (group_key(one, labels) == group_key(other, others)) == (
        (one, labels) == (other, others)
    )
    assert group_key(one, dict(reversed(labels.items()))) == group_key(one, labels)


def test_a_group_key_is_readable_stable_and_bounded() -> None:
    assert group_key("数据库", {"b": "2", "a": "1"}) == '["数据库",{"a":"1","b":"2"}]'
    long = {"a": "长" * 4_000}
    assert len(group_key("数据库", long)) < 200
    assert group_key("数据库", long) != group_key("数据库", {"a": "长" * 3_999})


def test_an_alert_finds_its_way_in_microseconds() -> None:
    routes = [
        {"matchers": [f'team=~"team-{n}|t{n}"', 'level="critical"'], "receiver": f"r{n}"}
        for n in range(19)
    ]
    root = tree({"receiver": "root", "routes": routes})
    labels = route_labels(alert(team="nobody", instance="db-01", job="node"))
    started = time.process_time()
    for _ in range(1_000):
        destinations(root, labels)
    assert time.process_time() - started < 0.1  # 10 µs each when the machine is idle
