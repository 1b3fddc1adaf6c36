"""What to say: the words of a suggestion, from a template and what is known of the deal.

Words are rendered when someone reads them. Source: SILENCE.md, "What to do (plays)".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from contacts.models import Contact, Fact
from deals.models import Deal
from outreach.defaults import ENGLISH, shipped
from outreach.fields import fields_in
from outreach.filling import fill, parts, used
from outreach.models import Suggestion, Template
from outreach.values import Known

FACT = "fact"


class Words(Protocol):
    """What a draft is made from: a template's words."""

    @property
    def subject(self) -> str: ...
    @property
    def body(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Draft:
    """What to say, in plain text; talking points and a voicemail for a call.

    Empty where there is no channel. `others` counts the other drafts that can be had.
    """

    subject: str = ""
    body: str = ""
    voicemail: str = ""
    language: str = ""
    others: int = 0


def render(suggestion: Suggestion, *, now: datetime | None = None) -> Draft:
    """Return the draft of a suggestion: the variant that was asked for, of what fits its reason.

    In the contact's language, else in English. Without `now` it offers no times.
    """
    if not suggestion.channel:
        return Draft()
    found = candidates(suggestion)
    words = _chosen(suggestion, found)
    draft = of(words, suggestion.deal, suggestion.contact, now=now)
    return replace(draft, others=len(found) - 1)


def of(words: Template, deal: Deal, contact: Contact, *, now: datetime | None = None) -> Draft:
    """Return the draft that a template gives for a deal and a contact."""
    known = Known(deal, contact, language=words.language, now=now)
    draft = filled(words, known.values({"title", *fields_in(words.subject, words.body)}))
    return replace(draft, language=words.language)


def filled(words: Words, values: Mapping[str, str]) -> Draft:
    """Return words with their fields filled; a subject that lacks one is the deal's title."""
    subject = fill(words.subject, values)
    if words.subject and not subject:
        subject = values.get("title", "")
    body, voicemail = (fill(text, values) for text in parts(words.body))
    return Draft(subject, body, voicemail)


def candidates(suggestion: Suggestion) -> list[Template]:
    """Return the templates that "another draft" goes round: for its reason first, then for any.

    In the contact's language, else in English, else as they were shipped.
    """
    reasons = [suggestion.reason, ""]
    rows = Template.objects.filter(
        play=suggestion.play, channel=suggestion.channel, reason__in=reasons
    )
    spoken = suggestion.contact.language.lower()
    languages = list(dict.fromkeys([spoken, spoken.partition("-")[0], ENGLISH]))
    found: dict[str, list[Template]] = {language: [] for language in languages}
    for row in rows.filter(language__in=languages):
        found[row.language].append(row)
    best = next((known for known in found.values() if known), None) or _as_shipped(suggestion)
    return sorted(best, key=lambda row: (not row.reason, row.variant))


def fact_of(suggestion: Suggestion, text: str = "") -> Fact | None:
    """Return the personal fact that the draft of a suggestion names; None where it names none.

    `text` is what was sent, where that is known: a fact that was taken out of it was not used.
    """
    if not suggestion.channel:
        return None
    words = _chosen(suggestion, candidates(suggestion))
    known = Known(suggestion.deal, suggestion.contact, language=words.language)
    said = fields_in(words.subject, words.body)
    if FACT not in said or known.fact is None:
        return None
    values = known.values(said)
    is_named = FACT in used(f"{words.subject}\n{words.body}", values)
    is_kept = not text or values[FACT].casefold() in " ".join(text.split()).casefold()
    return known.fact if is_named and is_kept else None


def _chosen(suggestion: Suggestion, found: Sequence[Template]) -> Template:
    return found[suggestion.variant % len(found)]


def _as_shipped(suggestion: Suggestion) -> list[Template]:
    """Return the shipped words in English as rows that are not saved."""
    wanted = (suggestion.play, suggestion.channel, ENGLISH)
    return [
        Template(**key._asdict(), **words._asdict())
        for key, words in shipped().items()
        if key[:3] == wanted and key.reason in {suggestion.reason, ""}
    ]
