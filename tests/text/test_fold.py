"""Several alerts in one text: the count is right and nobody is named who is not there."""

from __future__ import annotations

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sms_notify.model import Kind
from sms_notify.text.fold import fold
from tests.text.given import an_alert, told


def unfolded(text: str) -> list[str]:
    """What a reader takes `db-[01-03,07]` for."""
    match = re.fullmatch(r"([^\[]*)\[([^\]]*)\](.*)", text)
    if match is None:
        return [text]
    head, inside, tail = match.groups()
    members = itertools.chain.from_iterable(map(_range, inside.split(",")))
    return [f"{head}{member}{tail}" for member in members]


def _range(item: str) -> list[str]:
    match = re.fullmatch(r"(\d+)-(\d+)", item)
    if match is None:
        return [item]
    width = len(match[1]) if match[1][0] == "0" else 0
    return [str(n).zfill(width) for n in range(int(match[1]), int(match[2]) + 1)]


HOSTS = st.one_of(
    st.builds("db-{:02}".format, st.integers(0, 99)),
    st.builds("web{}".format, st.integers(0, 200)),
    st.builds("r{}-shard{}".format, st.integers(0, 3), st.integers(0, 30)),
    st.builds("10.0.{}.{}".format, st.integers(0, 3), st.integers(0, 255)),
    st.from_regex(r"[a-z]{1,4}-?[0-9]{0,4}", fullmatch=True),
)


@given(st.lists(HOSTS, min_size=1, max_size=60))
def test_a_fold_names_every_host_once_and_no_other(hosts: list[str]) -> None:
    groups = fold(hosts)
    named = [host for group in groups for text in group.text.split(" ") for host in unfolded(text)]
    assert sorted(named) == sorted(set(hosts))
    assert sum(group.members for group in groups) == len(set(hosts))


@pytest.mark.parametrize(
    ("hosts", "shown"),
    [
        (["db-01", "db-02", "db-03", "db-07"], "4台 db-[01-03,07]"),
        (["db-9", "db-10", "db-11"], "3台 db-[9-11]"),
        (["web-01-a", "web-02-a"], "2台 web-[01,02]-a"),
        (["10.0.0.1:9100", "10.0.0.2:9100", "10.0.0.9:9100"], "3台 10.0.0.[1,2,9]"),
        (["10.0.1.4:9100", "10.0.7.2:9100"], "2台 10.0.[1.4,7.2]"),
        (["r1:6379", "r1:6380", "r1:6381"], "3个 r1:[6379-6381]"),
        (["db-01.bj.example.com", "db-01.sh.example.com"], "2台 db-01.bj db-01.sh"),
        (["主机-00", "主机-01", "主机-02"], "3台 主机-[00-02]"),
        (["db-01", "web-02", "es-3"], "3台 db-01 es-3 web-02"),
    ],
)
def test_hosts_are_written_so_that_each_can_be_read(hosts: list[str], shown: str) -> None:
    assert shown in told(*(an_alert("HostDown", instance=host) for host in hosts))


@given(st.sets(st.integers(0, 40), min_size=2, max_size=8))
def test_up_to_eight_numbered_hosts_with_gaps_are_all_named(numbers: set[int]) -> None:
    hosts = [f"db-{number:02}" for number in sorted(numbers)]
    text = told(*(an_alert("HostHighCpuLoad", instance=f"{host}:9100") for host in hosts))
    listed = re.search(rf"{len(hosts)}台 (\S+)", text)
    assert listed is not None
    assert unfolded(listed[1]) == hosts


@pytest.mark.parametrize("count", [3999, 4000, 4001, 5000])
def test_thousands_of_consecutive_hosts_are_named_to_the_last(count: int) -> None:
    (only,) = fold(f"web-{number:04d}" for number in range(count))
    assert (only.text, only.members) == (f"web-[0000-{count - 1}]", count)


def test_a_crowd_that_cannot_be_listed_is_counted_with_a_few_names() -> None:
    hosts = ["etl-worker-14", "redis-shard-17", "order-db-01", "bj-mysql-13", "search-13", "gw-2"]
    text = told(*(an_alert("HostDown", instance=host) for host in hosts * 1))
    assert "bj-mysql-13 etl-worker-14等6台" in text


@pytest.mark.parametrize(
    ("hosts", "shown"),
    [
        (["db-99999999999999999999", "db-100000000000000000000"], "db-99999999999999999999等2台"),
        ([f"{'x' * 297}{n:03}" for n in range(50)], f"{'x' * 29}…等50台"),
        ([str(n) * 60 for n in range(1, 9)], f"{'1' * 29}…等8台"),
        ([f"{'主机' * 40}{n}" for n in range(9)], "主机主…等9台"),
    ],
)
def test_of_hosts_too_long_to_list_one_is_named_even_if_it_must_be_cut(
    hosts: list[str], shown: str
) -> None:
    assert shown in told(*(an_alert("Disk", instance=host) for host in hosts))


def test_of_things_too_long_to_list_one_is_named() -> None:
    pods = [an_alert("Disk", topic=f"{'t' * 50}{n}") for n in range(9)]
    assert f"{'t' * 29}…等9个+5" in told(*pods, more=5)


def test_what_alertmanager_cut_off_is_said() -> None:
    alerts = [an_alert("HostDown", instance=f"db-{n:02}") for n in range(1, 4)]
    assert "3台+17 db-[01-03]" in told(*alerts, more=17)


def test_pods_are_listed_by_workload_or_counted() -> None:
    pods = ["api-6f9d847pjb-s7f6v", "api-6f9d847pjb-tn5gl", "web-0"]
    alerts = [an_alert("KubePodCrashLooping", pod=pod) for pod in pods]
    assert "api-[s7f6v,tn5gl] web-0" in told(*alerts) or "api(2) web-0" in told(*alerts)


def test_mount_points_of_one_host_are_named() -> None:
    disks = [an_alert("DiskFull", instance="db-01", mountpoint=at) for at in ("/", "/data")]
    assert "2条 db-01 /,/data" in told(*disks)


def test_the_span_of_the_values_is_shown() -> None:
    alerts = [
        an_alert("DiskFull", description=f"disk is {used}% full", instance=f"db-{used}")
        for used in (84, 91, 95)
    ]
    assert "84~95%" in told(*alerts)


def test_several_names_carry_their_counts() -> None:
    down = [an_alert("NodeDown", instance=f"db-{n:02}") for n in range(20)]
    full = [an_alert("DiskFull", instance=f"db-{n:02}") for n in range(21)]
    assert "DiskFullx21 NodeDownx20" in told(*full, *down, kind=Kind.first)


def test_two_thousand_alerts_are_one_text() -> None:
    alerts = [an_alert("NodeDown", instance=f"node{n}.example.com:9100") for n in range(2000)]
    assert "2000台 node[0-1999]" in told(*alerts)
