"""Templates that are filled in without Jinja: they say what Jinja would have made of them."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jinja2 import Environment

from sms_notify.model import Kind
from sms_notify.text import Did, Remark, Story, Texts, Wording
from sms_notify.text.defaults import LANGUAGES
from sms_notify.text.sentence import sentence
from sms_notify.text.templates import PARTED, VARIABLES
from tests.text.given import AT, a_story, an_alert

BY_JINJA = "{{ '' }}"
"""Says nothing, and is more than a sentence may hold."""

ALERTS = [
    an_alert(
        "HostOutOfDiskSpace", summary="磁盘 100%满: %(name)s {0}", description="disk is 93.4% full",
        rule="x > 90", instance="db-01.example.com:9100", mountpoint="/data",
    ),
    an_alert("Watchdog"),
    an_alert("主机 db-1 失联 %d", source="zabbix", instance="db-1"),
]  # fmt: skip
STORIES = [
    *(a_story(alert, code=code) for alert in ALERTS for code in (12, None)),
    a_story(*ALERTS, more=3),
    Story(Kind.update, ALERTS[0].level, (ALERTS[0],), at=AT, remark=Remark(Did.changed, "李娜")),
    Story(Kind.first, ALERTS[0].level, (), at=AT),
]
LITERALS = st.sampled_from(
    ["严重 ", " ", "  ", "100%", "%s", "%(name)s", "%%", "{0}", "\n", "回", "确认", "(", "é"]
)
PRINTED = st.sampled_from(sorted(VARIABLES)).map("{{{{ {} }}}}".format)
FITTED = st.sampled_from(sorted(PARTED)).map("{{{{ {}|fit }}}}".format)
PLAIN = st.lists(LITERALS | PRINTED | FITTED, max_size=7).map("".join)
ASKING = st.tuples(PLAIN, PLAIN).map("{{% if code %}}{0[0]}{{% else %}}{0[1]}{{% endif %}}".format)
TEMPLATES = st.lists(PLAIN | ASKING, max_size=3).map("".join)


@settings(max_examples=150, deadline=None)
@given(TEMPLATES)
@example(
    "{{ value|fit }} {{ name|fit }} 100%{% if code %} 回{{ code }}确认 {% else %} -{% endif %}"
)
@example("{{ name|fit }}{{ name|fit }} {{ subject }}{{ lines|fit }} {{ span }}!")
@example("{% if code %}{{ subject|fit }}{% if code %} {{ code }}{% endif %}{% endif %}%")
def test_a_sentence_says_what_jinja_would_have_said(template: str) -> None:
    plain, by_jinja = texts(template), texts(template + BY_JINJA)
    assert plain.problems == by_jinja.problems
    for story in STORIES:
        assert plain.story(story) == by_jinja.story(story)


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_every_built_in_template_is_a_sentence(language: str) -> None:
    for template in LANGUAGES[language].templates.values():
        assert sentence(Environment().parse(template), PARTED) is not None
        assert sentence(Environment().parse(template + BY_JINJA), PARTED) is None


@pytest.mark.parametrize(
    "template",
    [
        "{{ name }}",
        "{{ name|fit|upper }}",
        "{{ summary|fit }}",
        "{{ name|fit }}{{ name|fit }}",
        "{{ labels.rack }}",
        "{% if subject %}{{ subject|fit }}{% endif %}",
        "{% if code > 9 %}x{% endif %}",
        "{% if code %}a{% elif count %}b{% endif %}",
        "{% for host in hosts %}{{ host }}{% endfor %}",
    ],
)
def test_what_needs_jinja_is_no_sentence(template: str) -> None:
    assert sentence(Environment().parse(template), PARTED) is None


def texts(page: str) -> Texts:
    return Texts(Wording(signature="星云运维", templates={"page": page, "changed": page}))
