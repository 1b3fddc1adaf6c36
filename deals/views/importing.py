"""Settings: import. Hand files in, see what would happen, let it happen, watch.

For admins; others are told what they may do instead, and who can.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from deals.forms.column_labels import plainly
from deals.forms.importing import ImportForm
from deals.importing import rejected as rejected_rows
from deals.importing import runs, undoing
from deals.models import ImportRun
from deals.tasks import go_on
from deals.views.answers import UNPROCESSABLE, Request, page
from deals.views.import_columns import Asking

P = ParamSpec("P")
LATEST = 10  # imports listed on the page
FIRST_REJECTED = 10  # rows shown before the file is downloaded


View = Callable[Concatenate[Request, P], HttpResponseBase]


def for_admins(view: View[P]) -> View[P]:
    """Open a page to admins, and tell others what they may do instead, and who can import.

    That imports exist is no secret: docs and exports speak of them. What was imported is.
    """

    @wraps(view)
    def door(request: Request, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if request.user.is_admin:
            return view(request, *args, **kwargs)
        admins = User.objects.active().filter(role=User.Role.ADMIN)
        return page(request, "deals/import/not_yours.html", {"admins": admins}, status=403)

    return cast("View[P]", door)


@for_admins
@require_http_methods(["GET", "HEAD", "POST"])
def imports(request: Request) -> HttpResponse:
    """Show the latest imports and the form; take files in and begin to read them."""
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
            if run.state == ImportRun.State.ASKED:
                return redirect("deals:import-columns", pk=run.pk)
            go_on.delay_on_commit()
            return redirect("deals:import-run", pk=run.pk)
    told = {"form": form, "runs": ImportRun.objects.select_related("user")[:LATEST]}
    status = UNPROCESSABLE if form.errors else 200
    return page(request, "deals/import/imports.html", told, status=status)


@for_admins
@require_http_methods(["GET", "HEAD", "POST"])
def columns(request: Request, pk: int) -> HttpResponse:
    """Ask what each column of a file means, and show its first rows as they would come in."""
    found = get_object_or_404(ImportRun, pk=pk)
    if found.state not in (ImportRun.State.ASKED, ImportRun.State.PREVIEWED) or found.mapping:
        return redirect("deals:import-run", pk=pk)
    try:
        asking = Asking(found, request.user, timezone.now())
        return _asked(request, found, asking)
    except ValueError as error:
        told = {"run": found, "failure": str(error)}
        return page(request, "deals/import/columns.html", told, status=UNPROCESSABLE)


def _asked(request: Request, found: ImportRun, asking: Asking) -> HttpResponse:
    """Take what was said of the columns: open the file otherwise, look again, or go on."""
    if request.method != "POST":
        return page(request, "deals/import/columns.html", asking.told())
    if asking.reopen(request.POST):
        return redirect("deals:import-columns", pk=found.pk)
    is_valid = asking.hear(request.POST)
    if is_valid and "again" not in request.POST:
        asking.go_on()
        go_on.delay_on_commit()
        return redirect("deals:import-run", pk=found.pk)
    status = 200 if is_valid else UNPROCESSABLE
    return page(request, "deals/import/columns.html", asking.told(), status=status)


@for_admins
@require_safe
def run(request: Request, pk: int) -> HttpResponse:
    """Show one import: how far it is, what it would do or did, the first rows set aside."""
    found = get_object_or_404(ImportRun, pk=pk)
    told = {
        "run": found,
        "rejected": _first_rejected(found),
        "may_undo": undoing.may_undo(found, timezone.now()),
        "undo_days": undoing.UNDO_DAYS,
    }
    return page(request, "deals/import/run.html", told, part="run")


@for_admins
@require_POST
def confirm(request: Request, pk: int) -> HttpResponse:
    """Let what was tried out happen."""
    if runs.confirm(get_object_or_404(ImportRun, pk=pk)):
        go_on.delay_on_commit()
    return redirect("deals:import-run", pk=pk)


@for_admins
@require_POST
def drop(request: Request, pk: int) -> HttpResponse:
    """Throw the files away; nothing comes in."""
    if runs.drop(get_object_or_404(ImportRun, pk=pk), timezone.now()):
        messages.success(request, "Thrown away. Nothing came in.")
    return redirect("deals:import")


@for_admins
@require_POST
def cancel(request: Request, pk: int) -> HttpResponse:
    """Stop an import midway; what is written stays until it is undone."""
    runs.cancel(get_object_or_404(ImportRun, pk=pk), timezone.now())
    return redirect("deals:import-run", pk=pk)


@for_admins
@require_POST
def undo(request: Request, pk: int) -> HttpResponse:
    """Take an import back, in the background."""
    if undoing.begin(get_object_or_404(ImportRun, pk=pk), timezone.now()):
        go_on.delay_on_commit()
    else:
        messages.error(request, "It cannot be undone any more.")
    return redirect("deals:import-run", pk=pk)


@for_admins
@require_safe
def rejected(request: Request, pk: int) -> HttpResponseBase:
    """Hand out the rows that were set aside, as CSV."""
    path = runs.rejected_of(get_object_or_404(ImportRun, pk=pk))
    if path is None:
        raise Http404
    return FileResponse(
        path.open("rb"), as_attachment=True, filename=f"rejected-{pk}.csv",
        content_type="text/csv; charset=utf-8",
    )  # fmt: skip


def _first_rejected(run: ImportRun) -> list[dict[str, str]]:
    path = runs.rejected_of(run)
    if path is None:
        return []
    rows = rejected_rows.first(path, FIRST_REJECTED)
    return [{**row, "reason": plainly(row["reason"], run.kind)} for row in rows]
