"""What is answered to a reply, in words that fit one SMS."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from sms_notify import oncall
from sms_notify.actions import Came, Did
from sms_notify.config.durations import format_duration
from sms_notify.inbound.grammar import Verb
from sms_notify.intake.ending import shown_of
from sms_notify.intake.telling import Teller
from sms_notify.model import DAY, HOUR, MINUTE, EndReason, IncidentState, Kind, Micros
from sms_notify.store.facts import Incident
from sms_notify.text import Story, Text
from sms_notify.text.measure import cut

NAME = 14
"""Units of a name in a list of several."""

_ZH: Mapping[str, str] = {
    "ack": "已确认{code}", "escalate": "已升级{code}", "mute": "已静默{code}至{until}",
    "remind": "。{span}未恢复将再提醒", "told": "。已通知{who}", "nobody": "。没有下一级可通知",
    "taken": "{code}已由{who}{at}确认", "resolved": "{code}已于{at}恢复",
    "ended": "{code}已于{at}结束", "acked_end": "{code}已由{who}{at}确认并结束",
    "many": "{done}{count}", "of_them": " 其中", "n_resolved": "{count}已恢复",
    "n_taken": "{count}已由{who}确认", "unknown": " 代码{codes}未知",
    "wrong": "没有发给您的代码{codes},未作任何操作。回?看用法", "none": "没有发给您的未恢复告警",
    "list": "未恢复{count}个,请回复代码:{items}", "status": "未恢复{count}个:{items}",
    "open": "未确认", "acked": "{who}{at}确认", "muted": "静默至{until}",
    "help": "回复:码=确认 码e=升级 码m 2h=静默 码s=状态 w=值班。例:12 或 12e 或 12m 2h",
    "unclear": "未能识别,未作任何操作。回复代码确认,如12;回?看用法",
    "again": "回复未能识别,请重发",
    "refused": "短信不允许{verb},请登录操作", "on_call": "值班 {items}", "until": "至{at}",
    "no_one": "无人", "no_schedule": "没有值班表",
    "locked": "{who}的手机连续回复错误代码,1小时内不再处理",
    "opt_out": "{who}的手机回复了退订字样“{word}”,运营商可能已屏蔽,请核实",
}  # fmt: skip
_EN: Mapping[str, str] = {
    "ack": "ACK {code}", "escalate": "ESC {code}", "mute": "MUTED {code} to {until}",
    "remind": ". Reminder in {span}", "told": ". Told {who}", "nobody": ". Nobody is next",
    "taken": "{code} acked by {who} {at}", "resolved": "{code} recovered {at}",
    "ended": "{code} ended {at}", "acked_end": "{code} acked by {who} {at}, over",
    "many": "{done}{count}", "of_them": ": ", "n_resolved": "{count} over",
    "n_taken": "{count} by {who}", "unknown": ", unknown {codes}",
    "wrong": "no code {codes} was sent to you, nothing done. ? helps",
    "none": "nothing open was sent to you",
    "list": "{count} open, send a code: {items}", "status": "{count} open: {items}",
    "open": "open", "acked": "by {who} {at}", "muted": "muted to {until}",
    "help": "12 acks, 12e escalates, 12m 2h mutes, 12s status, w on call",
    "unclear": "not understood, nothing done. Send a code, e.g. 12; ? helps",
    "again": "not readable, please send it again",
    "refused": "{verb} is not allowed by SMS", "on_call": "on call {items}", "until": "to {at}",
    "no_one": "nobody", "no_schedule": "there is no schedule",
    "locked": "phone of {who}: too many wrong codes, ignored for 1h",
    "opt_out": "phone of {who} replied '{word}': the operator may block it now",
}  # fmt: skip
_VERBS: Mapping[str, Mapping[str, str]] = {
    "zh": {Verb.ack: "确认", Verb.escalate: "升级", Verb.mute: "静默"},
    "en": {Verb.ack: "ack", Verb.escalate: "escalate", Verb.mute: "mute"},
}
_SPANS = (("天", DAY), ("小时", HOUR), ("分钟", MINUTE))


class Answers:
    """The wording of one Teller's language; nothing here decides anything."""

    def __init__(self, teller: Teller) -> None:
        self._teller = teller
        self._rules = teller.rules
        self._texts = teller.rules.texts
        self._chinese = teller.rules.config.site.language != "en"
        self._words = _ZH if self._chinese else _EN

    def plain(self, key: str, **said: object) -> Text:
        """One of the sentences without an incident."""
        return self._texts.notice(self._words[key].format(**said))

    def words(self, key: str, **said: object) -> str:
        return self._words[key].format(**said)

    def refused(self, verb: Verb) -> Text:
        return self.plain("refused", verb=_VERBS["zh" if self._chinese else "en"][verb])

    def did(self, did: Did, verb: Verb, told: Sequence[str]) -> Text:
        """What came of an action on one incident."""
        if did.came is not Came.done:
            return self._texts.notice(self._standing(did.incident))
        before = self.words(verb, code=_called(did.incident), until=self._until(did.incident))
        return self._about(did.incident, before, self._after(did.incident, verb, told))

    def dids(self, dids: Sequence[Did], verb: Verb, unknown: Sequence[int]) -> Text:
        """`已确认5 其中2已恢复 1已由王磊确认`."""
        over = sum(did.came is Came.over for did in dids)
        taken = Counter(did.incident.acked_by for did in dids if did.came is Came.taken)
        parts = [self.words("n_resolved", count=over)] if over else []
        parts += [self.words("n_taken", count=n, who=who) for who, n in taken.most_common(2)]
        until = max((did.incident.muted_until or 0 for did in dids), default=0)
        said = self.words(verb, code=len(dids), until=self._moment(until))
        said += self.words("of_them") + " ".join(parts) if parts else ""
        said += self.words("unknown", codes=_listed(unknown)) if unknown else ""
        return self._texts.notice(said)

    def listed(self, incidents: Sequence[Incident], key: str) -> Text:
        """Several incidents with their codes: `list` asks for one, `status` says how they stand."""
        if not incidents:
            return self.plain("none")
        items = [f"{_called(each)} {cut(each.name, NAME, mark='')}" for each in incidents]
        return self.plain(key, count=len(incidents), items=" ".join(items))

    def status(self, incident: Incident) -> Text:
        """`12 MySQL主从延迟 db-01 王磊09:43确认`."""
        if incident.ended_at is not None:
            return self._texts.notice(self._standing(incident))
        state = self.words("open")
        if incident.state == IncidentState.acknowledged:
            state = self.words("acked", who=incident.acked_by, at=self._clock(incident.acked_at))
        if incident.muted_until is not None and incident.muted_until > self._teller.ledger.now:
            state += f" {self.words('muted', until=self._until(incident))}"
        return self._about(incident, _called(incident), f" {state}")

    def on_call(self) -> Text:
        """Who is on call by each schedule."""
        config, now = self._rules.config, self._teller.ledger.now
        items = []
        for name in config.schedules:
            who = oncall.whom(config, (name,), now, self._rules.overrides)
            items.append(f"{name}:{'/'.join(who) or self.words('no_one')}")
        return self.plain("on_call", items=" ".join(items)) if items else self.plain("no_schedule")

    # -- parts ---------------------------------------------------------------------------------

    def _about(self, incident: Incident, before: str, after: str) -> Text:
        alerts = tuple(one.text for one in shown_of(self._teller, incident) if one.text)
        story = Story(Kind.answer, incident.level, alerts, firing=incident.firing)
        if not alerts:
            return self._texts.notice(f"{before} {incident.name}{after}")
        return self._texts.about(story, before, after)

    def _after(self, incident: Incident, verb: Verb, told: Sequence[str]) -> str:
        if verb is Verb.escalate:
            return self.words("told", who="、".join(told)) if told else self.words("nobody")
        if verb is Verb.ack and incident.ack_timeout and incident.ended_at is None:
            return self.words("remind", span=self._span(incident.ack_timeout))
        return ""

    def _standing(self, incident: Incident) -> str:
        """What somebody else, or the end, made of it."""
        code, who = _called(incident), incident.acked_by
        if incident.ended_at is None:
            return self.words("taken", code=code, who=who, at=self._clock(incident.acked_at))
        at = self._clock(self._end(incident, incident.ended_at))
        if incident.end_reason == EndReason.event_done and who:
            return self.words("acked_end", code=code, who=who, at=at)
        key = "resolved" if incident.end_reason == EndReason.resolved else "ended"
        return self.words(key, code=code, at=at)

    def _end(self, incident: Incident, heard_at: Micros) -> Micros:
        """The end by the source, as the recovery text says it; else when we heard of it."""
        if incident.end_reason != EndReason.resolved:
            return heard_at
        known = (one.text.ended_at for one in shown_of(self._teller, incident) if one.text)
        return max((at for at in known if at is not None), default=heard_at)

    def _until(self, incident: Incident) -> str:
        return self._moment(incident.muted_until or 0)

    def _moment(self, at: Micros) -> str:
        """The clock, with the date where that is not today's."""
        day, today = self._texts.date(at), self._texts.date(self._teller.ledger.now)
        return self._clock(at) if day == today else f"{day} {self._clock(at)}"

    def _clock(self, at: Micros | None) -> str:
        return self._texts.clock(at or 0)

    def _span(self, span: Micros) -> str:
        for word, unit in _SPANS if self._chinese else ():
            if span % unit == 0:
                return f"{span // unit}{word}"
        return format_duration(span)


def _called(incident: Incident) -> str:
    return str(incident.code if incident.code is not None else f"#{incident.id}")


def _listed(codes: Iterable[int]) -> str:
    return ",".join(map(str, list(codes)[:3]))
