"""Wrong numbers are worse than none: other separators, other units, no rounding into a lie."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sms_notify.text.quantity import Quantity, write
from sms_notify.text.stated import Value
from tests.text.given import an_alert, told


def shown(summary: str) -> str:
    """The number that stands in the text of an alert with this summary; "" for none."""
    text = told(an_alert("X", summary=summary, instance="db"))
    said = re.fullmatch(r"严重 X db ?(.*) 09:16 回12确认", text)
    assert said is not None
    return said[1]


@pytest.mark.parametrize(
    ("summary", "value"),
    [
        ("使用率 93,4 %", "93.4%"),
        ("value: 93,4 %", "93.4%"),
        ("值 0,5 秒", "500ms"),
        ("使用率 1.024,5 MB", "1.02GB"),
        ("已用 1,024 MB", "1.02GB"),
        ("已用 12,345,678 bytes", "12.3MB"),
        ("已用 1'024 MB", "1.02GB"),
        ("已用 1\u00a0024 MB", "1.02GB"),
        ("已用 1\u202f024,5 MB", "1.02GB"),
        ("堆积 5万条", "50000条"),
        ("错误数 1.2万次/分钟", "12000/min"),
        ("证书将于 5天12小时 后过期", "5d12h"),
        ("证书剩余 1天2小时30分钟", "26h30m"),
        ("主从延迟 2分30秒", "150s"),
        ("剩余 2 天 4 小时", "52h"),
        ("expires in 5 days 12 hours", "5d12h"),
        ("expires in 2 days, 3 hours and 4 minutes", "51h4m"),
        ("response took 1s 250ms", "1.25s"),
        ("expires in 14h 27m 41s", "14h28m"),
    ],
)
def test_a_number_is_read_with_the_separators_of_other_countries(summary: str, value: str) -> None:
    assert shown(summary) == value


@pytest.mark.parametrize(
    "summary",
    [
        "已用 1 024 MB",
        "value: 1 024 MB",
        "使用率 93,427 %",
        "节点3,4台失败",
        "当前值: 93,4",
        "当前 93，4%",
        "using 93٫4%",
        "took 1.234.567 bytes",
        "共 12,34,567 bytes",
        "证书将于8月5日到期",
        "8时30分停电",
        "第 3 次重试失败",
        "节点不可达(3分钟)",
    ],
)
def test_a_number_that_may_be_another_is_not_shown_nor_is_a_part_of_it(summary: str) -> None:
    assert shown(summary) == ""


@pytest.mark.parametrize(
    ("summary", "value"),
    [
        ("使用率 89.96% > 89.95%", "89.96%>89.95%"),
        ("可用率 99.996% < 99.999%", "99.996%<99.999%"),
        ("latency 0.99996s < 1s", "999.96ms<1s"),
        ("最大 86390s < 86400s", "86390s<86400s"),
        ("使用率 93.4% > 90%", "93.4%>90%"),
    ],
)
def test_value_and_threshold_keep_their_relation(summary: str, value: str) -> None:
    assert shown(summary) == value


@pytest.mark.parametrize("unit", ["%", "", "s", "B", "/s", "次", "℃", "bit/s"])
@given(
    limit=st.floats(0.001, 1e8),
    nearness=st.floats(1e-8, 0.5),
)
def test_whatever_lies_beyond_a_threshold_is_never_written_as_the_same(
    unit: str, limit: float, nearness: float
) -> None:
    value = Value(Quantity(limit * (1 + nearness), unit), ">", Quantity(limit, unit))
    said, bound = value.words()
    assert said.removesuffix(unit) != bound.removeprefix(">").removesuffix(unit)


@given(
    st.floats(1, 599, exclude_max=True) | st.integers(1, 598).map(float) | st.floats(99, 101),
    st.sampled_from(["%", "", "s", "B", "bit/s", "/s", "次"]),
    st.integers(3, 6),
)
def test_a_number_that_needs_no_scaling_is_rounded_to_its_digits(
    value: float, unit: str, digits: int
) -> None:
    said = write(Quantity(value, unit), digits)
    rounded = _rounded(value, digits)
    if rounded not in (1, 100):  # these two are written out where they are not exact
        assert said == f"{rounded.normalize():f}{'bps' if unit == 'bit/s' else unit}"


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [(599.96, "s", "10m"), (600.4, "s", "10m"), (999.96, "B", "1KB"), (999.96, "bit/s", "1kbps")],
)
def test_what_is_scaled_is_rounded_first(value: float, unit: str, text: str) -> None:
    assert write(Quantity(value, unit)) == text


def _rounded(value: float, digits: int) -> Decimal:
    exact = Decimal(value)
    return round(exact, digits - 1 - exact.adjusted())


@given(st.floats(90, 99.9999), st.integers(3, 6))
def test_what_is_not_all_is_never_rounded_to_all(percent: float, digits: int) -> None:
    said = write(Quantity(percent, "%"), digits)
    assert said != "100%"
    assert float(said.removesuffix("%")) == pytest.approx(percent, rel=0.005)
    assert write(Quantity(percent / 100), digits) != "1"


@given(st.floats(1e-9, 1, exclude_max=True), st.sampled_from(["%", "", "s", "B", "/s"]))
def test_what_is_not_nothing_is_never_rounded_to_nothing(value: float, unit: str) -> None:
    assert re.match(r"0*\.?0*[1-9]", write(Quantity(value, unit)))


def test_all_is_said_where_only_floating_point_is_missing() -> None:
    assert shown("99.9995% used").startswith("99.999")
    assert shown("Value: 99.99999999999999%") == "100%"
    assert shown("packet loss is 100%") == "100%"


@pytest.mark.parametrize(
    ("summary", "value"),
    [
        ("CPU ≥ 90%，当前 95%", "95%≥90%"),
        ("CPU >= 90%，当前 95%", "95%≥90%"),
        ("CPU大于等于90%，当前95%", "95%≥90%"),
        ("CPU不低于90%，当前90%", "90%≥90%"),
        ("CPU at least 90%, is 95%", "95%≥90%"),
        ("CPU ＞ 90%，当前 95%", "95%>90%"),
        ("余量 ≤ 10%，当前 5%", "5%≤10%"),
        ("余量小于或等于10%，当前5%", "5%≤10%"),
        ("余量低于10%，当前5%", "5%<10%"),
    ],
)
def test_the_operator_is_the_one_that_the_alert_states(summary: str, value: str) -> None:
    assert shown(summary) == value


@pytest.mark.parametrize(
    ("summary", "value"),
    [
        ("连续3次失败,共12个节点,已持续5分钟", "3次"),
        ("共12个节点失败", "12个"),
        ("连续失败次数超过3次,当前5次", "5次>3"),
        ("限速 12条/秒", "12/s"),
        ("已 3个月未备份", "3个月"),
    ],
)
def test_a_count_keeps_its_measure_word(summary: str, value: str) -> None:
    assert shown(summary) == value


def test_a_measured_count_takes_the_word_of_its_threshold() -> None:
    alert = an_alert("重启超过5次", source="zabbix", host="db", annotations={"value": "7"})
    assert "7次>5 " in told(alert)


@pytest.mark.parametrize(
    ("summary", "values", "value"),
    [
        ("磁盘使用率超过 90%", "A=93.42718 B=93.42718 C=1", "93.4%>90%"),
        ("CPU is 93.4% > 90%", "A=0.93427 C=1", "93.4%>90%"),
        ("lag", "B0=12.5 C=0", "12.5"),
        ("lag", "A=5 B=7 C=1", ""),
        ("lag", "A=1 C=1", ""),
        ("lag", "A=null B=NaN C=+Inf", ""),
    ],
)
def test_of_grafana_the_one_number_that_is_no_condition_is_the_value(
    summary: str, values: str, value: str
) -> None:
    parts = [f"[ var='{var}' labels={{}} value={said} ]" for var, said in pairs(values)]
    told_by = {"__value_string__": ", ".join(parts)}
    text = told(an_alert("Rule", summary=summary, annotations=told_by, instance="db"))
    assert text == f"严重 Rule db {value} 09:16 回12确认".replace("  ", " ")


@pytest.mark.parametrize(
    ("name", "summary", "value"),
    [
        ("网络延迟", "到网关延迟 250ms,丢包 12%", "250ms"),
        ("丢包率高", "延迟 250ms,丢包率 12%", "12%"),
        ("CPU温度", "负载 93%,温度为 92℃", "92℃"),
        ("NetworkLatencyHigh", "latency is 250ms, loss is 12%", "250ms"),
        ("PacketLoss", "latency 250ms, loss 12%", "12%"),
        ("链路异常", "延迟 250ms,丢包 12%", "12%"),
        ("网络延迟", "延迟 250ms,当前值 300ms", "300ms"),
    ],
)
def test_of_several_numbers_the_one_of_what_the_name_says(
    name: str, summary: str, value: str
) -> None:
    assert (
        told(an_alert(name, summary=summary, host="h")) == f"严重 {name} h {value} 09:16 回12确认"
    )


@pytest.mark.parametrize(
    ("summary", "host", "value"),
    [
        ("db-01:9100 is down", "db-01", ""),
        ("web:8080挂了", "web", ""),
        ("10.0.0.5:3306, 10.0.0.5:3307 挂了", "10.0.0.5", ""),
        ("[2001:db8::1]:443 挂了", "2001:db8::1", ""),
        ("see http://a.cn/?id=95", "db-01", ""),
        ("db-01:95%", "db-01", "95%"),
        ("db-01: 95 qps", "db-01", "95/s"),
        ("db-01:95次", "db-01", "95次"),
    ],
)
def test_the_port_of_a_host_is_no_value(summary: str, host: str, value: str) -> None:
    text = told(an_alert("X", summary=summary, host=host))
    assert text == f"严重 X {host} {value} 09:16 回12确认".replace("  ", " ")


def pairs(values: str) -> list[list[str]]:
    return [pair.split("=") for pair in values.split()]
