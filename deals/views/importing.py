"""Settings: import. Hand files in, see what would happen, let it happen, watch. For admins."""

from __future__ import annotations

import csv
from itertools import islice

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from deals.forms.importing import ImportForm
from deals.importing import runs
from deals.models import ImportRun
from deals.tasks import go_on
from deals.views.answers import UNPROCESSABLE, Request, admins_only, page

LATEST = 10  # imports listed on the page
FIRST_REJECTED = 10  # rows shown before the file is downloaded


@require_http_methods(["GET", "HEAD", "POST"])
def imports(request: Request) -> HttpResponse:
    """Show the latest imports and the form; take files in and begin to read them."""
    admins_only(request)
    form = ImportForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            run = runs.start(
                form.save(commit=False), form.cleaned_data["uploads"],
                user=request.user, now=timezone.now(),
            )  # fmt: skip
        except ValidationError as error:
            form.add_error("uploads", error)
        else:
            go_on.delay_on_commit()
            return redirect("deals:import-run", pk=run.pk)
    told = {"form": form, "runs": ImportRun.objects.select_related("user")[:LATEST]}
    status = UNPROCESSABLE if form.errors else 200
    return page(request, "deals/import/imports.html", told, status=status)


@require_safe
def run(request: Request, pk: int) -> HttpResponse:
    """Show one import: how far it is, what it would do or did, the first rows set aside."""
    found = _run(request, pk)
    told = {"run": found, "rejected": _first_rejected(found)}
    return page(request, "deals/import/run.html", told, part="run")


@require_POST
def confirm(request: Request, pk: int) -> HttpResponse:
    """Let what was tried out happen."""
    if runs.confirm(_run(request, pk)):
        go_on.delay_on_commit()
    return redirect("deals:import-run", pk=pk)


@require_POST
def drop(request: Request, pk: int) -> HttpResponse:
    """Throw the files away; nothing comes in."""
    if runs.drop(_run(request, pk), timezone.now()):
        messages.success(request, "Thrown away. Nothing came in.")
    return redirect("deals:import")


@require_safe
def rejected(request: Request, pk: int) -> HttpResponseBase:
    """Hand out the rows that were set aside, as CSV."""
    path = runs.rejected_of(_run(request, pk))
    if path is None:
        raise Http404
    return FileResponse(
        path.open("rb"), as_attachment=True, filename=f"rejected-{pk}.csv",
        content_type="text/csv; charset=utf-8",
    )  # fmt: skip


def _run(request: Request, pk: int) -> ImportRun:
    admins_only(request)
    return get_object_or_404(ImportRun, pk=pk)


def _first_rejected(run: ImportRun) -> list[dict[str, str]]:
    path = runs.rejected_of(run)
    if path is None:
        return []
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(islice(csv.DictReader(file), FIRST_REJECTED))
