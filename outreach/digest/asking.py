"""Digests that somebody asks to see: previews, samples, what was sent, what stands on Today."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.urls import reverse

from accounts.invitations import is_mail_set_up
from accounts.models import User, Workspace
from outreach.digest import composing, weekly
from outreach.digest.composing import Message
from outreach.digest.content import Content, Contents, Section
from outreach.digest.people import House
from outreach.digest.wording import say_days
from outreach.models import Digest, Telling

Kind, State = Digest.Kind, Digest.State
A_DAY = timedelta(hours=24)
SHOWN_FOR = timedelta(days=3)  # on Today: a digest over a weekend
MOST = 3  # digests that Today shows at once


@dataclass(frozen=True, slots=True)
class Shown:
    """A digest on Today: what of it stands nowhere else among the news there.

    `path` leads to a report, whose figures stand there alone.
    """

    digest: Digest
    says: str
    sections: Sequence[Section] = ()
    path: str = ""


def ask(user: User, kind: Digest.Kind, now: datetime, *, key: str) -> Digest:
    """Return a digest that somebody wants to see now, unsaved; it counts as no telling."""
    day = now.astimezone(House.at(now).rhythm(user).zone).date()
    return Digest(
        user=user, kind=kind, key=f"asked {key}", day=day, is_asked_for=True, state=State.QUEUED,
        news_since=now - A_DAY if kind == Kind.MORNING else None, created_at=now, send_at=now,
    )  # fmt: skip


def preview(digest: Digest, now: datetime) -> Message | None:
    """Return the words of a digest that was asked for; None where it has nothing to tell."""
    contents = Contents([digest], now)
    content = contents.of(digest)
    return None if content.is_empty else composing.message(digest, content, contents)


def can_be_mailed() -> bool:
    """Whether a sample leaves this machine; in a demo it is printed, which will do."""
    return is_mail_set_up() or Workspace.current().is_demo


def latest(user: User) -> QuerySet[Digest]:
    """Return the mails to somebody and on their behalf, the latest first."""
    mails = Digest.objects.filter(user=user).exclude(state__in=[State.EMPTY, State.IN_APP])
    return mails.select_related("recipient__person")


def on_today(user: User, now: datetime) -> list[Shown]:
    """Return the digests that a reader has not put away, with what of them still holds.

    Overdue moves have notices of their own there, and are left out.
    """
    unread = Digest.objects.filter(user=user, in_app=True, read_at=None)
    fresh = unread.filter(created_at__gt=now - SHOWN_FOR)
    rows = list(fresh.select_related("user__digest_settings")[:MOST])
    if not rows:
        return []
    contents = Contents(rows, now)
    shown = []
    for digest in rows:
        if digest.kind == Kind.WEEKLY:
            shown += [_report(digest, contents)] if digest.user.is_manager else []
            continue
        sections = [each for each in contents.of(digest).sections if each.kind != Telling.Kind.OURS]
        if sections:
            shown.append(Shown(digest, Content(sections).says, sections))
    return shown


def _report(digest: Digest, contents: Contents) -> Shown:
    """Return a weekly report on Today, without asking for any figure."""
    scope = weekly.scope_of(digest.day, contents.zone(digest.user), digest.created_at)
    days = say_days(scope.period.first, scope.period.last)
    return Shown(digest, days, path=f"{reverse('outreach:report')}?{scope.query()}")


def put_away(digest: Digest, now: datetime) -> None:
    """Show a digest on Today no more."""
    Digest.objects.filter(pk=digest.pk, read_at=None).update(read_at=now)
