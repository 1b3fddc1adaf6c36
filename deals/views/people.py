"""Who takes part in a deal."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from deals import people
from deals.forms.deals import ParticipantForm
from deals.models import Deal, Participation
from deals.views.answers import Request, form_page, go


@require_http_methods(["GET", "POST"])
def join(request: Request, pk: int) -> HttpResponse:
    deal = get_object_or_404(Deal.objects.visible_to(request.user), pk=pk)
    form = ParticipantForm(request.POST or None, reader=request.user)
    if form.is_valid():
        part = people.join(deal, form.cleaned_data["contact"], now=timezone.now())
        messages.success(request, f"{part.contact} takes part now.")
        return go(request, reverse("deals:deal", args=[pk]))
    return form_page(
        request, title="Who else takes part?", form=form, submit="Add them",
        cancel_url=reverse("deals:deal", args=[pk]),
    )  # fmt: skip


@require_POST
def leave(request: Request, pk: int, part_id: int) -> HttpResponse:
    part = _part(request, pk, part_id)
    try:
        people.leave(part, now=timezone.now())
    except ValidationError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"{part.contact} takes no part any more.")
    return go(request, reverse("deals:deal", args=[pk]))


@require_POST
def lead(request: Request, pk: int, part_id: int) -> HttpResponse:
    part = _part(request, pk, part_id)
    people.make_primary(part.deal, part.contact, now=timezone.now())
    messages.success(request, f"{part.contact} is the primary contact now.")
    return go(request, reverse("deals:deal", args=[pk]))


def _part(request: Request, pk: int, part_id: int) -> Participation:
    parts = Participation.objects.filter(deal__in=Deal.objects.visible_to(request.user))
    current = parts.filter(left_at=None).select_related("deal", "contact__company")
    return get_object_or_404(current, pk=part_id, deal=pk)
