"""How the pages of this app answer: whole or in part, and where they go on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from accounts.models import User

UNPROCESSABLE = 422  # an invalid form; CONTRIBUTING.md, "Pages"


class Request(HttpRequest):
    """A request as it reaches a page behind the sign-in."""

    user: User
    htmx: HtmxDetails


def page(
    request: Request,
    template: str,
    context: Mapping[str, Any],
    *,
    part: str = "",
    status: int = 200,
) -> HttpResponse:
    """Render a page, or its part of that name where HTMX asked for it."""
    name = f"{template}#{part}" if part and request.htmx else template
    response = render(request, name, dict(context), status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def form_page(request: Request, *, title: str, form: Any, **context: Any) -> HttpResponse:
    """Render a page that is one form, or the same form for the dialog; 422 where it has errors.

    `submit` is the button's words, `cancel_url` the way back, `lead` a sentence before the form,
    `danger` marks what takes something away.
    """
    status = UNPROCESSABLE if form is not None and form.errors else 200
    told = {"title": title, "form": form, "action": request.get_full_path(), **context}
    return page(request, "deals/form.html", told, part="dialog", status=status)


def go(request: Request, url: str) -> HttpResponse:
    """Send the reader on after a form was accepted, also from a dialog."""
    return HttpResponseClientRedirect(url) if request.htmx else redirect(url)


def way_back(request: Request, otherwise: str) -> str:
    """Return the page to go back to that a form named in `next`, if it is one of ours."""
    named = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url_has_allowed_host_and_scheme(named, {request.get_host()}, request.is_secure())
    return named if is_ours else otherwise


def admins_only(request: Request) -> None:
    """Answer 404 to whoever is no admin, as if there were no such page."""
    if not request.user.is_admin:
        raise Http404
