"""What a contact asked of us: to hear no more, to be forgotten; and by whose hours they live."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from contacts.models import Contact, OptOut
from deals import calendars, people
from deals.contact_page import hours_of
from deals.forms.contacts import CalendarUseForm, OptOutForm
from deals.views.answers import Request, form_page, go


def _living(request: Request, pk: int) -> Contact:
    living = Contact.objects.visible_to(request.user).filter(erased_at=None)
    return get_object_or_404(living, pk=pk)


@require_http_methods(["GET", "POST"])
def opt_out(request: Request, pk: int) -> HttpResponse:
    contact, url = _living(request, pk), reverse("deals:contact", args=[pk])
    form = OptOutForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        people.opt_out(contact, now=timezone.now(), **form.cleaned_data)
        messages.success(request, f"Noted. No suggestion will name {contact} against their wish.")
        return go(request, url)
    return form_page(
        request, title=f"{contact} wants to hear no more", form=form, submit="Note it", danger=True,
        lead="Silences that wait for them alone end as withdrawn.", cancel_url=url,
    )  # fmt: skip


@require_POST
def opt_in(request: Request, pk: int, out_id: int) -> HttpResponse:
    standing = OptOut.objects.filter(contact=_living(request, pk), lifted_at=None)
    people.opt_in(get_object_or_404(standing, pk=out_id), now=timezone.now())
    messages.success(request, "Noted: they want to hear from us again.")
    return go(request, reverse("deals:contact", args=[pk]))


@require_http_methods(["GET", "POST"])
def erase(request: Request, pk: int) -> HttpResponse:
    contact, url = _living(request, pk), reverse("deals:contact", args=[pk])
    if not people.may_decide(request.user, contact):
        raise Http404
    if request.method == "POST":
        people.erase(contact, now=timezone.now())
        messages.success(request, "Erased. What happened stays, without a name.")
        return go(request, url)
    return form_page(
        request, title=f"Erase {contact}?", form=None, submit="Erase for good", danger=True,
        lead="Name, addresses, facts and the words of all touches go. This cannot be taken back.",
        cancel_url=url,
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
def hours(request: Request, pk: int) -> HttpResponse:
    contact, url = _living(request, pk), reverse("deals:contact", args=[pk])
    now = hours_of(contact)
    own = None if now.is_inherited else now.calendar
    otherwise = "Their company’s" if contact.company_id else "The workspace’s"
    form = CalendarUseForm(request.POST or None, otherwise=otherwise, initial={"calendar": own})
    if request.method == "POST" and form.is_valid():
        try:
            calendars.assign(contact, form.cleaned_data["calendar"], now=timezone.now())
        except ValidationError as error:
            form.add_error("calendar", error)
        else:
            messages.success(request, "Saved. It counts from now on.")
            return go(request, url)
    return form_page(request, title=f"When {contact} works", form=form, cancel_url=url)
