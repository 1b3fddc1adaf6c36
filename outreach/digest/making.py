"""Make the digests that are due: a row each, which claims what it tells, once for all workers.

Whoever makes digests for somebody holds the lock of their row, and the rows are unique besides.
A digest without news is a row too, so that nobody looks again that day. The words are made when
it is sent or read. Source: docs/decisions/120.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max

from accounts.invitations import is_mail_set_up
from accounts.models import User
from outreach.digest import lines, weekly
from outreach.digest.lines import Line
from outreach.digest.people import (
    Covers,
    House,
    Reader,
    candidates,
    due_this_morning,
    to_be_told_at_once,
)
from outreach.models import Digest, DigestSettings, Telling

Kind, State = Digest.Kind, Digest.State
BATCH = 500  # people of one transaction
FIRST_NEWS = timedelta(hours=24)  # of the first digest of all: news of a day
KEPT = {State.EMPTY: timedelta(days=14), None: timedelta(days=90)}


def make(now: datetime) -> int:
    """Make all digests that are due at an instant; return how many have something to tell."""
    house, covers = House.at(now), Covers.at(now)
    people = list(candidates())
    made = weekly.make(people, house, covers, now)
    for some in _batches(due_this_morning(people, house, covers, now)):
        made += _claimed(some, now, lambda users: _mornings(users, house, covers, now))
    if _asks_for_high_value(house):
        readers = to_be_told_at_once(people, house, covers, now)
        for some in _batches(_concerned(readers, house, now)):
            made += _claimed(some, now, lambda users: _at_once(users, house, covers, now))
    return made


def forget_old(now: datetime) -> None:
    """Delete digests that nobody asks for any more; that a silence was told stays."""
    for state, kept in KEPT.items():
        old = Digest.objects.filter(created_at__lt=now - kept)
        (old.filter(state=state) if state else old).delete()


def _batches(readers: Sequence[Reader]) -> Iterator[list[int]]:
    people = [reader.user.pk for reader in readers]
    for first in range(0, len(people), BATCH):
        yield people[first : first + BATCH]


def _claimed(people: list[int], now: datetime, act: Callable[[list[User]], int]) -> int:
    """Act on people whose rows this worker locks; those that another one holds are its work."""
    with transaction.atomic():
        locked = User.objects.filter(pk__in=people).order_by("pk")
        ours = locked.select_for_update(skip_locked=True, no_key=True).values_list("pk", flat=True)
        return act(list(candidates(list(ours))))


def _mornings(users: list[User], house: House, covers: Covers, now: datetime) -> int:
    """Make the morning digests of people who have none for that day, in the caller's transaction."""
    readers = due_this_morning(users, house, covers, now)
    earlier = Digest.objects.filter(user__in=users, kind=Kind.MORNING, is_asked_for=False)
    done = set(earlier.filter(created_at__gt=now - timedelta(days=3)).values_list("user", "day"))
    readers = [reader for reader in readers if (reader.user.pk, reader.day) not in done]
    if not readers:
        return 0
    latest = dict(earlier.order_by().values_list("user").annotate(Max("created_at")))
    since = {each.user.pk: latest.get(each.user.pk, now - FIRST_NEWS) for each in readers}
    found = lines.of_morning(readers, now, house)
    other = lines.other_news(readers, since)
    told = _by_reader(found)
    rows = [
        _digest(
            reader, Kind.MORNING, reader.day.isoformat(), now, news_since=since[reader.user.pk],
            has_lines=bool(told.get(reader.user.pk)), has_news=reader.user.pk in other,
        )
        for reader in readers
    ]  # fmt: skip
    return _write(rows, told)


def _asks_for_high_value(house: House) -> bool:
    """Whether anybody at all is told at once of anything."""
    if house.workspace.high_value_amount is not None:
        return True
    return DigestSettings.objects.filter(high_value_amount__isnull=False).exists()


def _concerned(readers: Sequence[Reader], house: House, now: datetime) -> list[Reader]:
    """Keep the readers for whom there is something to be told at once, before any row is locked."""
    if not readers:
        return []
    concerned = {line.reader for line in lines.of_high_value(readers, now, house)}
    return [reader for reader in readers if reader.user.pk in concerned]


def _at_once(users: list[User], house: House, covers: Covers, now: datetime) -> int:
    """Make what is told of at once, in the caller's transaction; one message for each person."""
    readers = to_be_told_at_once(users, house, covers, now)
    told = _by_reader(lines.of_high_value(readers, now, house)) if readers else {}
    rows = [
        _digest(
            reader, Kind.AT_ONCE, f"silence {told[reader.user.pk][0].silence}", now, has_lines=True
        )
        for reader in readers
        if reader.user.pk in told
    ]
    # what cannot be told in any way is not claimed: the key would be taken the next minute
    return _write([row for row in rows if row.state != State.EMPTY], told)


def _digest(
    reader: Reader,
    kind: Digest.Kind,
    key: str,
    now: datetime,
    *,
    has_lines: bool,
    has_news: bool = False,
    news_since: datetime | None = None,
) -> Digest:
    """Return the row of a digest in the ways that its reader wants.

    Other news stand in the app by themselves: only a mail repeats them.
    """
    said = reader.settings
    is_morning = kind == Kind.MORNING
    by_mail = said.morning_by_mail if is_morning else said.at_once_by_mail
    in_app = (said.morning_in_app if is_morning else said.at_once_in_app) and has_lines
    if by_mail and is_mail_set_up() and (has_lines or has_news):
        state = State.QUEUED
    else:
        state = State.IN_APP if in_app else State.EMPTY
    return Digest(
        user=reader.user, kind=kind, key=key, day=reader.day, news_since=news_since, in_app=in_app,
        state=state, created_at=now, send_at=now,
    )  # fmt: skip


def _by_reader(found: Sequence[Line]) -> dict[int, list[Line]]:
    grouped: dict[int, list[Line]] = defaultdict(list)
    for line in found:
        grouped[line.reader].append(line)
    return dict(grouped)


def _write(digests: Sequence[Digest], told: Mapping[int, Sequence[Line]]) -> int:
    """Write digests with what each tells; return how many tell something.

    What nobody could be told (no mail leaves from here, and none wanted in the app) stays untold.
    """
    Digest.objects.bulk_create(digests)
    speaking = [each for each in digests if each.state != State.EMPTY]
    Telling.objects.bulk_create(
        Telling(
            user_id=digest.user_id, digest=digest, silence_id=line.silence, kind=line.kind,
            at=line.at,
        )
        for digest in speaking
        for line in told.get(digest.user_id, ())
    )  # fmt: skip
    return len(speaking)
