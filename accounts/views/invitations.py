"""Inviting people, and their first steps in."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts import invitations
from accounts.access import admins_only, reader
from accounts.forms.outcomes import has_gone_through, status_of
from accounts.forms.people import AddressForm, InviteForm, PasswordForm
from accounts.models import Invitation, User
from accounts.views.people import page_of


@require_http_methods(["GET", "HEAD", "POST"])
@admins_only
def invite(request: HttpRequest) -> HttpResponse:
    """Invite somebody new."""
    form = InviteForm(request.POST or None)
    if form.is_valid():
        form.instance.set_unusable_password()
        person = form.save()
        _send(request, person)
        return redirect("accounts:person", person.pk)
    return render(request, "accounts/invite.html", {"form": form}, status=status_of(form))


@require_POST
@admins_only
def invite_again(request: HttpRequest, person_id: int) -> HttpResponse:
    """Send an invitation to somebody who is here already and cannot sign in."""
    person = get_object_or_404(User, pk=person_id)
    form = AddressForm(request.POST, instance=person)
    if has_gone_through(form, lambda: _send(request, person)):
        return redirect("accounts:person", person_id)
    return page_of(request, person_id, address_form=form)


@never_cache
@login_not_required
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def accept(request: HttpRequest, token: str) -> HttpResponse:
    """Let an invited person choose their password, and sign them in."""
    now = timezone.now()
    invitation = invitations.find(token, now=now)
    if invitation is None:
        return render(request, "accounts/spent.html", status=410)
    if request.user.is_authenticated:
        return render(request, "accounts/signed_in_already.html", {"invitation": invitation})
    return _choose_password(request, invitation)


def _choose_password(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    form = PasswordForm(invitation.user, request.POST or None)
    if form.is_valid():
        password = form.cleaned_data["new_password1"]
        if not invitations.accept(invitation, password, now=timezone.now()):
            return render(request, "accounts/spent.html", status=410)
        login(request, User.objects.get(pk=invitation.user_id))
        messages.success(request, f"Welcome, {invitation.user.get_short_name()}.")
        return redirect("/")
    context = {"form": form, "invitation": invitation}
    return render(request, "accounts/accept.html", context, status=status_of(form))


def _send(request: HttpRequest, person: User) -> None:
    now = timezone.now()
    assert person.email is not None
    invitation = invitations.invite(person, email=person.email, by=reader(request), now=now)
    if invitations.mail(invitation, now=now):
        messages.success(request, f"An invitation is on its way to {invitation.email}.")
    else:
        messages.warning(request, "No mail was sent. Copy the link below and pass it on.")
