"""Names of people, teams and the workspace: one line that reads the same wherever it stands."""

from __future__ import annotations

import unicodedata

from django import forms
from django.core.exceptions import ValidationError

BREAKING = {"Cc", "Zl", "Zp"}  # controls, and what separates lines and paragraphs
# They turn around what follows them, also outside of the name. Source: Unicode, UAX #9, 2.
TURNING = {*"\u202a\u202b\u202c\u202d\u202e", *"\u2066\u2067\u2068\u2069"}


def validate_name(name: str) -> None:
    """Refuse what nobody types and what would break a line or a mail's header."""
    if any(unicodedata.category(each) in BREAKING or each in TURNING for each in name):
        raise ValidationError(
            "This has a line break or an invisible control character in it. Delete it and type it "
            "again instead of pasting it.",
            code="name",
        )


class NameField(forms.CharField):
    """A name on one line."""

    default_validators = [validate_name]
