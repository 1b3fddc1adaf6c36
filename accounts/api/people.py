"""Who calls, and who works here."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpResponse
from ninja import Query

from accounts.api.answers import ApiRequest, Paged, one, page
from accounts.api.router import Routes
from accounts.api.scopes import READ
from accounts.api.values import Given, Page, UserOut
from accounts.models import User

router = Routes(tags=["People"])


class Me(Given):
    """The token that calls."""

    user: UserOut
    token: str
    scopes: list[str]
    expires_at: datetime | None


@router.operation("GET", "/me", READ, gives=Me, summary="Who calls, and what they may do")
def me(request: ApiRequest) -> HttpResponse:
    token = request.token
    return one(
        Me(
            user=UserOut.of(token.user), token=token.name, scopes=token.scopes,
            expires_at=token.expires_at,
        )
    )  # fmt: skip


@router.operation("GET", "/users", READ, gives=Page[UserOut], summary="Those whose deals one sees")
def users(request: ApiRequest, asked: Query[Paged]) -> HttpResponse:
    rows = User.objects.visible_to(request.user).active().select_related("team")
    return page(request, asked, rows, lambda found: map(UserOut.of, found))
