"""How an incident ends, and who hears of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sms_notify.intake.ledger import Ledger
from sms_notify.intake.news import News
from sms_notify.intake.telling import Teller
from sms_notify.model import Alert, Decision, EndReason, IncidentState, Kind, Verdict
from sms_notify.store.facts import Audience, Incident
from sms_notify.store.stories import STORY

TIMERS_OF_INCIDENT = ("stale", "repeat", "step", "ack_timeout")


def take_end(ledger: Ledger, alert: int) -> tuple[int, ...]:
    """A member ended: one firing member less in each of its open incidents, which are returned."""
    found = []
    for number in ledger.incidents_of(alert):
        incident = ledger.incident(number)
        if incident is not None and incident.ended_at is None:
            ledger.change_incident(number, firing=max(0, incident.firing - 1), last_seen=ledger.now)
            found.append(number)
    return tuple(found)


def worded(end: Alert, incident: Incident | None) -> Alert:
    """An end as it is told: one that came without a word (`send --resolved </dev/null`) has the
    name of what it ends."""
    if not end.wordless or incident is None:
        return end
    return replace(end, name=incident.name, summary=incident.name)


def settle_ends(teller: Teller, ended: Mapping[int, Sequence[News]], *, whole: bool) -> None:
    """After the members of `ended` ended: close the incidents of which none fires any more.

    `whole`: the body named all members; one that was truncated cannot end an incident.
    """
    for number, news in sorted(ended.items()):
        incident = teller.ledger.incident(number)
        if incident is None or incident.ended_at is not None:
            continue
        if incident.firing == 0 and whole:
            close(teller, incident, EndReason.resolved, news)
        elif news:
            _partial(teller, incident, news)


def _partial(teller: Teller, incident: Incident, news: Sequence[News]) -> None:
    """Some members ended, others fire on."""
    wanted = teller.rules.config.incidents.send_resolved == "all"
    acked = incident.state == IncidentState.acknowledged
    for heard in teller.ledger.audience(incident.id):
        fresh = [
            each for each in news if not teller.ledger.telling(incident.id, heard.person, each.key)
        ]
        if not fresh:
            continue
        if wanted and not acked and heard.level >= 0:
            teller.tell(incident, heard.person, Kind.resolved, fresh)
        else:
            reason = "acknowledged" if acked else "others of the incident still fire"
            decision = Decision(Verdict.partial_end, reason)
            teller.write(incident, heard.person, fresh, decision)


def close(
    teller: Teller, incident: Incident, reason: EndReason, news: Sequence[News] = ()
) -> Incident:
    """End the incident and tell those who were told of it; each of them gets one `end`."""
    ended = teller.ledger.change_incident(
        incident.id,
        state=IncidentState.ended.value,
        ended_at=teller.ledger.now,
        end_reason=reason.value,
        firing=0,
    )
    for kind in TIMERS_OF_INCIDENT:
        teller.ledger.set_timer(kind, str(incident.id), None)
    teller.ledger.event("incident", incident.id, "ended", reason.value)
    for heard in teller.ledger.audience(incident.id):
        _tell_end(teller, ended, heard, reason, news)
    return ended


def _tell_end(
    teller: Teller,
    incident: Incident,
    heard: Audience,
    reason: EndReason,
    news: Sequence[News],
) -> None:
    person = heard.person
    if teller.ledger.telling(incident.id, person, "end"):
        return
    end = [News("end", incident.level)]
    decision = _untold(teller, heard, reason)
    if decision:
        teller.write(incident, person, end, decision)
    else:
        shown = whole_of(teller, incident, news)
        more = max(0, incident.members - len(shown)) if len(shown) >= STORY else 0
        teller.tell(incident, person, Kind.resolved, end, shown=shown, more=more)


def whole_of(teller: Teller, incident: Incident, news: Sequence[News]) -> list[News]:
    """All that the incident was about, each thing once, as its end is told: what ended now, and
    what ended before it without a text."""
    if news and teller.rules.config.incidents.send_resolved == "all":
        return list(news)  # the others were told when they ended
    found = {(one.text.source, one.text.fingerprint): one for one in news if one.text}
    for one in shown_of(teller, incident):
        if one.text:
            found.setdefault((one.text.source, one.text.fingerprint), one)
    return list(found.values())


def shown_of(teller: Teller, incident: Incident) -> list[News]:
    """The alerts of an incident that were loaded, to word a text that no call brought."""
    found = []
    for number in teller.ledger.facts.of_incident.get(incident.id, []):
        alert = teller.ledger.alert(number)
        if alert is not None:
            found.append(News(f"fire:{number}", alert.level, number, alert))
    return found


def _untold(teller: Teller, heard: Audience, reason: EndReason) -> Decision | None:
    """Why this person does not hear of the end, or None."""
    if heard.level < 0:
        return Decision(Verdict.never_told, "was never told that it fired")
    if reason is not EndReason.resolved:
        return Decision(Verdict.never_told, f"no end was seen: {reason.value}")
    if teller.rules.config.incidents.send_resolved == "none":
        return Decision(Verdict.resolved_off, "send_resolved is none")
    return None
