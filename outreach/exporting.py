"""What a reader has before them, as tables to take away: Today, suggestions, templates, mail."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any

from accounts.models import User
from deals.exporting import CHUNK, Table
from deals.spreadsheets import Value
from deals.wording import say_standing
from outreach.mail.filing import undecided
from outreach.models import Mail, Suggestion, SuggestionQuerySet, Template
from outreach.today import LONGEST, ORDER, Row, Scope, Today


def today(scope: Scope, now: datetime, zone: tzinfo) -> Table:
    """Return the queue of Today, group by group, in its order, each as long as its page can be."""
    headings = (
        "Group", "Deal", "Contact", "Company", "Owner", "Stage", "Amount", "Currency", "Silence",
        "Next step",
    )  # fmt: skip

    def rows() -> Iterator[Sequence[Value]]:
        for group in Today.at(now, scope).groups(dict.fromkeys(ORDER, LONGEST)):
            for row in group.rows:
                flat = row.flat
                is_open = isinstance(row, Row)
                yield [
                    group.title, flat.deal__title, row.person, row.company, flat.deal__owner__name,
                    flat.stage__name if is_open else "", flat.deal__amount, flat.deal__currency,
                    say_standing(row.standing, now, zone) if isinstance(row, Row) else "",
                    row.play if isinstance(row, Row) else "",
                ]  # fmt: skip

    return Table("today", headings, rows)


def suggestions(found: SuggestionQuerySet) -> Table:
    """Return suggestions with why each was made; no words of a draft, which are made when read."""
    headings = (
        "Deal", "Contact", "Owner", "Stage", "Play", "Channel", "Why", "Why they are silent",
        "Queued at", "Snoozed until",
    )  # fmt: skip
    related = found.select_related("deal", "contact", "owner", "stage").order_by("-rank", "pk")

    def rows() -> Iterator[Sequence[Value]]:
        for each in related.iterator(chunk_size=CHUNK):
            yield [
                each.deal.title, each.contact.name, each.owner.name, each.stage.name,
                each.get_play_display(), each.get_channel_display(), _why(each),
                each.get_reason_display(), _at(each.created_at), _at(each.snoozed_until),
            ]  # fmt: skip

    return Table("suggestions", headings, rows)


def _why(suggestion: Suggestion) -> str:
    """Say the evidence; each piece is a sentence, or a pair that begins with one."""
    told: Any = suggestion.evidence or []
    pieces = [told] if isinstance(told, str) else told
    return " ".join(str(piece if isinstance(piece, str) else piece[0]) for piece in pieces)


def templates() -> Table:
    """Return the words that drafts begin with."""
    headings = ("Play", "Channel", "Reason", "Language", "Draft", "Subject", "Body")

    def rows() -> Iterator[Sequence[Value]]:
        for each in Template.objects.all():
            yield [
                each.get_play_display(), each.get_channel_display(), each.get_reason_display(),
                each.language, each.variant + 1, each.subject, each.body,
            ]  # fmt: skip

    return Table("templates", headings, rows)


def mails(reader: User, state: str) -> Table:
    """Return the mail that waits for a reader's word: who wrote when about what, without its text."""
    headings = ("From", "Name", "Subject", "At", "Written by", "Why it waits")
    found: Any = undecided.waiting(reader).filter(state=state).order_by("-occurred_at", "-pk")

    def rows() -> Iterator[Sequence[Value]]:
        each: Mail
        for each in found.defer("text", "html").iterator(chunk_size=CHUNK):
            yield [
                each.sender, each.sender_name, each.subject, _at(each.occurred_at),
                each.get_verdict_display(), each.state_why,
            ]  # fmt: skip

    return Table(f"{state}-mail", headings, rows)


def _at(at: datetime | None) -> str:
    return at.astimezone(UTC).isoformat() if at else ""
