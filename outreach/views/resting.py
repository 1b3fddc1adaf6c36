"""What a rep decides about a deal that was let go: write again, look later, or leave it for good."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from deals import course
from deals.models import Outcome
from deals.views.answers import Request
from outreach import resting
from outreach.forms import DayToComeForm
from outreach.undo import Kind, Undo
from outreach.views.answers import done, form_page, page_of, refused, visible_deal


@require_POST
def reopen(request: Request, pk: int) -> HttpResponse:
    """Work on a resting deal again: it is our move."""
    deal = visible_deal(request, pk)
    if deal.outcome != Outcome.RESTING:
        return refused(request, deal, resting.MOVED_ON)
    entry = course.reopen(deal, now=timezone.now(), user=request.user)
    text = f"“{deal}” is open again. It is our move."
    return done(request, deal, text, Undo(Kind.OUTCOME, entry.pk, page_of(request, deal)))


@require_http_methods(["GET", "POST"])
def look_later(request: Request, pk: int) -> HttpResponse:
    """Look at a resting deal again on another day."""
    deal = visible_deal(request, pk)
    posted = request.POST if request.method == "POST" else None
    form = DayToComeForm(posted, now=timezone.now(), initial={"next": page_of(request, deal)})
    if not form.is_valid():
        title = f"Look at “{deal}” later"
        return form_page(request, deal, title=title, form=form, submit="Look later")
    let_go = resting.let_go_of(deal)
    before = str(let_go.look_again_on or "") if let_go else ""
    day = form.cleaned_data["look_again_on"]
    try:
        entry = resting.look_later(deal, day)
    except ValidationError as error:
        return refused(request, deal, str(error.message))
    text = f"“{deal}” rests on, until they are heard."
    if day is not None:
        text = f"“{deal}” is worth another look on {day:%A} {day.day} {day:%B %Y}."
    return done(request, deal, text, Undo(Kind.LOOK, entry.pk, page_of(request, deal), before))


@require_POST
def leave(request: Request, pk: int) -> HttpResponse:
    """Leave a resting deal for good: it is lost."""
    deal = visible_deal(request, pk)
    if deal.outcome != Outcome.RESTING:
        return refused(request, deal, resting.MOVED_ON)
    let_go = resting.let_go_of(deal)
    entry = course.close(
        deal, Outcome.LOST, now=timezone.now(), user=request.user,
        reason=let_go.reason if let_go else "",
    )  # fmt: skip
    text = f"“{deal}” is left for good. If they are heard again, you are asked."
    return done(request, deal, text, Undo(Kind.OUTCOME, entry.pk, page_of(request, deal)))
