from collections.abc import Callable
from typing import Any, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import resolve_url
from django.utils.cache import patch_vary_headers
from django.utils.http import urlencode
from django_htmx.http import HttpResponseClientRedirect


class VariesByHtmx:
    """Tell caches that one URL has two renderings: the whole page, and its part for HTMX."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        patch_vary_headers(response, ["HX-Request"])
        return response


class SignInRequired(LoginRequiredMiddleware):
    """Every page needs a sign-in unless its view says `@login_not_required`."""

    def handle_no_permission(  # type: ignore[override]  # the answer to HTMX is no redirect
        self, request: HttpRequest, view_func: Any
    ) -> HttpResponseBase:
        """Send the whole page to the sign-in, also where HTMX asked for a part of it."""
        if not getattr(request, "htmx", False):
            return cast("HttpResponseBase", super().handle_no_permission(request, view_func))
        return _whole_page_to_sign_in(request)


def _whole_page_to_sign_in(request: HttpRequest) -> HttpResponse:
    page = urlsplit(request.headers.get("HX-Current-URL", "/"))
    back = urlencode({"next": page._replace(scheme="", netloc="", fragment="").geturl() or "/"})
    return HttpResponseClientRedirect(f"{resolve_url(settings.LOGIN_URL)}?{back}")
