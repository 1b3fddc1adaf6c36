"""The merge fields of templates: a closed list, how they stand in a text, and what samples say."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError

FIELDS = {
    "first_name": "The first name of whom you write to",
    "name": "Their whole name, for a formal greeting",
    "wanted": "What they want, and why",
    "next_step": "The last step that was agreed",
    "fact": "The latest personal fact that was not used yet",
    "fact_date": "When that fact was learned: “in July”",
    "slots": "The owner’s next free times, on the contact’s clock",
    "link": "The deal’s link: the proposal, a demo",
    "booking": "Where a time can be booked with the owner",
    "title": "The deal’s title",
    "company": "The company’s name",
    "owner_first_name": "The first name of the deal’s owner",
    "owner_name": "The whole name of the deal’s owner",
}
SURE = ("name", "title", "owner_first_name", "owner_name")  # every deal has them
VOICEMAIL = "Voicemail:"  # a line of its own in a call's words: what comes after it is spoken
FIELD = re.compile(r"\{([^{}]*)\}")

SAMPLES = {
    "en": {
        "first_name": "Mara",
        "name": "Mara Lind",
        "wanted": "the fuel readings of all vessels in one place before the charter season",
        "next_step": "the first ten vessels live by 15 December",
        "fact": "the sailing race round Gotland",
        "fact_date": "in July",
        "slots": "Tuesday 24 November at 10:00, Wednesday 25 November at 10:00 or "
        "Wednesday 25 November at 14:00",
        "link": "https://example.com/proposal",
        "booking": "https://example.com/ines",
        "title": "Fleet telematics",
        "company": "Nordhavn Marine",
        "owner_first_name": "Ines",
        "owner_name": "Ines Alvarado",
    },
    "de": {
        "first_name": "Henrike",
        "name": "Henrike Moorkamp",
        "wanted": "die Verbrauchswerte aller Schiffe an einem Ort, noch vor der Chartersaison",
        "next_step": "die ersten zehn Schiffe bis zum 15. Dezember anschließen",
        "fact": "die Regatta rund um Rügen",
        "fact_date": "im Juli",
        "slots": "Dienstag (24.11.) um 10:00 Uhr, Mittwoch (25.11.) um 10:00 Uhr oder "
        "Mittwoch (25.11.) um 14:00 Uhr",
        "link": "https://example.com/angebot",
        "booking": "https://example.com/ines",
        "title": "Flottentelematik",
        "company": "Moorhafen Charter",
        "owner_first_name": "Ines",
        "owner_name": "Ines Alvarado",
    },
}


def sample(language: str) -> dict[str, str]:
    """Return a value for each field, in a language where there is a sample, else in English."""
    return SAMPLES.get(language.partition("-")[0], SAMPLES["en"])


def fields_in(*texts: str) -> set[str]:
    """Return the names of the fields that texts mention."""
    return {name for text in texts for name in FIELD.findall(text)}


def known_fields() -> str:
    """Say which fields there are."""
    names = [f"{{{name}}}" for name in FIELDS]
    return f"{', '.join(names[:-1])} or {names[-1]}"


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
