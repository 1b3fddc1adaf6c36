"""Merging two contacts or two companies: choose the other one, look at both, confirm."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from contacts.models import Company, Contact
from deals import merging
from deals.forms.contacts import OtherCompanyForm, OtherContactForm
from deals.people import may_decide
from deals.views.answers import UNPROCESSABLE, Request, form_page, go, page


@dataclass(frozen=True)
class Kind:
    """What is merged: `name` is the URL name of its page and of the field that asks for the other."""

    name: str
    model: type[Contact | Company]
    form: Callable[..., Any]
    merge: Callable[..., Contact | Company]
    related: tuple[str, ...]


KINDS = {
    "contact": Kind(
        "contact", Contact, OtherContactForm, merging.merge_contacts, ("company", "owner")
    ),
    "company": Kind("company", Company, OtherCompanyForm, merging.merge_companies, ("owner",)),
}


@require_http_methods(["GET", "POST"])
def choose(request: Request, pk: int, kind: str) -> HttpResponse:
    """Ask for the other one; nothing changes yet."""
    of = KINDS[kind]
    [kept] = _found(request, of, pk)
    form: Any = of.form(request.POST or None, reader=request.user)
    if form.is_valid():
        other = form.cleaned_data[of.name]
        if other.pk != kept.pk:
            return go(request, reverse(f"deals:{of.name}-merge", args=[pk, other.pk]))
        form.add_error(of.name, "That is the same one. Choose another.")
    return form_page(
        request, title=f"Merge {kept} with …", form=form, submit="Look at both",
        cancel_url=reverse(f"deals:{of.name}", args=[pk]),
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
def merge(request: Request, pk: int, other_id: int, kind: str) -> HttpResponse:
    of = KINDS[kind]
    kept, other = _found(request, of, pk, other_id)
    error = ""
    if request.method == "POST":
        try:
            of.merge(kept, other, now=timezone.now(), take=request.POST.getlist("take"))
        except ValidationError as refusal:
            error = str(refusal.message)
        else:
            messages.success(request, f"{kept} is one now.")
            return go(request, reverse(f"deals:{of.name}", args=[kept.pk]))
    told = _preview(of, kept, other) | {"error": error}
    return page(request, "contacts/merge.html", told, status=UNPROCESSABLE if error else 200)


def _found(request: Request, of: Kind, *ids: int) -> list[Any]:
    """Return those of these ids that the reader may merge, or answer 404."""
    visible: QuerySet[Any] = of.model.objects.visible_to(request.user)
    found = visible.select_related(*of.related).in_bulk(ids)
    if len(found) < len(set(ids)) or not all(may_decide(request.user, x) for x in found.values()):
        raise Http404
    return [found[pk] for pk in ids]


def _preview(of: Kind, kept: Any, other: Any) -> dict[str, Any]:
    return {
        "kept": kept,
        "other": other,
        "differences": merging.differences(kept, other),
        "moved": merging.moved(other),
        "outs": merging.opt_outs_of(kept, other),
        "swap_url": reverse(f"deals:{of.name}-merge", args=[other.pk, kept.pk]),
        "cancel_url": reverse(f"deals:{of.name}", args=[kept.pk]),
    }
