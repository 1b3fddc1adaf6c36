"""What a rep says of why somebody is silent."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_POST

from deals.views.answers import Request
from outreach import reasons
from outreach.models import Reason, Suggestion
from outreach.undo import Kind, Undo
from outreach.views.answers import done, page_of, refused


@require_POST
def say(request: Request, pk: int) -> HttpResponse:
    """Confirm the guess, or say the reason."""
    rows = Suggestion.objects.visible_to(request.user).select_related("deal__contact")
    suggestion = get_object_or_404(rows, pk=pk)
    said = request.POST.get("reason", "")
    if said not in Reason.values:
        return HttpResponseBadRequest("Choose one of the reasons.")
    reason, deal = Reason(said), suggestion.deal
    try:
        before = reasons.say(suggestion, reason, user=request.user, now=timezone.now())
    except ValidationError as error:
        return refused(request, deal, str(error.message))
    text = f"Noted: {str(reason.label).lower()}. The suggestion follows."
    undo = Undo(Kind.REASON, suggestion.silence_id, page_of(request, deal), before)
    return done(request, deal, text, undo)
