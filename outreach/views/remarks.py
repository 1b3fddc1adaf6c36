"""What contacts said about timing, budget, competitors and priorities, on a deal."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from deals.views.answers import Request
from outreach import remarks
from outreach.forms.remarks import RemarkForm
from outreach.models import Remark
from outreach.undo import Kind, Undo
from outreach.views.answers import done, form_page, page_of, visible_deal

TEMPLATE = "outreach/remarks.html"
ABOUT = "It counts when the next step is chosen, and when you ask yourself why they are quiet."


@require_safe
def index(request: Request, pk: int) -> HttpResponse:
    """Show what was said on a deal: a page, or the part of it that other pages fetch."""
    deal = visible_deal(request, pk)
    told = {
        "deal": deal,
        "remarks": remarks.of(deal, request.user),
        "next": page_of(request, deal) if "next" in request.GET else request.path,
    }
    name = f"{TEMPLATE}#remarks" if request.htmx else TEMPLATE
    response = render(request, name, told)
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_http_methods(["GET", "POST"])
def new(request: Request, pk: int) -> HttpResponse:
    """Note what somebody said."""
    deal = visible_deal(request, pk)
    remark = Remark(deal=deal, contact=deal.contact, recorded_at=timezone.now())
    return _form(request, remark, "They said…")


@require_http_methods(["GET", "POST"])
def edit(request: Request, pk: int) -> HttpResponse:
    """Correct a remark."""
    return _form(request, _visible(request, pk), "Correct what they said")


@require_POST
def delete(request: Request, pk: int) -> HttpResponse:
    """Delete a remark."""
    remark = _visible(request, pk)
    deal = remark.deal
    remarks.delete(remark, now=timezone.now())
    undo = Undo(Kind.REMARK, pk, page_of(request, deal))
    return done(request, deal, "The remark is deleted.", undo)


def _form(request: Request, remark: Remark, title: str) -> HttpResponse:
    deal = remark.deal
    posted = request.POST if request.method == "POST" else None
    initial = {"next": page_of(request, deal)}
    form = RemarkForm(posted, remark=remark, now=timezone.now(), initial=initial)
    if not form.is_valid():
        return form_page(request, deal, title=title, form=form, submit="Note it", lead=ABOUT)
    remarks.note(form.remarked(request.user), now=form.now)
    about = remark.get_topic_display().lower()
    return done(request, deal, f"Noted what they said about {about}.")


def _visible(request: Request, pk: int) -> Remark:
    rows = Remark.objects.visible_to(request.user).standing()
    return get_object_or_404(rows.select_related("deal__contact", "contact"), pk=pk)
