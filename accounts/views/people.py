"""The people who work here: a list, and a page for each."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import directory, invitations, people
from accounts.access import admins_only, managers_only, reader
from accounts.forms.outcomes import has_gone_through, status_of
from accounts.forms.people import AddressForm, PersonForm
from accounts.models import Invitation, User
from accounts.views import covers

PAGE = 50


@require_safe
@managers_only
def listing(request: HttpRequest) -> HttpResponse:
    """List the people whom the reader may see."""
    form = directory.DirectoryForm(request.GET, reader=reader(request))
    asked_for = form.among(User.objects.overseen_by(reader(request)))
    page = Paginator(directory.with_invitations(asked_for), PAGE).get_page(request.GET.get("page"))
    entries = directory.entries(page.object_list, now=timezone.now())
    template = (
        "accounts/people.html#people" if "HX-Request" in request.headers else "accounts/people.html"
    )
    return render(request, template, {"form": form, "page": page, "entries": entries})


@require_http_methods(["GET", "HEAD", "POST"])
@managers_only
def person(request: HttpRequest, person_id: int) -> HttpResponse:
    """Show a person; an admin may change them."""
    shown = get_object_or_404(User.objects.overseen_by(reader(request)), pk=person_id)
    if not reader(request).is_admin:
        if request.method == "POST":
            raise Http404
        return page_of(request, person_id)
    form = PersonForm(request.POST or None, instance=shown)
    if has_gone_through(form, lambda: people.change(shown, now=timezone.now())):
        messages.success(request, f"{shown} is saved.")
        return redirect("accounts:person", person_id)
    return page_of(request, person_id, form=form)


@require_http_methods(["GET", "HEAD", "POST"])
@admins_only
def deactivate(request: HttpRequest, person_id: int) -> HttpResponse:
    """Ask whether a person shall no longer sign in, and say what they own."""
    leaving = get_object_or_404(User.objects.active(), pk=person_id)
    form = forms.Form(request.POST if request.method == "POST" else None)
    if has_gone_through(form, lambda: people.deactivate(leaving, now=timezone.now())):
        messages.success(request, f"{leaving} is deactivated and can no longer sign in.")
        return redirect("accounts:people")
    context = {"person": leaving, "open_deals": leaving.deals.open().count(), "form": form}
    return render(request, "accounts/deactivate.html", context, status=status_of(form))


@require_POST
@admins_only
def reactivate(request: HttpRequest, person_id: int) -> HttpResponse:
    """Let a person work here again."""
    back = get_object_or_404(User.objects.filter(is_active=False), pk=person_id)
    people.reactivate(back)
    messages.success(request, f"{back} works here again.")
    return redirect("accounts:person", person_id)


def page_of(request: HttpRequest, person_id: int, **given: forms.BaseForm) -> HttpResponse:
    """Render a person's page as the reader may see it, with the forms as far as they got."""
    visible = directory.with_invitations(User.objects.overseen_by(reader(request)))
    shown = get_object_or_404(visible.prefetch_related("led_teams"), pk=person_id)
    [entry] = directory.entries([shown], now=timezone.now())
    context: dict[str, Any] = {"person": shown, "entry": entry}
    if shown.is_active:
        context |= covers.card(request, shown)
    if reader(request).is_admin:
        context |= _for_admins(shown, entry.sign_in) | given
    return render(request, "accounts/person.html", context, status=status_of(*given.values()))


def _for_admins(shown: User, sign_in: directory.SignIn) -> dict[str, Any]:
    invitation = directory.invitation_of(shown)
    if sign_in in {directory.SignIn.OPEN, directory.SignIn.CLOSED}:
        return {"form": PersonForm(instance=shown)}
    return {
        "form": PersonForm(instance=shown),
        "address_form": AddressForm(instance=shown),
        "invitation": invitation,
        "link": _link_to_pass_on(invitation) if sign_in == directory.SignIn.INVITED else "",
    }


def _link_to_pass_on(invitation: Invitation | None) -> str:
    """Return the link of an invitation that no mail brought, for the admin to pass on."""
    return invitations.link(invitation) if invitation and not invitation.mailed_at else ""
