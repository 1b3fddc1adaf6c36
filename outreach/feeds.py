"""Calendars that reps publish: fetched every few minutes, and their meetings taken in.

Only a calendar that came whole and could be read counts: one that fails leaves everything as it
was. What has not changed is not read again within the hour; in the next hour it is, for time goes
on (the next meeting of a series) and so do deals and contacts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from hashlib import sha256
from urllib.parse import urlsplit

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Lower

from accounts.models import User, Workspace
from contacts.models import Address, Channel
from deals.models import Deal
from outreach import net, published
from outreach.mail.parsing import calendar_reader
from outreach.mail.parsing.invitations import Appointment, UnreadableCalendarError
from outreach.models import CalendarFeed, Meeting
from outreach.models.encrypted import UnreadableSecretError

EVERY = timedelta(minutes=5)
LONGEST_BYTES = net.LARGE_BYTES
BATCH = 500  # databases take only so many values at once
STAMPS = re.compile(r"(?mi)^DTSTAMP[^\r\n]*")  # Google says there when it was asked
KEY_IS_GONE = (
    "The address cannot be read with the keys in FIELD_KEYS. Add the key that it was saved with, or "
    "enter the address again."
)
SAID = {
    401: "The calendar is not open to us. Publish it, or take its secret address.",
    403: "The calendar is not open to us. Publish it, or take its secret address.",
    404: "There is no calendar at that address any more. Copy the address again.",
    410: "There is no calendar at that address any more. Copy the address again.",
}


class UnreadFeedError(Exception):
    """A published calendar could not be read now; the words say why and what to do."""


def address_of(said: str) -> str:
    """Return the web address of a calendar: `webcal` is only another word for it."""
    scheme, mark, rest = said.strip().partition("://")
    return f"https://{rest}" if mark and scheme.lower() in {"webcal", "webcals"} else said.strip()


def save(user: User, url: str, *, now: datetime) -> CalendarFeed:
    """Keep the address of a user's calendar, and read it at once; `read_problem` says how it went."""
    with transaction.atomic():
        CalendarFeed.objects.filter(user=user).delete()
        feed = CalendarFeed.objects.create(user=user, url=url, claimed_until=now + EVERY)
    read(feed, now)
    return feed


def due(now: datetime) -> Iterator[CalendarFeed]:
    """Yield the feeds that are to be read by now, each claimed, the one that waited longest first.

    The claim lasts to the next reading: a feed that takes long or fails keeps nobody waiting, and
    one whose worker died is read again with the next.
    """
    rows = CalendarFeed.objects.filter(user__is_active=True).order_by(
        F("claimed_until").asc(nulls_first=True), "pk"
    )
    free = Q(claimed_until=None) | Q(claimed_until__lte=now)
    for pk in list(rows.filter(free).values_list("pk", flat=True)):
        if CalendarFeed.objects.filter(free, pk=pk).update(claimed_until=now + EVERY):
            yield CalendarFeed.objects.defer("url").select_related("user").get(pk=pk)


def read(feed: CalendarFeed, now: datetime) -> None:
    """Read one calendar and take its meetings in; what went wrong is said on the feed."""
    try:
        _take_in(feed, now)
    except (UnreadFeedError, UnreadableCalendarError, net.NotReachedError) as error:
        feed.read_problem = str(error)[:300]
    except UnreadableSecretError:
        feed.read_problem = KEY_IS_GONE
    else:
        feed.read_at, feed.read_problem = now, ""
    said = {name: getattr(feed, name) for name in ("etag", "digest", "read_at", "read_problem")}
    CalendarFeed.objects.filter(pk=feed.pk).update(**said)  # it may be gone by now


def _take_in(feed: CalendarFeed, now: datetime) -> None:
    is_fresh = feed.read_at is not None and _hour(feed.read_at) == _hour(now)
    answer = net.get(feed.url, headers=_headers(feed) if is_fresh else {"Accept": "text/calendar"})
    if answer.status == 304 and is_fresh:
        return
    text = _whole(answer)
    digest = sha256(STAMPS.sub("", text).encode()).hexdigest()
    is_known = digest == feed.digest
    if not (is_known and is_fresh):
        found = calendar_reader.appointments(text, zone=_zone(feed.user), now=now)
        if found or is_known:  # else emptied, perhaps by an accident: believed in the next hour
            published.by_calendar(feed.user, _with_contacts(found, now), now=now)
    # known from here on: what could not be read or taken in is read again with the next poll
    feed.digest, feed.etag = digest, answer.headers.get("etag", "")[:200]


def _headers(feed: CalendarFeed) -> dict[str, str]:
    known = {"If-None-Match": feed.etag} if feed.etag.isprintable() and feed.etag else {}
    return {"Accept": "text/calendar", **known}


def _whole(answer: net.Answer) -> str:
    """Return the text of a calendar that came to its end. Raises UnreadFeedError."""
    if 300 <= answer.status < 400:
        host = urlsplit(answer.headers.get("location", "")).hostname or "another address"
        raise UnreadFeedError(
            f"It leads on to {host}. Open it there and copy that address instead."
        )
    if not answer.is_success:
        otherwise = f"The server answered {answer.status}. We try again in a few minutes."
        raise UnreadFeedError(SAID.get(answer.status, otherwise))
    if answer.is_cut:
        raise UnreadFeedError("The calendar is larger than 5 MB. Publish fewer months of it.")
    text = answer.text.lstrip("\ufeff").strip()
    if not text.upper().startswith("BEGIN:VCALENDAR"):
        raise UnreadFeedError(
            "That is no calendar but something else, such as a web page. Copy the address that ends "
            "in .ics."
        )
    if not text.upper().endswith("END:VCALENDAR"):
        raise UnreadFeedError("The calendar stops in the middle. We try again in a few minutes.")
    return text


def _with_contacts(found: Iterable[Appointment], now: datetime) -> list[Appointment]:
    """Keep the appointments to come that name an address of a contact, in a query for hundreds."""
    to_come = [one for one in found if one.ends_at is not None and one.ends_at > now]
    named = sorted({address for one in to_come for address in _named(one)})
    rows = Address.objects.filter(channel=Channel.EMAIL).annotate(lower=Lower("value"))
    known: set[str] = set()
    for start in range(0, len(named), BATCH):
        some = rows.filter(lower__in=named[start : start + BATCH])
        known |= set(some.values_list("lower", flat=True))
    return [one for one in to_come if known.intersection(_named(one))]


def _named(appointment: Appointment) -> set[str]:
    return {who.address for who in appointment.attendees} | {appointment.organizer}


def _zone(user: User) -> str:
    return user.time_zone or Workspace.current().time_zone


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def meetings_of(user: User, now: datetime, *, within: timedelta) -> QuerySet[Meeting]:
    """Return a user's meetings to come on deals that they see, the next first."""
    rows = Meeting.objects.filter(user=user, ends_at__gt=now, starts_at__lt=now + within)
    rows = rows.filter(deal__in=Deal.objects.visible_to(user)).exclude(
        state=Meeting.State.CANCELLED
    )
    return rows.select_related("contact", "deal", "hold").order_by("starts_at", "pk")
