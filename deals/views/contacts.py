"""Contacts: the list, a contact's page, and their card."""

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

from accounts.numbers import row_number
from contacts.models import Company, Contact, Fact
from deals import cards, contact_page
from deals.forms.choices import OFFERED, contacts_like, label_of
from deals.forms.contacts import AddressFormSet, ContactForm, FactForm
from deals.listing import PAGE, BoundedPaginator
from deals.models import Deal
from deals.people import last_heard, may_decide
from deals.views.answers import UNPROCESSABLE, Request, go, page


@require_safe
def contact_list(request: Request) -> HttpResponse:
    text = request.GET.get("q", "").strip()
    found = contacts_like(text, request.user).order_by("last_name", "first_name", "pk")
    shown = BoundedPaginator(found, PAGE).get_page(request.GET.get("page"))
    contacts = list(shown)
    told = {
        "q": text,
        "page": shown,
        "rows": _rows(contacts, request),
    }
    return page(request, "contacts/list.html", told, part="list")


def _rows(contacts: list[Contact], request: Request) -> list[tuple[Contact, int, Any]]:
    """Return contacts, each with how many open deals they lead and when they were last heard."""
    heard = last_heard((contact.pk for contact in contacts), request.user)
    led = Deal.objects.visible_to(request.user).open().filter(contact__in=contacts).order_by()
    counts = dict(led.values_list("contact").annotate(Count("pk")))
    return [(each, counts.get(each.pk, 0), heard.get(each.pk)) for each in contacts]


@require_safe
def names(request: Request) -> HttpResponse:
    text = request.GET.get("contact", "")
    found = contacts_like(text, request.user)[:OFFERED] if text.strip() else []
    return page(request, "deals/names.html", {"names": [label_of(each) for each in found]})


@require_safe
def contact(request: Request, pk: int) -> HttpResponse:
    found, now = (
        get_object_or_404(visible(request).select_related("company", "owner"), pk=pk),
        timezone.now(),
    )
    asked = {name: request.GET.get(name) for name in ("silences", "touches")}
    told = {
        "contact": found,
        "rows": contact_page.deals_of(found, request.user, now),
        "past": contact_page.past(found, request.user, **asked),
        "hours": contact_page.hours_of(found),
        "their_time": found.wall_time(now),
        "new_deal_url": f"{reverse('deals:new')}?contact={pk}",
        "may_decide": may_decide(request.user, found),
        "fact_form": FactForm(initial={"learned_on": timezone.localdate()}),
        "now": now,
    }
    return page(request, "contacts/contact.html", told)


def visible(request: Request) -> QuerySet[Contact]:
    """Return the contacts that the reader may see."""
    return Contact.objects.visible_to(request.user)


@require_http_methods(["GET", "POST"])
def new(request: Request) -> HttpResponse:
    told = row_number(request.GET.get("company"))
    company = None
    if told is not None:
        company = Company.objects.visible_to(request.user).filter(pk=told).first()
    start = Contact(company=company)
    return _card(request, start, title="New contact", back=reverse("deals:contacts"))


@require_http_methods(["GET", "POST"])
def edit(request: Request, pk: int) -> HttpResponse:
    living = visible(request).filter(erased_at=None).select_related("company", "owner")
    found = get_object_or_404(living, pk=pk)
    return _card(request, found, title=f"Edit {found}", back=reverse("deals:contact", args=[pk]))


def _card(request: Request, contact: Contact, *, title: str, back: str) -> HttpResponse:
    form = ContactForm(request.POST or None, instance=contact, reader=request.user)
    addresses = AddressFormSet(request.POST or None, instance=contact)
    if request.method == "POST" and form.is_valid() and addresses.is_valid():
        try:
            saved = _saved(form, addresses)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, f"{saved} is saved.")
            return go(request, reverse("deals:contact", args=[saved.pk]))
    told = {"form": form, "addresses": addresses, "title": title, "back": back}
    status = UNPROCESSABLE if request.method == "POST" else 200
    return page(request, "contacts/edit.html", told, status=status)


def _saved(form: ContactForm, addresses: Any) -> Contact:
    """Save what a card says; of somebody known, only what the reader changed."""
    changed = form.changed_data if form.instance.pk else None
    kept = addresses.save(commit=False)
    return cards.save_contact(
        form.save(commit=False), kept, addresses.deleted_objects,
        now=timezone.now(), changed=changed,
    )  # fmt: skip


@require_http_methods(["POST"])
def learn(request: Request, pk: int) -> HttpResponse:
    found = get_object_or_404(visible(request).filter(erased_at=None), pk=pk)
    form = FactForm(request.POST)
    if form.is_valid():
        try:
            cards.learn(found, form.save(commit=False))
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return go(request, reverse("deals:contact", args=[pk]))
    told = {"title": f"What we know about {found}", "form": form, "action": request.path}
    return page(request, "deals/form.html", told, part="dialog", status=UNPROCESSABLE)


@require_http_methods(["POST"])
def forget(request: Request, pk: int, fact_id: int) -> HttpResponse:
    facts = Fact.objects.filter(contact__in=visible(request))
    cards.forget(get_object_or_404(facts, pk=fact_id, contact=pk))
    return go(request, reverse("deals:contact", args=[pk]))
