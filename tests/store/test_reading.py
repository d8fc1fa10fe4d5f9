"""Reading for people gives the same from SQLite and from PostgreSQL."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

from sms_notify import config
from sms_notify.intake import TellCall, Writer, rules
from sms_notify.model import DAY, HOUR, IncidentState, MessageState
from sms_notify.sources import alertmanager
from sms_notify.store import Store, open_store
from sms_notify.store.reading import IncidentFilter, MessageFilter, Reader, local_time
from sms_notify.store.standing import standing

DATA = Path(__file__).parent.parent / "sources" / "data"
FILES = ("firing_prometheus", "grouped_40_firing_zh", "basic_auth_firing")


def filled(url: str) -> Store:
    """A store with what three recorded webhooks came to, two told and one held."""
    loaded = config.parse(config.sample_yaml())
    store = open_store(url)
    writer = Writer(store, memory=lambda: DAY)
    for name in FILES:
        body = (DATA / f"{name}.json").read_bytes()
        call = alertmanager.parse(body, levels=loaded.site.levels, called_at=store.now())
        writer.judge_now(TellCall(rules(loaded), call))
    return store


def reads_well(url: str) -> None:
    """Every question of the Reader, with every filter."""
    store = filled(url)
    reader = Reader(store, ZoneInfo("Asia/Shanghai"))
    messages = reader.messages(MessageFilter())
    assert [message.id for message in messages] == sorted((m.id for m in messages), reverse=True)
    latest = messages[0]
    assert latest.phone == "138****0001"
    assert [event.what for event in latest.events] == ["queued"]
    assert reader.message(latest.id) == latest
    assert reader.messages_by_id([latest.id, 10**9]) == [latest]
    for state in MessageState:
        same = [message for message in messages if message.state == state]
        assert reader.messages(MessageFilter(state)) == same
    narrow = MessageFilter(MessageState.queued, "张伟", latest.incident, latest.id + 1, 5)
    assert reader.messages(narrow) == [latest]
    assert reader.messages(MessageFilter(before=latest.id)) == messages[1:]
    incidents = reader.incidents(IncidentFilter())
    assert len(incidents) == len(FILES)
    assert reader.incidents(IncidentFilter(IncidentState.open, limit=2)) == incidents[:2]
    assert reader.incidents(IncidentFilter(IncidentState.ended)) == []
    one = reader.incident(incidents[1].code or 0)
    assert one is not None
    assert (len(one.alerts), len(one.tellings)) == (40, 40)
    assert len(reader.source_words()) == 42
    now = standing(store, ["demo"])
    assert now.open_incidents == len(FILES)
    assert now.waiting[MessageState.queued] == len(
        reader.messages(MessageFilter(MessageState.queued))
    )
    assert now.gateways == {"demo": True}
    store.close()


def test_sqlite_reads_well(tmp_path: Path) -> None:
    reads_well(f"sqlite:///{tmp_path / 'x.db'}")


def test_postgresql_reads_well(postgres_url: str) -> None:
    reads_well(postgres_url)


def test_a_moment_is_shown_with_its_offset() -> None:
    assert local_time(0, ZoneInfo("Asia/Shanghai")) == "1970-01-01T08:00:00+08:00"
    assert local_time(16 * HOUR + 999_999, ZoneInfo("UTC")) == "1970-01-01T16:00:00+00:00"
