"""Where a deal goes: into another stage, to another owner, open again, on to onboarding."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts.numbers import row_number
from deals import course, people
from deals.forms.deals import MoveForm, OwnerForm
from deals.models import Deal, OutcomeEntry, Stage, StageEntry, Turn
from deals.views.answers import Request, form_page, go, way_back


@require_http_methods(["GET", "POST"])
def move(request: Request, pk: int) -> HttpResponse:
    deal = get_object_or_404(_open(request).select_related("stage__pipeline"), pk=pk)
    url = way_back(request, reverse("deals:deal", args=[pk]))
    form = MoveForm(request.POST or None, deal=deal, initial=_asked(request))
    if form.is_valid():
        stage, turn = form.cleaned_data["stage"], Turn(form.cleaned_data["turn"])
        entry = course.enter_stage(deal, stage, turn=turn, now=timezone.now(), user=request.user)
        undo = reverse("deals:undo-move", args=[pk, entry.pk])
        messages.success(request, f"“{deal}” is in {stage} now.", extra_tags=undo)
        return go(request, url)
    return form_page(
        request, title=f"Move “{deal}”", form=form, submit="Move", cancel_url=url,
        action=reverse("deals:move", args=[pk]),
    )  # fmt: skip


def _open(request: Request) -> QuerySet[Deal]:
    return Deal.objects.visible_to(request.user).open()


def _asked(request: Request) -> dict[str, object]:
    """Return the stage that the address asks for, and where to go on afterwards."""
    named = row_number(request.GET.get("stage"))
    stage = Stage.objects.filter(pk=named).first() if named is not None else None
    asked: dict[str, object] = {"next": request.GET.get("next", "")}
    return asked | ({"stage": stage} if stage else {})


@require_POST
def undo_move(request: Request, pk: int, entry_id: int) -> HttpResponse:
    mine = StageEntry.objects.filter(deal__in=Deal.objects.visible_to(request.user))
    entry = get_object_or_404(mine.select_related("deal"), pk=entry_id, deal=pk)
    return _take_back(request, entry, pk)


def _take_back(request: Request, entry: StageEntry | OutcomeEntry, pk: int) -> HttpResponse:
    try:
        course.undo(entry, now=timezone.now())
    except ValidationError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, "Taken back.")
    return go(request, reverse("deals:deal", args=[pk]))


@require_http_methods(["GET", "POST"])
def hand_over(request: Request, pk: int) -> HttpResponse:
    deal = get_object_or_404(Deal.objects.overseen_by(request.user), pk=pk)
    form = OwnerForm(request.POST or None, reader=request.user, deal=deal)
    if form.is_valid():
        owner = form.cleaned_data["owner"]
        people.hand_over([deal.pk], owner, now=timezone.now())
        messages.success(request, f"“{deal}” is {owner}’s now.")
        return go(request, reverse("deals:deal", args=[pk]))
    return form_page(
        request, title=f"Hand over “{deal}”", form=form, submit="Hand over",
        cancel_url=reverse("deals:deal", args=[pk]),
        lead="From now on it is theirs. What happened so far stays as it was.",
    )  # fmt: skip


@require_POST
def reopen(request: Request, pk: int) -> HttpResponse:
    closed = Deal.objects.visible_to(request.user).exclude(outcome="open")
    deal = get_object_or_404(closed, pk=pk)
    course.reopen(deal, now=timezone.now(), user=request.user)
    messages.success(request, f"“{deal}” is open again. It is our move.")
    return go(request, reverse("deals:deal", args=[pk]))


@require_http_methods(["GET", "POST"])
def onboarding(request: Request, pk: int) -> HttpResponse:
    visible = Deal.objects.visible_to(request.user).select_related("stage__pipeline", "contact")
    deal = get_object_or_404(visible, pk=pk)
    if not course.offers_onboarding(deal):
        raise Http404
    if request.method == "POST":
        opened = course.open_onboarding(deal, now=timezone.now(), user=request.user)
        return go(request, reverse("deals:deal", args=[opened.pk]))
    return form_page(
        request, title="Won. And now?", form=None, submit="Open an onboarding deal",
        lead=f"{deal.contact} is a customer now. An onboarding deal keeps an eye on their first weeks.",
        cancel_url=reverse("deals:deal", args=[pk]),
    )  # fmt: skip
