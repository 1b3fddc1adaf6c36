"""A digest as it leaves: plain text, and HTML that reads the same without images.

No tracking: a link says which deal, and not who follows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import format_datetime
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.mail.message import sanitize_address
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from deals.figures import Figure
from outreach.digest import stopping
from outreach.digest.content import Content, Contents
from outreach.digest.weekly import Row, Week
from outreach.digest.wording import (
    REASONS,
    one_line,
    say_block,
    say_days,
    say_row,
    say_whose,
)
from outreach.mail.sending.message import READABLE
from outreach.models import Digest
from outreach.wording import say_day

Kind = Digest.Kind
LONGEST_SUBJECT = 150
COLUMNS = ("dark now", "went dark", "relit", "let go")


@dataclass(frozen=True, slots=True)
class Message:
    """The words of a digest to one address; `name` may be unknown."""

    subject: str
    text: str
    html: str


def compose(digest: Digest, contents: Contents) -> EmailMultiAlternatives | None:
    """Return the mail of a digest as it stands now; None where nothing of it is news any more."""
    content = contents.of(digest)
    to = address_of(digest)
    if content.is_empty or not to:
        return None
    words = message(digest, content, contents)
    mail = EmailMultiAlternatives(
        subject=words.subject,
        body=words.text,
        to=[sanitize_address((one_line(name_of(digest)), to), "utf-8")],
        headers={
            "Date": format_datetime(contents.now),
            "Auto-Submitted": "auto-generated",  # RFC 3834, 5: no machine need answer
            **stopping.headers_of(digest),
        },
    )
    mail.encoding = READABLE
    mail.attach_alternative(words.html, "text/html")
    return mail


def message(digest: Digest, content: Content, contents: Contents) -> Message:
    """Return the words of a digest, in its reader's time zone."""
    told = _context(digest, content, contents)
    name = "weekly" if content.week else "news"
    with timezone.override(contents.zone(digest.user)):
        text = render_to_string(f"outreach/digest/{name}.txt", told)
        html = render_to_string(f"outreach/digest/{name}.html", told)
    return Message(told["subject"], text.strip() + "\n", html)


def address_of(digest: Digest) -> str:
    """Return where a digest is mailed; "" where the address is gone."""
    if digest.recipient is not None:
        return digest.recipient.address
    return digest.user.email or ""


def name_of(digest: Digest) -> str:
    """Return who is written to; an address outside has no name."""
    if digest.recipient is not None:
        return str(digest.recipient.person or "")
    return str(digest.user)


def _context(digest: Digest, content: Content, contents: Contents) -> dict[str, Any]:
    site = settings.BASE_URL
    there = contents.now.astimezone(contents.zone(digest.user))
    is_outside = digest.recipient is not None and digest.recipient.person is None
    greeted = digest.recipient.person if digest.recipient else digest.user
    return {
        "digest": digest,
        "content": content,
        "week": content.week,
        "workspace": contents.house.workspace,
        "subject": _subject(digest, content),
        "day": say_day(there),
        "name": greeted.get_short_name() if isinstance(greeted, User) else "",
        "manager": digest.user,
        "is_outside": is_outside,
        "today_url": f"{site}{reverse('outreach:today')}",
        "site": site,
        "report_url": _report_url(content) if content.week and not is_outside else "",
        "settings_url": "" if digest.recipient else f"{site}{reverse('outreach:digests')}",
        "stop_url": stopping.address_of(digest),
        "reason": REASONS[Kind(digest.kind)],
        **(_of_week(content.week, digest, is_outside=is_outside) if content.week else {}),
    }


def _of_week(week: Week, digest: Digest, *, is_outside: bool) -> dict[str, Any]:
    """Return a report's plots and tables, also as letters, and its figures two by two."""
    figures = list(week.figures)
    alone = "your own deals" if digest.recipient is None else f"the deals of {digest.user}"
    named = [("By stage", week.stages), *([] if is_outside else [("By rep", week.reps)])]
    speaking = [(name, [row for row in rows if row.has_any]) for name, rows in named]
    return {
        "went_dark": week.counts[Figure.WENT_DARK],
        "relit": week.counts[Figure.RELIT],
        "days": say_days(week.period.first, week.period.last),
        "whose": say_whose(week.teams, alone, is_all=week.is_all),
        "tables": [(name, rows, _letters(name, rows)) for name, rows in speaking if rows],
        "blocks": [(bar, say_block(bar.share)) for bar in week.bars],
        "pairs": [figures[first : first + 2] for first in range(0, len(figures), 2)],
    }


def _letters(name: str, rows: Sequence[Row]) -> list[str]:
    """Return a table as lines of letters."""
    lines = (say_row(row.name, row.counts, COLUMNS) for row in rows)
    return [say_row(name.upper(), COLUMNS, COLUMNS), *lines]


def _report_url(content: Content) -> str:
    """Return the permanent address of a report: as of the instant at which it was made."""
    assert content.week is not None
    return f"{settings.BASE_URL}{reverse('outreach:report')}?{content.week.query}"


def _subject(digest: Digest, content: Content) -> str:
    if content.week is not None:
        week, first = content.week, content.week.period.first
        dark, relit = week.counts[Figure.WENT_DARK], week.counts[Figure.RELIT]
        so_far = "" if week.is_over else " so far"
        said = f"Week of {first.day} {first:%B}{so_far}: {dark:,} went dark, {relit:,} relit"
    elif digest.kind == Kind.AT_ONCE and len(content.sections[0].told) == 1:
        [told] = content.sections[0].told
        said = f"Went dark: {told.title}, {told.amount}"
    else:
        said = content.says
    return one_line(said)[:LONGEST_SUBJECT]
