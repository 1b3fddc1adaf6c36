"""The phrases of the tone check: everyone may read them, admins change them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.access import admins_only, reader
from deals.views.answers import UNPROCESSABLE
from outreach import house_tone
from outreach.forms.phrasings import LANGUAGES, OwnPhraseForm, SwitchForm
from outreach.models import Phrasing
from outreach.phrasebook import example, phrasebooks
from outreach.phrases import Phrase

KINDS = {
    "checking_in": "Checking in",
    "reminding": "Reminding",
    "unanswered": "Unanswered",
    "counting": "Counting",
    "urgency": "Urgency",
    "reproach": "Reproach",
    "fine": "Never blamed",
}


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """List the phrases of one kind in one language, with the workspace's own."""
    language, kind = _asked(request)
    return _page(request, language, kind, OwnPhraseForm(initial={"language": language}))


@require_POST
@admins_only
def add(request: HttpRequest) -> HttpResponse:
    """Add a phrase of the workspace's own."""
    form = OwnPhraseForm(request.POST)
    if not form.is_valid():
        language = form.cleaned_data.get("language", "en")
        return _page(request, language, "checking_in", form)
    row = form.add(user=reader(request), now=timezone.now())
    messages.success(request, f"“{row}” is looked for from now on.")
    return _to(row.language)


@require_POST
@admins_only
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a phrase of the workspace's own away."""
    row = get_object_or_404(Phrasing, pk=pk, is_off=False)
    row.delete()
    messages.success(request, f"“{row}” is no longer looked for.")
    return _to(row.language)


@require_POST
@admins_only
def switch(request: HttpRequest) -> HttpResponse:
    """Switch a shipped phrase off, or on again."""
    form = SwitchForm(request.POST)
    if not form.is_valid():
        raise BadRequest("No shipped phrase reads so. Open the list again.")
    language, notation = form.cleaned_data["language"], form.cleaned_data["notation"]
    if form.cleaned_data["is_on"]:
        house_tone.switch_on(language, notation)
    else:
        house_tone.switch_off(language, notation, user=reader(request), now=timezone.now())
    said = "looked for again" if form.cleaned_data["is_on"] else "no longer looked for"
    messages.success(request, f"“{_said(language, notation)}” is {said}.")
    return _to(language, request.POST.get("kind", ""))


@require_POST
@admins_only
def restore(request: HttpRequest) -> HttpResponse:
    """Have all shipped phrases of a language looked for again."""
    language = request.POST.get("language", "")
    house_tone.restore(language)
    messages.success(request, "All shipped phrases are looked for again.")
    return _to(language)


def _asked(request: HttpRequest) -> tuple[str, str]:
    language, kind = request.GET.get("language", ""), request.GET.get("kind", "")
    return language if language in LANGUAGES else "en", kind if kind in KINDS else "checking_in"


def _to(language: str, kind: str = "") -> HttpResponse:
    query = urlencode({"language": language, "kind": kind} if kind else {"language": language})
    return redirect(f"{reverse('outreach:phrasings')}?{query}")


def _said(language: str, notation: str) -> str:
    phrases = phrasebooks()[language].blame.phrases
    return next(example(phrase.parts) for phrase in phrases if phrase.notation == notation)


def _page(request: HttpRequest, language: str, kind: str, form: OwnPhraseForm) -> HttpResponse:
    rows = list(Phrasing.objects.filter(language=language))
    off = {row.notation for row in rows if row.is_off}
    shipped = [one for one in phrasebooks()[language].blame.phrases if one.kind == kind]
    told = {
        "form": form,
        "may_edit": reader(request).is_admin,
        "language": language,
        "languages": LANGUAGES,
        "kind": kind,
        "kinds": list(_kinds(language)),
        "group": shipped[0],
        "phrases": [_row(phrase, off) for phrase in shipped],
        "own": [row for row in rows if not row.is_off],
        "off_count": len(off),
    }
    status = UNPROCESSABLE if form.errors else 200
    return render(request, "outreach/phrasings.html", told, status=status)


def _kinds(language: str) -> Iterator[tuple[str, str, int]]:
    """Yield each kind with its label and how many phrases it has."""
    kinds = [phrase.kind for phrase in phrasebooks()[language].blame.phrases]
    for kind, label in KINDS.items():
        yield kind, label, kinds.count(kind)


def _row(phrase: Phrase, off: set[str]) -> dict[str, Any]:
    is_on = phrase.notation not in off
    return {"says": example(phrase.parts), "notation": phrase.notation, "is_on": is_on}
