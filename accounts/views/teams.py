"""Teams: who works with whom, and who leads."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.db import transaction
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from accounts import people
from accounts.access import admins_only
from accounts.forms.outcomes import has_gone_through, status_of
from accounts.forms.teams import NewTeamForm, TeamForm
from accounts.models import Team


@require_http_methods(["GET", "HEAD", "POST"])
@admins_only
def listing(request: HttpRequest) -> HttpResponse:
    """List the teams, and make a new one."""
    form = NewTeamForm(request.POST or None)
    if form.is_valid():
        team = form.save()
        messages.success(request, f"{team} is there. Now say who is in it.")
        return redirect("accounts:team", team.pk)
    # a count groups, and grouped rows come in no order of their own
    teams = Team.objects.annotate(member_count=Count("members")).order_by("name")
    context = {"form": form, "teams": teams.prefetch_related("managers")}
    return render(request, "accounts/teams.html", context, status=status_of(form))


@require_http_methods(["GET", "HEAD", "POST"])
@admins_only
def team(request: HttpRequest, team_id: int) -> HttpResponse:
    """Show and change a team's name, members and managers."""
    shown = get_object_or_404(Team, pk=team_id)
    name = shown.name
    form = TeamForm(request.POST or None, instance=shown)
    if form.is_valid():
        with transaction.atomic():
            people.change_members(form.save(), list(form.cleaned_data["members"]))
        messages.success(request, f"{shown} is saved.")
        return redirect("accounts:teams")
    context = {"form": form, "team": shown, "name": name}
    return render(request, "accounts/team.html", context, status=status_of(form))


@require_http_methods(["GET", "HEAD", "POST"])
@admins_only
def delete(request: HttpRequest, team_id: int) -> HttpResponse:
    """Ask whether a team shall go, and let it go where nobody is in it."""
    leaving = get_object_or_404(Team, pk=team_id)
    form = forms.Form(request.POST if request.method == "POST" else None)
    if has_gone_through(form, lambda: people.delete_team(leaving)):
        messages.success(request, f"{leaving} is deleted.")
        return redirect("accounts:teams")
    context = {"team": leaving, "form": form}
    return render(request, "accounts/team_delete.html", context, status=status_of(form))
