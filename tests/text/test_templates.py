"""Templates of the operator: what they can say, and that a broken one never costs a page."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from sms_notify.model import Kind
from sms_notify.text import Template, Texts, Wording
from tests.text.given import AT, a_story, an_alert

ALERT = an_alert(
    "HostOutOfDiskSpace", summary="磁盘 /data 即将写满, 请立即处理",
    description="disk is 93.4% full",
    rule="x > 90", instance="db-01.example.com:9100", mountpoint="/data",
)  # fmt: skip


def texts(page: str, max_units: int = 70) -> Texts:
    templates: Mapping[str, str | Template] = {"page": Template(page, max_units)}
    return Texts(Wording(signature="星云运维", templates=templates))


def page(template: str, max_units: int = 70) -> str:
    return texts(template, max_units).story(a_story(ALERT)).text.removeprefix("【星云运维】")


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ name }}", "HostOutOfDiskSpace"),
        ("{{ level }}|{{ time }}|{{ date }}", "严重|09:16|08-05"),
        ("{{ headline|fit }} {{ subject|fit }}", "磁盘 /data 即将写满 db-01 /data"),
        ("{{ labels.mountpoint }} of {{ subject|fit }}", "/data of db-01 /data"),
        ("{{ labels.nothing }}{{ annotations.none }}x", "x"),
        ("{% if level == '严重' %}!{% endif %}{{ value|fit }}", "!93.4%"),
        ("{{ count }} {{ firing }} {{ more }} {{ kind }} {{ source }}", "1 1 0 first alertmanager"),
        ("{% for host in hosts %}<{{ host }}>{% endfor %}", "<db-01>"),
        ("{{ name|cut(10) }}", "HostOutOf…"),
        ("{{ labels.get('mountpoint', '-') }}", "/data"),
        ("{{ name|replace('Host', '主机') }}", "主机OutOfDiskSpace"),
        ("{{ summary|default('nothing') }}", "磁盘 /data 即将写满, 请立即处理"),
        ("a\n  b\n{{ time }}", "a b 09:16"),
    ],
)
def test_a_template_says_what_it_names(template: str, text: str) -> None:
    shown = page(template)
    assert shown.startswith(text)


@pytest.mark.parametrize(
    "template",
    [
        "{% for i in range(10**9) %}x{% endfor %}",
        "{{ 'x' * 10**9 }}",
        "{{ 9 ** 9 ** 9 }}",
        "{{ '%999999999d' % 1 }}",
        "{{ '{:999999999}'.format(1) }}",
        "{{ 'x'.center(10**9) }}",
        "{{ 'x'|center(10**9) }}",
        "{{ name|indent(10**9) }}",
        "{% for a in name %}{% for b in name %}x{% endfor %}{% endfor %}",
        "{% macro m() %}{{ m() }}{{ m() }}{% endmacro %}{{ m() }}",
        "{% set x = name %}{% set x = x ~ x %}{{ x }}",
        "{{ name.__class__.__mro__ }}{{ lipsum(n=10**6) }}",
        "{% include '/etc/passwd' %}",
        "{{ ().__class__.__bases__ }}{{ self() }}",
        "{{ name",
        "{% if %}",
        "{{ no_such_variable }}",
        "{{ name|no_such_filter }}",
        "{{ 1 }}" * 1000,
    ],
)
def test_what_is_broken_or_could_run_away_is_refused_and_the_page_goes_out(template: str) -> None:
    made = texts(template)
    assert len(made.problems) == 1
    text = made.story(a_story(ALERT))
    assert text.text == Texts(Wording(signature="星云运维")).story(a_story(ALERT)).text
    assert text.fallback.startswith("template page: ")


@pytest.mark.parametrize(
    "template",
    [
        "{{ count / more }}",
        "{{ name + 1 }}",
        "{{ labels|sort|first + 1 }}",
        "{{ labels.team }}",
        "{{ hosts[5] }} - {% if code %} 回{{ code }}确认{% endif %}",
        "{{ annotations.get('owner', '')|fit }}",
        "{{ summary.split('|')[3] }}",
    ],
)
def test_a_template_that_fails_on_this_alert_falls_back(template: str) -> None:
    made = texts(template)
    text = made.story(a_story(ALERT))
    assert text.text == Texts(Wording(signature="星云运维")).story(a_story(ALERT)).text
    assert "template page" in text.fallback


def test_a_name_longer_than_the_text_is_cut_and_not_left_out() -> None:
    alert = an_alert("VeryLong" * 10 + "42", instance="db-01:9100")
    text = texts("[{{ source }}] {{ name }} 回{{ code }}").story(a_story(alert)).text
    assert text == "【星云运维】[alertmanager] " + ("VeryLong" * 10)[:44] + "… 回12"


def test_growth_inside_a_template_is_bounded() -> None:
    growing = "{{ summary" + "|join(summary)" * 20 + " }}"
    assert texts(growing).story(a_story(ALERT)).units <= 70
    growing = "{{ summary" + "|replace('', summary)" * 20 + " }}"
    assert texts(growing).story(a_story(ALERT)).units <= 70


def test_alert_text_is_data_and_never_template() -> None:
    alert = an_alert(
        "{{ 7*7 }}{% for x in y %}", summary="%s {0} {{ code }}", instance="{{ level }}"
    )
    text = Texts(Wording()).story(a_story(alert)).text
    assert "49" not in text
    assert "{{ 7*7 }}" in text or "7*7" in text


def test_what_cannot_shrink_is_cut_before_the_code_and_said() -> None:
    made = texts("{{ description }}{% if code %} 回{{ code }}确认{% endif %}")
    alert = an_alert(description="磁盘写满" * 40)
    text = made.story(a_story(alert))
    assert text.units == 70
    assert text.text.endswith("… 回12确认")
    assert text.shed == ("text",)


@pytest.mark.parametrize(
    "template",
    [
        "{{ name }}\u202e{{ time }}\x00",
        "{{ '\\u202e\\x00\\ue000\\n' }}{{ name }}",
        "{{ '\\u20ac' }} {{ name|fit }}\ue001",
    ],
)
def test_nothing_hostile_leaves_through_a_template(template: str) -> None:
    text = texts(template).story(a_story(ALERT)).text
    assert text.isprintable()
    text.encode("gbk")


@pytest.mark.parametrize(
    ("template", "end"),
    [
        ("{{ summary }}{{ name|fit }}回{{ code }}", "回12"),
        ("{{ summary }} [{{ code }}]", " [12]"),
        ("{{ code }} {{ summary }}", "…"),
    ],
)
def test_the_code_stays_whole_wherever_it_ends_a_text(template: str, end: str) -> None:
    alert = an_alert("N" * 150, summary="磁盘写满" * 40)
    text = texts(template).story(a_story(alert))
    assert text.text.endswith(end)
    assert text.units <= 70


def test_a_template_may_ask_for_more_segments() -> None:
    made = texts("{{ description }}", 335)
    text = made.story(a_story(an_alert(description="磁盘写满" * 60)))
    assert text.units == 6 + 240
    assert text.segments == 4


def test_the_ladder_serves_the_operators_own_order() -> None:
    long = an_alert(
        "PrometheusNotificationQueueRunningFull", pod="user-center-bctpq2mtmb-826zt",
        rule="x*100 > 1",
        description="queue is at 93.4271%",
    )  # fmt: skip
    made = texts(
        "{{ time }} {{ subject|fit }}: {{ name|fit }} {{ value|fit }} [{{ level }}] 回{{ code }}"
    )
    text = made.story(a_story(long))
    assert text.text == "【星云运维】09:16 user-center-826zt: Prom通知队列将满 93.4%>1% [严重] 回12"
    assert text.shed == ("name abbreviated", "name in Chinese")


def test_a_receiver_has_its_own_templates() -> None:
    wording = Wording(
        templates={"page": "all {{ name }}"},
        receiver_templates={"网络": {"page": "net {{ name }}"}},
    )
    made = Texts(wording)
    story = a_story(ALERT)
    assert made.story(story).text == "all HostOutOfDiskSpace"
    own = type(story)(story.kind, story.level, story.alerts, at=AT, receiver="网络")
    assert made.story(own).text == "net HostOutOfDiskSpace"


@pytest.mark.parametrize(
    ("template", "max_units", "problem"),
    [
        (
            "{{ name|fit }} 请值班人员登录平台查看详情并及时处理, 电话四零零一二三四五六七八九",
            70,
            "leaves",
        ),
        ("{{ name|fit }}", 400, "the gateway takes at most 335"),
        ("{{ name", 70, "the built-in text is used instead"),
    ],
)
def test_check_hears_of_what_is_wrong_with_a_template(
    template: str, max_units: int, problem: str
) -> None:
    assert problem in " ".join(flaw.text for flaw in texts(template, max_units).problems)


def test_the_built_in_templates_have_no_problem() -> None:
    assert Texts(Wording(signature="星云运维")).problems == ()
    assert Texts(Wording(signature="Ops", language="en")).problems == ()


def test_a_key_that_is_no_text_is_a_problem() -> None:
    assert "no such text" in Texts(Wording(templates={"pgae": "x"})).problems[0].text


@pytest.mark.parametrize("kind", [Kind.reminder, Kind.repeat])
def test_an_own_reminder_also_serves_the_repeat(kind: Kind) -> None:
    made = Texts(Wording(templates={"reminder": "again {{ name }}"}))
    assert made.story(a_story(ALERT, kind=kind)).text == "again HostOutOfDiskSpace"
