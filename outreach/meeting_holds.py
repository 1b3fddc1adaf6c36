"""The hold of a meeting with a contact: made, moved, ended, and taken along to another deal.

Each runs in the caller's transaction, which has locked the deals.
Sources: SILENCE.md, "Whose turn", rule 8, and "Holds"; decisions 090 and 131.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

from django.db import transaction
from django.db.models import Count

from deals import conversation
from deals.models import Deal, Hold, Touch
from deals.replay import lock, replay
from outreach import series
from outreach.appointments import FEED, SOURCE, State
from outreach.mail.parsing.invitations import Occurrence
from outreach.models import Mail, Meeting

BATCH = 200  # series that go on at once
TOOK_PLACE = "meeting"  # the source of the touch that a hold becomes; its id is the hold's


def bring(
    meeting: Meeting, source: str, now: datetime, *, since: datetime | None = None
) -> None:  # fmt: skip
    """Let the hold follow the meeting: made, moved or ended. What is over stays as it was.

    A new one starts with the acceptance, or at `since` where that is later.
    """
    held = meeting.hold
    if meeting.state != State.ACCEPTED:
        let_go(meeting, now)
    elif held is not None and held.took_place is None and held.ends_at != meeting.ends_at:
        _move(held, meeting, source, now)
    elif (held is None or held.took_place is False) and meeting.ends_at > now:
        _make(meeting, source, now, since=since)


def _make(meeting: Meeting, source: str, now: datetime, *, since: datetime | None = None) -> None:
    """Hold the deal from the acceptance, or from `since` if that is later, to the meeting's end."""
    if meeting.deal is None:
        return
    starts_at = min(max(since or meeting.updated_at, meeting.updated_at), now)
    key = f"{id_of(meeting)}:{starts_at:%Y%m%dT%H%M%S}:{meeting.ends_at:%Y%m%dT%H%M%S}"
    if Hold.objects.filter(source__in=[SOURCE, FEED], external_id=key).exists():
        return  # somebody took it away, or said that it does not take place
    made = Hold(
        deal=meeting.deal, reason=Hold.Reason.MEETING, starts_at=starts_at, ends_at=meeting.ends_at,
        note=meeting.summary, user=meeting.user, source=source, external_id=key,
    )  # fmt: skip
    meeting.hold = conversation.hold(made, now=now)


def _move(held: Hold, meeting: Meeting, source: str, now: datetime) -> None:
    """Move a hold to the new end of its meeting; one put off after its time did not take place."""
    if held.ends_at is not None and held.ends_at <= now:
        conversation.meeting_failed(held)
        bring(meeting, source, now)
        return
    if meeting.ends_at <= held.starts_at:
        let_go(meeting, now)
        return
    held.ends_at, held.note, held.told_at = meeting.ends_at, meeting.summary, None
    conversation.hold(held, now=now)


def let_go(meeting: Meeting, now: datetime) -> None:
    """End the hold of a meeting that will not be; what it held so far stays held, nobody asks."""
    held = meeting.hold
    if held is None or held.took_place is not None:
        return
    if held.ends_at is not None and held.ends_at <= now:
        return
    if held.starts_at >= now:
        meeting.hold = None
    else:
        conversation.meeting_failed(held)
    conversation.end_hold(held, now=now)


def go_on(now: datetime) -> int:
    """Let every accepted series whose appointment is over wait for its next one; return how many.

    The hold of the one before stays as it was, for the question whether it took place.
    """
    over = Meeting.objects.filter(state=State.ACCEPTED, ends_at__lte=now).exclude(series=[])
    found = list(over.order_by("ends_at").values_list("pk", "deal")[:BATCH])
    for pk, deal in found:
        _go_on(pk, deal, now)
    return len(found)


@transaction.atomic
def _go_on(pk: int, deal: int | None, now: datetime) -> None:
    lock([deal] if deal else [])
    meeting = (
        Meeting.objects.select_for_update(of=("self",)).select_related("hold", "deal").get(pk=pk)
    )
    if meeting.ends_at > now or meeting.state != State.ACCEPTED:
        return  # somebody else was faster
    since, source = meeting.ends_at, meeting.hold.source if meeting.hold else SOURCE
    left = stand_for(meeting, series.read(meeting.series), now)
    if left:
        _make(meeting, source, now, since=since)
    meeting.save()


def stand_for(meeting: Meeting, found: list[Occurrence], now: datetime) -> bool:
    """Let a series stand for its next appointment; False where none is to come."""
    left = series.not_over(found, now)
    meeting.series = series.written(left)
    if left and meeting.ends_at <= now:
        meeting.hold = None  # what is over is asked about, not moved
    if left:
        meeting.starts_at, meeting.ends_at = left[0].starts_at, left[0].ends_at
    return bool(left)


def take_along(mail: Mail, deal: Deal, *, now: datetime) -> None:
    """Let the meetings that a mail told of, their holds and their touches go with it to a deal."""
    rows = mail.meetings.select_for_update(of=("self",)).exclude(deal=deal)
    for meeting in rows.select_related("hold", "touch", "deal").order_by("pk"):
        before = meeting.deal
        lock({deal.pk, *([before.pk] if before else [])})
        meeting.deal = deal
        meeting.save(update_fields=["deal"])
        touches = [meeting.touch] if meeting.touch else []
        if held := meeting.hold:
            touches += Touch.objects.filter(source=TOOK_PLACE, external_id=str(held.pk))
            held.deal = deal
            conversation.hold(held, now=now)
        for touch in touches:
            conversation.correct(touch, now=now, deal=deal)
        if before is not None:
            replay([before.pk], now)
        else:
            _put_back(meeting, now)


def take_off(mail: Mail, *, now: datetime) -> None:
    """Take the meetings off their deal that nothing but a mail told of; `take_along` puts them back."""
    told = Meeting.objects.filter(pk__in=mail.meetings.values("pk")).annotate(
        mails_of=Count("mails")
    )
    alone = told.filter(mails_of=1).values_list("pk", flat=True)
    rows = Meeting.objects.filter(pk__in=list(alone)).select_for_update(of=("self",))
    for meeting in rows.select_related("hold", "touch").order_by("pk"):
        held, meeting.hold, meeting.deal = meeting.hold, None, None
        meeting.save(update_fields=["hold", "deal"])
        if held is not None:
            conversation.release(held, now=now)
        if meeting.touch is not None:
            conversation.delete(meeting.touch, now=now)


def _put_back(meeting: Meeting, now: datetime) -> None:
    if meeting.touch is not None and meeting.touch.deleted_at is not None:
        conversation.restore(meeting.touch, now=now)
    bring(meeting, SOURCE, now)
    meeting.save()


def id_of(meeting: Meeting) -> str:
    """Return what tells a meeting from all others, short enough for every database."""
    said = f"{meeting.uid}\n{meeting.recurrence}\n{meeting.contact_id}"
    return hashlib.sha256(said.encode()).hexdigest()[:32]
