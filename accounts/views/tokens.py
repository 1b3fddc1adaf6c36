"""The tokens of programs that work in one's name: made, shown once, revoked."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts import tokens
from accounts.access import reader
from accounts.forms.outcomes import has_gone_through, status_of
from accounts.forms.tokens import TokenForm
from accounts.models import ApiToken, User

PAGE = 50
SHOWN_NEXT = "token_to_show"  # which token the next page shows the secret of, once, and the secret


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def index(request: HttpRequest) -> HttpResponse:
    """List the tokens; make one. The page after that shows its secret, in one answer only."""
    me, now = reader(request), timezone.now()
    form = TokenForm(request.POST or None, reader=me, now=now)

    def make() -> None:
        told = form.cleaned_data
        ends = form.expires_at
        token, secret = tokens.issue(
            me, name=told["name"], scopes=told["scopes"], now=now, expires_at=ends
        )
        request.session[SHOWN_NEXT] = [token.pk, secret]

    if has_gone_through(form, make):
        return redirect("accounts:tokens")
    told = {"form": form, **_listed(request, me, now), **_shown_once(request, me)}
    return render(request, "accounts/tokens.html", told, status=status_of(form))


@require_POST
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a token of one's own open nothing any more; an admin, anybody's."""
    token = get_object_or_404(visible_to(reader(request)), pk=pk)
    tokens.revoke(token, now=timezone.now())
    messages.success(request, f"“{token}” is revoked. What used it is refused from now on.")
    return redirect("accounts:tokens")


def visible_to(user: User) -> QuerySet[ApiToken]:
    """Return the tokens that a user may see and revoke: their own; an admin, all."""
    rows = ApiToken.objects.select_related("user")
    return rows if user.is_admin else rows.filter(user=user)


def _listed(request: HttpRequest, me: User, now: datetime) -> dict[str, Any]:
    """Return the tokens that are good, or with `?ended` those that are not any more."""
    has_ended = Q(revoked_at__isnull=False) | Q(expires_at__lte=now) | Q(user__is_active=False)
    rows, shows_ended = visible_to(me), "ended" in request.GET
    shown = rows.filter(has_ended) if shows_ended else rows.exclude(has_ended)
    page = Paginator(shown.order_by("-created_at", "-pk"), PAGE).get_page(request.GET.get("page"))
    return {"page": page, "shows_ended": shows_ended, "now": now}


def _shown_once(request: HttpRequest, me: User) -> dict[str, Any]:
    """Return the secret that the page before promised, and forget it."""
    if request.method != "GET" or SHOWN_NEXT not in request.session:
        return {}
    pk, secret = request.session.pop(SHOWN_NEXT)
    made = visible_to(me).filter(pk=pk).first()
    if made is None:
        return {}
    return {"made": made, "secret": secret, "api": request.build_absolute_uri("/api/v1/")}
