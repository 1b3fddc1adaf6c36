"""The tone check: while somebody types, and to mend what it found."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from outreach.forms.tone import ToneForm


@login_not_required  # whose session ends while they type keeps the page, and what they wrote
@require_POST
@never_cache
def check(request: HttpRequest) -> HttpResponse:
    """Say what to mend in a text that is being written; mend it where a place is named.

    For HTMX: the findings, or with `mend` the text with its findings. Without it: a page with the
    text, from which the form that it came from goes on.
    """
    if not request.user.is_authenticated:
        return HttpResponse(status=204)
    form = ToneForm(request.POST)
    if not form.is_valid():
        raise BadRequest("The tone check needs the names of a field.")
    is_mended = bool(form.cleaned_data["mend"])
    told = {**form.told(form.mended if is_mended else form.text), "is_mended": is_mended}
    if not request.headers.get("HX-Request"):
        return render(request, "outreach/tone.html", {**told, "others": form.others})
    name = "words" if is_mended else "tone"
    return render(request, f"outreach/partials/{name}.html", told)
