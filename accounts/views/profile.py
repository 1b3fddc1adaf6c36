"""One's own profile, and the workspace's settings."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.access import admins_only, reader
from accounts.forms.outcomes import status_of
from accounts.forms.workspace import ProfileForm, WorkspaceForm
from accounts.models import User, Workspace
from accounts.views import covers


@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """Show and change one's own name and time zone."""
    me = User.objects.select_related("team").get(pk=reader(request).pk)
    form = ProfileForm(request.POST or None, instance=me, workspace=Workspace.current())
    if form.is_valid():
        form.save()
        messages.success(request, "Your profile is saved.")
        return redirect("accounts:profile")
    context = {"form": form, "me": me, "person": me, **covers.card(request, me)}
    return render(request, "accounts/profile.html", context, status=status_of(form))


@require_http_methods(["GET", "HEAD", "POST"])
@admins_only
def workspace(request: HttpRequest) -> HttpResponse:
    """Show and change what holds for everyone here."""
    form = WorkspaceForm(request.POST or None, instance=Workspace.current())
    if form.is_valid():
        form.save()
        messages.success(request, "The workspace is saved.")
        return redirect("accounts:workspace")
    return render(request, "accounts/workspace.html", {"form": form}, status=status_of(form))
