"""Another draft for the same suggestion."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_POST

from deals.views.answers import Request
from outreach import suggest
from outreach.forms.drafts import AnotherDraftForm
from outreach.views.answers import back, form_page, refused
from outreach.views.suggestions import visible_suggestion


@require_POST
def another(request: Request, pk: int) -> HttpResponse:
    """Show the next draft; first ask whoever changed the one that is there."""
    suggestion = visible_suggestion(request, pk)
    deal = suggestion.deal
    form = AnotherDraftForm(request.POST, now=timezone.now())
    if not form.is_valid():
        return form_page(
            request, deal, title="Take another draft?", form=form, submit="Take another draft"
        )
    try:
        suggest.redraft(suggestion)
    except ValidationError as error:
        return refused(request, deal, str(error.message))
    return back(request, deal)
