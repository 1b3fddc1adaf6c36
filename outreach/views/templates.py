"""The words that drafts begin with: everyone may read them, admins edit them."""

from __future__ import annotations

from itertools import groupby

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import admins_only, reader
from contacts.models import Channel
from outreach import drafts, fields
from outreach.defaults import Shipped, restore
from outreach.forms.templates import TemplateForm
from outreach.models import Play, Template
from outreach.situation import USUAL_ORDER


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """List the templates by play."""
    rows = sorted(Template.objects.all(), key=_place)
    groups = [
        (Play(play).label, list(group)) for play, group in groupby(rows, lambda row: row.play)
    ]
    return render(request, "outreach/templates/index.html", {"groups": groups})


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one template with its preview; an admin may change it, or look at a change first."""
    template = get_object_or_404(Template, pk=pk)
    if request.method != "POST":
        return _page(request, template, TemplateForm(instance=template))
    if not reader(request).is_admin:
        raise Http404
    form = TemplateForm(request.POST, instance=template)
    if not form.is_valid():
        return _page(request, template, form, status=422)
    if "preview" in request.POST:
        return _page(request, template, form)
    template.reword(user=reader(request), now=timezone.now())
    messages.success(request, f"{template} is saved.")
    return redirect("outreach:templates")


@require_POST
@admins_only
def shipped(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the words back to what they were when they were shipped."""
    template = get_object_or_404(Template, pk=pk)
    restore(template, now=timezone.now())
    messages.success(request, f"{template} has its first words again.")
    return redirect("outreach:template", pk=pk)


def _place(template: Template) -> tuple[int, int]:
    """Return where a template stands: by play, then by how usual its channel is."""
    return list(Play).index(Play(template.play)), USUAL_ORDER.index(Channel(template.channel))


def _page(
    request: HttpRequest, template: Template, form: TemplateForm, status: int = 200
) -> HttpResponse:
    words = Shipped(template.subject, template.body)
    told = {
        "template": template,
        "form": form,
        "fields": fields.FIELDS,
        "preview": drafts.filled(words, fields.sample(template.language)) if status == 200 else None,
        "may_edit": reader(request).is_admin,
    }
    part = "#preview" if request.headers.get("HX-Request") and "preview" in request.POST else ""
    answer = render(request, f"outreach/templates/edit.html{part}", told, status=status)
    patch_vary_headers(answer, ["HX-Request"])
    return answer
