"""Companies: the list, a company's page, and its card."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from contacts.models import Company, Contact
from deals import calendars, contact_page
from deals.forms.choices import OFFERED, companies_like, label_of
from deals.forms.contacts import CalendarUseForm, CompanyForm
from deals.listing import PAGE, BoundedPaginator
from deals.people import may_decide
from deals.views.answers import Request, form_page, go, page


@require_safe
def company_list(request: Request) -> HttpResponse:
    text = request.GET.get("q", "").strip()
    found = companies_like(text, request.user).order_by("name", "pk")
    shown = BoundedPaginator(found, PAGE).get_page(request.GET.get("page"))
    told = {"q": text, "page": shown, "rows": _rows(list(shown), request)}
    return page(request, "contacts/companies.html", told, part="list")


def _rows(companies: list[Company], request: Request) -> list[tuple[Company, int]]:
    """Return companies, each with how many of its contacts the reader may see."""
    known = Contact.objects.visible_to(request.user).filter(company__in=companies).order_by()
    counts = dict(known.values_list("company").annotate(Count("pk")))
    return [(each, counts.get(each.pk, 0)) for each in companies]


@require_safe
def names(request: Request) -> HttpResponse:
    text = request.GET.get("company", "")
    found = companies_like(text, request.user)[:OFFERED] if text.strip() else []
    return page(request, "deals/names.html", {"names": [label_of(each) for each in found]})


@require_safe
def company(request: Request, pk: int) -> HttpResponse:
    found, now = get_object_or_404(_visible(request).select_related("owner"), pk=pk), timezone.now()
    people = Contact.objects.visible_to(request.user).filter(company=found)
    told = {
        "company": found,
        "people": people,
        "rows": contact_page.deals_of_company(found, request.user, now),
        "calendar": calendars.calendar_of_company(found.pk),
        "may_decide": may_decide(request.user, found),
        "now": now,
    }
    return page(request, "contacts/company.html", told)


def _visible(request: Request) -> QuerySet[Company]:
    return Company.objects.visible_to(request.user)


@require_http_methods(["GET", "POST"])
def new(request: Request) -> HttpResponse:
    return _card(request, None, title="New company", cancel_url=reverse("deals:companies"))


@require_http_methods(["GET", "POST"])
def edit(request: Request, pk: int) -> HttpResponse:
    found = get_object_or_404(_visible(request).select_related("owner"), pk=pk)
    url = reverse("deals:company", args=[pk])
    return _card(request, found, title=f"Edit {found}", cancel_url=url)


def _card(request: Request, company: Company | None, **told: Any) -> HttpResponse:
    form = CompanyForm(request.POST or None, instance=company, reader=request.user)
    if form.is_valid():
        saved = form.save()
        messages.success(request, f"{saved} is saved.")
        return go(request, reverse("deals:company", args=[saved.pk]))
    return form_page(request, form=form, **told)


@require_http_methods(["GET", "POST"])
def hours(request: Request, pk: int) -> HttpResponse:
    found, url = get_object_or_404(_visible(request), pk=pk), reverse("deals:company", args=[pk])
    initial = {"calendar": calendars.calendar_of_company(pk)}
    form = CalendarUseForm(request.POST or None, otherwise="The workspace’s", initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            calendars.assign_company(found, form.cleaned_data["calendar"], now=timezone.now())
        except ValidationError as error:
            form.add_error("calendar", error)
        else:
            messages.success(request, "Saved. It counts from now on, for their contacts too.")
            return go(request, url)
    return form_page(request, title=f"When {found} works", form=form, cancel_url=url)
