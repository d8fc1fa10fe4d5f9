"""What somebody did to a problem in Zabbix reads as that, and not like a new member."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sms_notify.model import Kind
from sms_notify.text import Did, Remark, Texts, Wording, units

from .given import SIGNED, a_story, an_alert


def told(
    remark: Remark, wording: Wording = SIGNED, name: str = "磁盘满", host: str = "db-01"
) -> str:
    """The whole text of an update of one Zabbix problem."""
    alert = an_alert(name, source="zabbix", host=host)
    story = a_story(alert, kind=Kind.update, code=None)
    return Texts(wording).story(replace(story, remark=remark)).text


def test_an_update_says_who_said_what_and_when() -> None:
    text = told(Remark(Did.changed, "李娜 (lina)", "已在处理"))
    assert text == "【星云运维】严重 更新 磁盘满 db-01 李娜:已在处理 09:16"


@pytest.mark.parametrize(
    ("did", "language", "word"),
    [
        (Did.changed, "zh", "更新"),
        (Did.acknowledged, "zh", "已确认"),
        (Did.unacknowledged, "zh", "取消确认"),
        (Did.changed, "en", "UPDATE"),
        (Did.acknowledged, "en", "ACK"),
        (Did.unacknowledged, "en", "UNACK"),
    ],
)
def test_each_thing_that_can_be_done_has_its_word(did: Did, language: str, word: str) -> None:
    text = told(Remark(did, "Li"), Wording(language=language))
    assert text.split()[1] == word
    assert text.endswith("db-01 Li 09:16")


def test_one_who_says_nothing_and_words_of_nobody_stand_alone() -> None:
    assert told(Remark(by="李娜")).endswith("db-01 李娜 09:16")
    assert told(Remark(said="换盘")).endswith("db-01 换盘 09:16")
    assert told(Remark()).endswith("更新 磁盘满 db-01 09:16")


def test_a_long_remark_is_cut_before_the_name_gives_way() -> None:
    text = told(
        Remark(by="李娜", said="已经联系机房同事去换盘了" * 20), name="数据库主从复制延迟过高"
    )
    assert "数据库主从复制延迟过高 db-01 李娜:已经联系" in text
    assert text.endswith("… 09:16")
    assert 60 < units(text) <= 70


def test_something_of_a_remark_is_told_whatever_the_name() -> None:
    text = told(Remark(by="Zabbix Administrator", said="正在看"), name="N" * 90, host="h" * 50)
    assert "Zabbix:正在看" in text
    assert units(text) <= 70


def test_an_own_template_may_use_did_and_remark() -> None:
    own = Wording(templates={"changed": "{{ did }}! {{ remark|fit }} {{ name|fit }}"})
    assert told(Remark(by="李娜", said="换盘"), own) == "更新! 李娜:换盘 磁盘满"
    new_members = Wording(templates={"update": "mine"})
    assert told(Remark(by="李娜"), new_members) != "mine"


HOSTILE = "\u202e{{ 7*7 }} {% if %} $(reboot) `id` <b> \x00\n\ue000\ue0ff\ud800 😀"


def test_hostile_words_are_words() -> None:
    text = told(Remark(by="\u202e\x00Li", said=HOSTILE))
    assert "Li:{{ 7*7 }} {% if %} $(reboot) `id`" in text
    assert text.isprintable()


WORDS = st.text(max_size=500)


@given(by=WORDS, said=WORDS, name=WORDS, host=WORDS, did=st.sampled_from(Did))
def test_whatever_is_said_fits(by: str, said: str, name: str, host: str, did: Did) -> None:
    text = told(Remark(did, by, said), name=name, host=host)
    assert units(text) <= 70
    assert text.isprintable()
