"""What of an incident did a person hear with the whole of it: in a step, a handoff, a reminder?"""

from __future__ import annotations

from collections.abc import Collection

from sms_notify.intake.news import News
from sms_notify.intake.telling import Teller
from sms_notify.model import Decision, Verdict
from sms_notify.store.facts import Incident


def not_heard_since(
    teller: Teller, incident: Incident, person: str, fresh: list[News], joined: Collection[int]
) -> list[News]:
    """`fresh` without what is older than the last text that told this person of the incident.

    A copy of the webhook is no news to who was paged by a later step. `joined`: the alerts that
    became members just now; of those nobody heard.
    """
    heard = teller.ledger.heard(incident.id, person)
    old = {one.key for one in fresh if one.alert not in joined}
    if heard is None or not old:
        return fresh
    told_to = teller.ledger.told_to
    earlier = {
        news for news in old if any(row.at < heard.told_at for row in told_to(incident.id, news))
    }
    told = [one for one in fresh if one.key in earlier]
    if told:
        decision = Decision(Verdict.counted, "in an earlier text about its incident")
        teller.write(incident, person, told, decision)
    return [one for one in fresh if one.key not in earlier]
