"""What a template gives: with the values of a real deal or with samples, and how it sounds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max, Q

from accounts.models import User
from accounts.numbers import row_number
from deals.models import By, Deal
from outreach import drafts, house_tone
from outreach.drafts import Draft
from outreach.fields import sample
from outreach.models import Play, Template
from outreach.tone import Finding

WORDS_A_MINUTE = 150  # how fast people speak who want to be understood
OFFERED = 20  # deals to choose from: the latest that went dark
SAMPLE = "sample"  # what a reader asks for who wants no deal


@dataclass(frozen=True, slots=True)
class Preview:
    """A draft, how many seconds its voicemail takes, and what the tone check says of all of it."""

    draft: Draft
    seconds: int
    findings: list[Finding]
    deal: Deal | None


def preview(template: Template, deal: Deal | None, now: datetime) -> Preview:
    """Return what a template says about a deal, or about the samples where there is none."""
    if deal is not None:
        draft = drafts.of(template, deal, deal.contact, now=now)
    else:
        draft = drafts.filled(template, sample(template.language))
    return Preview(draft, seconds(draft.voicemail), _findings(template, draft), deal)


def seconds(spoken: str) -> int:
    """Return how long it takes to say a text."""
    return round(len(spoken.split()) * 60 / WORDS_A_MINUTE)


def dark_deals(reader: User) -> list[Deal]:
    """Return the reader's deals that went dark last, the latest first."""
    silent = Q(silences__ended_at=None, silences__by=By.THEM, silences__dark_at__isnull=False)
    dark = Deal.objects.visible_to(reader).open().filter(silent)
    known = dark.annotate(since=Max("silences__dark_at")).select_related("contact__company")
    return list(known.select_related("company", "owner").order_by("-since", "-pk")[:OFFERED])


def chosen(asked: str, offered: list[Deal], reader: User) -> Deal | None:
    """Return the deal that a reader asked for, by its id, or the first offered; None for samples.

    One that they may not see is none.
    """
    number = row_number(asked)
    if number is None:
        return None if asked else next(iter(offered), None)
    visible = Deal.objects.visible_to(reader).select_related("contact__company", "company", "owner")
    known = {deal.pk: deal for deal in offered}
    return known.get(number) or visible.filter(pk=number).first()


def _findings(template: Template, draft: Draft) -> list[Finding]:
    """Return what to mend in subject, words and voicemail; only the words need a question."""
    told = {"language": template.language}
    expects_answer = template.play != Play.LET_GO
    channel = template.channel
    words = house_tone.findings(draft.body, channel=channel, expects_answer=expects_answer, **told)
    around = house_tone.findings(
        f"{draft.subject}\n\n{draft.voicemail}", channel=channel, expects_answer=False, **told
    )
    return [*words, *(finding for finding in around if finding.is_blame)]
