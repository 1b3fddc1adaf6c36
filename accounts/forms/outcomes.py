"""What becomes of a form: it goes through, or comes back with its reasons."""

from __future__ import annotations

from collections.abc import Callable

from django import forms
from django.core.exceptions import ValidationError


def has_gone_through(form: forms.BaseForm, act: Callable[[], object]) -> bool:
    """Act on a valid form; return False, with the reason on the form, where it is not to be."""
    if not form.is_valid():
        return False
    try:
        act()
    except ValidationError as refusal:
        form.add_error(None, refusal)
    return form.is_valid()


def status_of(*shown: forms.BaseForm) -> int:
    """Return the status of a page with these forms: 422 where one was refused."""
    return 422 if any(form.errors for form in shown) else 200
