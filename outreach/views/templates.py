"""The words that drafts begin with: everyone may read them, admins edit them."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import admins_only, reader
from accounts.numbers import row_number
from outreach import fields, previews, wordings
from outreach.defaults import ENGLISH, is_shipped, restore
from outreach.forms.templates import (
    NewTemplateForm,
    PreviewForm,
    TemplateFilterForm,
    TemplateForm,
)
from outreach.models import Template


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """List the templates by play and channel, those of one language first."""
    languages = wordings.languages()
    asked = {"language": ENGLISH if ENGLISH in languages else "", **request.GET.dict()}
    form = TemplateFilterForm(asked, languages=languages)
    told = form.cleaned_data if form.is_valid() else {}
    rows = wordings.rows(told.get("language", ""), told.get("reason", ""))
    opened = request.GET.get("play", ""), request.GET.get("channel", "")
    groups = wordings.grouped(rows, *opened)
    page = {"groups": groups, "form": form, "may_edit": reader(request).is_admin}
    return render(request, "outreach/templates/index.html", page)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one template with its preview; an admin may change it, or look at a change first."""
    template = get_object_or_404(Template, pk=pk)
    if request.method != "POST":
        return _page(request, template, TemplateForm(instance=template))
    if not reader(request).is_admin:
        raise Http404
    form = TemplateForm(request.POST, instance=template)
    if not form.is_valid() or "preview" in request.POST:
        return _page(request, template, form)
    template.reword(user=reader(request), now=timezone.now())
    messages.success(request, f"{template} is saved.")
    return redirect(_listed(template))


@require_http_methods(["GET", "HEAD", "POST"])
@admins_only
def new(request: HttpRequest) -> HttpResponse:
    """Add other words: another draft for the same, or words for one reason only."""
    like = row_number(request.GET.get("like"))
    model = Template.objects.filter(pk=like).first() if like is not None else None
    wanted = {name: getattr(model, name) for name in NewTemplateForm.Meta.fields} if model else {}
    posted = request.POST if request.method == "POST" else None
    form = NewTemplateForm(posted, instance=Template(**wanted))
    if not form.is_valid() or "preview" in request.POST:
        return _page(request, form.instance, form)
    template = form.save(commit=False)
    template.add(user=reader(request), now=timezone.now())
    messages.success(request, f"{template} is added.")
    return redirect(_listed(template))


@require_POST
@admins_only
def shipped(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the words back to what they were when they were shipped."""
    template = get_object_or_404(Template, pk=pk)
    if not is_shipped(template):
        raise Http404
    restore(template, now=timezone.now())
    messages.success(request, f"{template} has its first words again.")
    return redirect("outreach:template", pk=pk)


@require_POST
@admins_only
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete words that the workspace added; those that were shipped stay."""
    template = get_object_or_404(Template, pk=pk)
    if is_shipped(template):
        raise Http404
    template.delete()
    messages.success(request, f"{template} is deleted.")
    return redirect(_listed(template))


def _listed(template: Template) -> str:
    """Return the list, opened where a template stands."""
    place = {"language": template.language, "play": template.play, "channel": template.channel}
    return f"{reverse('outreach:templates')}?{urlencode(place)}"


def _page(request: HttpRequest, template: Template, form: TemplateForm) -> HttpResponse:
    """Render the page of a template that is there or is to be, or the preview for HTMX."""
    offered = previews.dark_deals(reader(request))
    asked = request.POST.get("deal", request.GET.get("deal", ""))
    deal = previews.chosen(asked, offered, reader(request))
    is_bad = form.is_bound and not form.is_valid()
    told = {
        "template": template,
        "form": form,
        "preview_form": PreviewForm(offered, deal),
        "fields": fields.FIELDS,
        "preview": None if is_bad else previews.preview(template, deal, timezone.now()),
        "may_edit": reader(request).is_admin,
        "is_shipped": is_shipped(template),
        "list_url": _listed(template) if template.pk else reverse("outreach:templates"),
    }
    part = "#preview" if request.headers.get("HX-Request") and "preview" in request.POST else ""
    answer = render(
        request, f"outreach/templates/edit.html{part}", told, status=422 if is_bad else 200
    )
    patch_vary_headers(answer, ["HX-Request"])
    return answer
