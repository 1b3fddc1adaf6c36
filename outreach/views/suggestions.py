"""What a rep does with a suggestion besides following it: later, no, or another way."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from deals.views.answers import Request
from outreach import suggest, sweeping
from outreach.forms import AnotherWayForm, MissingAddressForm, SnoozeForm
from outreach.models import Suggestion
from outreach.undo import Kind, Undo
from outreach.views.answers import done, form_page, page_of, refused


@require_http_methods(["GET", "POST"])
def snooze(request: Request, pk: int) -> HttpResponse:
    """Put a suggestion off."""
    suggestion = visible_suggestion(request, pk)
    deal = suggestion.deal
    posted = request.POST if request.method == "POST" else None
    form = SnoozeForm(posted, now=timezone.now(), initial={"next": page_of(request, deal)})
    if not form.is_valid():
        lead = "The deal stays dark; only its suggestion comes back later."
        return form_page(
            request, deal, title=f"Snooze “{deal}”", form=form, submit="Snooze", lead=lead
        )
    try:
        suggest.snooze(suggestion, until=form.morning, user=request.user, now=form.now)
    except ValidationError as error:
        return refused(request, deal, str(error.message))
    text = f"“{deal}” comes back on {form.chosen_day:%A %d %B}."
    return done(request, deal, text, Undo(Kind.SUGGESTION, pk, page_of(request, deal)))


@require_POST
def dismiss(request: Request, pk: int) -> HttpResponse:
    """Say no to a suggestion: its step does not come back."""
    suggestion = visible_suggestion(request, pk)
    deal = suggestion.deal
    try:
        suggest.dismiss(suggestion, user=request.user, now=timezone.now())
    except ValidationError as error:
        return refused(request, deal, str(error.message))
    text = f"Dismissed: {suggestion.get_play_display()} on “{deal}”."
    return done(request, deal, text, Undo(Kind.SUGGESTION, pk, page_of(request, deal)))


@require_http_methods(["GET", "POST"])
def another(request: Request, pk: int) -> HttpResponse:
    """Choose another play, person or channel for the same step."""
    suggestion = visible_suggestion(request, pk)
    deal = suggestion.deal
    now = timezone.now()
    posted = request.POST if request.method == "POST" else None
    form = AnotherWayForm(
        posted, now=now, ways=suggest.ways(suggestion, now),
        initial={"next": page_of(request, deal), "play": suggestion.play},
    )  # fmt: skip
    title = f"Another way for “{deal}”"
    if not form.is_valid():
        return form_page(request, deal, title=title, form=form, submit="Take this way")
    contact, channel = form.way
    try:
        suggest.replace(
            suggestion, play=form.cleaned_data["play"], contact=contact or deal.contact,
            channel=channel, user=request.user, now=now,
        )  # fmt: skip
    except ValidationError as error:
        form.add_error(None, error)
        return form_page(request, deal, title=title, form=form, submit="Take this way")
    return done(request, deal, "Taken: here is another draft.")


@require_http_methods(["GET", "POST"])
def address(request: Request, pk: int) -> HttpResponse:
    """Add the address for want of which nothing better could be suggested, and choose anew."""
    suggestion = visible_suggestion(request, pk)
    deal, contact = suggestion.deal, suggestion.contact
    posted = request.POST if request.method == "POST" else None
    form = MissingAddressForm(posted, contact=contact, initial={"next": page_of(request, deal)})
    if not form.is_valid():
        title = f"How can {contact} be reached?"
        return form_page(request, deal, title=title, form=form, submit="Add the address")
    sweeping.reach(form.save(commit=False), deal.pk, timezone.now())
    return done(request, deal, f"Added: {contact} can be reached by {form.instance}.")


def visible_suggestion(request: Request, pk: int) -> Suggestion:
    """Return a suggestion on a deal that the reader may see, or answer 404."""
    rows = Suggestion.objects.visible_to(request.user).select_related(
        "deal__contact", "contact", "silence"
    )
    return get_object_or_404(rows, pk=pk)
