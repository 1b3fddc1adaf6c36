"""What to say: the words of a suggestion, from a template and what is known of the deal.

Words are rendered when someone reads them. A sentence whose field is not known is left out, so
that a draft never has a hole or a placeholder. Source: SILENCE.md, "What to do (plays)".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from django.core.exceptions import ValidationError

from contacts.models import Fact
from outreach.defaults import ENGLISH, Shipped, shipped
from outreach.models import Suggestion, Template

FIELDS = {
    "first_name": "The first name of whom you write to",
    "wanted": "What they want, and why",
    "next_step": "The next step that was agreed",
    "fact": "The latest personal fact that was not used yet",
    "title": "The deal’s title",
    "owner_first_name": "The first name of the deal’s owner",
    "company": "The company’s name",
}
SAMPLE = {
    "first_name": "Mara",
    "wanted": "the fuel readings of all vessels in one place before the charter season",
    "next_step": "the first ten vessels live by 15 December",
    "fact": "the sailing race round Gotland in July",
    "title": "Fleet telematics",
    "owner_first_name": "Ines",
    "company": "Nordhavn Marine",
}
FIELD = re.compile(r"\{([^{}]*)\}")
SENTENCE_END = re.compile(r"(?<=[.!?…])[ \t]+")
Words = Shipped | Template


@dataclass(frozen=True, slots=True)
class Draft:
    """What to say, in plain text; talking points for a call. Empty where there is no channel."""

    subject: str = ""
    body: str = ""


def render(suggestion: Suggestion) -> Draft:
    """Return the draft of a suggestion in the contact's language, else in English."""
    if not suggestion.channel:
        return Draft()
    return filled(_words(suggestion), values_of(suggestion))


def filled(words: Words, values: Mapping[str, str]) -> Draft:
    """Return words with their fields filled; a subject that lacks one is the deal's title."""
    subject = fill(words.subject, values)
    if words.subject and not subject:
        subject = values.get("title", "")
    return Draft(subject, fill(words.body, values))


def fill(text: str, values: Mapping[str, str]) -> str:
    """Fill in the fields of a text; each sentence that lacks one is left out."""
    lines = []
    for line in text.splitlines():
        kept = _line(line, values)
        if kept or not line.strip():
            lines.append(kept)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def check(text: str) -> None:
    """Raise ValidationError, naming the fields there are, for a text that has any other."""
    unknown = [name for name in FIELD.findall(text) if name not in FIELDS]
    if unknown:
        raise ValidationError(
            f"There is no field {{{unknown[0]}}}. Use {known_fields()}.", code="field"
        )
    if set(FIELD.sub("", text)) & {"{", "}"}:
        raise ValidationError(
            f"A brace stands alone. A field has one on each side: {known_fields()}.", code="brace"
        )


def known_fields() -> str:
    """Say which fields there are."""
    names = [f"{{{name}}}" for name in FIELDS]
    return f"{', '.join(names[:-1])} or {names[-1]}"


def values_of(suggestion: Suggestion) -> dict[str, str]:
    """Return what is known for each field; "" where nothing is."""
    deal, contact = suggestion.deal, suggestion.contact
    company = contact.company or deal.company
    fact = Fact.objects.filter(contact=contact, last_used_at=None).first()
    known = {
        "first_name": contact.first_name,
        "wanted": deal.wanted,
        "next_step": deal.next_step,
        "fact": fact.text if fact else "",
        "title": deal.title,
        "owner_first_name": deal.owner.get_short_name(),
        "company": company.name if company else "",
    }
    return {name: _inline(value) for name, value in known.items()}


def _words(suggestion: Suggestion) -> Words:
    """Return the template in the contact's language, else in English, else as it was shipped."""
    spoken = suggestion.contact.language.lower()
    wanted = [spoken, spoken.partition("-")[0], ENGLISH]
    rows = Template.objects.filter(play=suggestion.play, channel=suggestion.channel)
    known = {row.language: row for row in rows.filter(language__in=wanted)}
    found = next((known[language] for language in wanted if language in known), None)
    return found or shipped()[suggestion.play, suggestion.channel, ENGLISH]


def _line(line: str, values: Mapping[str, str]) -> str:
    sentences = SENTENCE_END.split(line)
    kept = [
        sentence
        for sentence in sentences
        if all(values.get(name) for name in FIELD.findall(sentence))
    ]
    return " ".join(FIELD.sub(lambda field: values[field[1]], sentence) for sentence in kept)


def _inline(value: str) -> str:
    """Return a value as a part of a sentence: on one line, without a full stop of its own."""
    return " ".join(value.split()).rstrip(".")
