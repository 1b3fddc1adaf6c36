"""Settings: what other currencies are worth in the workspace's. For admins."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import Workspace
from deals import rates
from deals.forms.rates import RateForm
from deals.models import ExchangeRate
from deals.views.answers import Request, admins_only, form_page, go, page

HOME = "deals:rates"
PER_PAGE = 50
PAST = 50  # the latest changes; older ones stay in the table


@require_safe
def rate_list(request: Request) -> HttpResponse:
    admins_only(request)
    currency = Workspace.current().currency
    standing = ExchangeRate.objects.standing().filter(into=currency).select_related("set_by")
    past = ExchangeRate.objects.exclude(withdrawn_at=None).order_by("-withdrawn_at", "-pk")
    told = {
        "currency": currency,
        "lacking": rates.lacking(currency),
        "today": timezone.localdate(),
        "page": Paginator(standing, PER_PAGE).get_page(request.GET.get("page")),
        "past": past.select_related("set_by", "withdrawn_by")[:PAST],
    }
    return page(request, "deals/rates.html", told)


@require_http_methods(["GET", "POST"])
def new(request: Request) -> HttpResponse:
    admins_only(request)
    form = RateForm(request.POST or None)
    if form.is_valid():
        said = form.cleaned_data
        made = rates.set_rate(
            said["currency"], said["from_on"], said["rate"], user=request.user, now=timezone.now()
        )
        messages.success(request, f"{made}.")
        return go(request, reverse(HOME))
    return form_page(request, title="New rate", form=form, cancel_url=reverse(HOME))


@require_http_methods(["GET", "POST"])
def edit(request: Request, pk: int) -> HttpResponse:
    admins_only(request)
    known = get_object_or_404(ExchangeRate.objects.standing(), pk=pk)
    form = RateForm(request.POST or None, instance=known)
    if form.is_valid():
        before = ExchangeRate.objects.get(pk=pk)  # the form has written on the other
        made = rates.correct(before, **form.cleaned_data, user=request.user, now=timezone.now())
        messages.success(request, f"{made}.")
        return go(request, reverse(HOME))
    lead = "Reports as of now go by it at once; those as of a past day by what stood then."
    return form_page(
        request, title="Correct the rate", form=form, lead=lead, cancel_url=reverse(HOME)
    )


@require_POST
def remove(request: Request, pk: int) -> HttpResponse:
    admins_only(request)
    known = get_object_or_404(ExchangeRate.objects.standing(), pk=pk)
    rates.withdraw(known, user=request.user, now=timezone.now())
    messages.success(request, f"Taken out: {known}.")
    return go(request, reverse(HOME))
