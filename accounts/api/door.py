"""The way of every call: whose it is, how many they have made, once only, and how it ends.

Calls that write are one transaction each, tried again where two of them met.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from time import sleep
from typing import Any, cast

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig
from django.db import IntegrityError, OperationalError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils import timezone
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.views.decorators.csrf import csrf_exempt

from accounts import tokens
from accounts.api import idempotency
from accounts.api.answers import ApiRequest
from accounts.api.problems import Problem
from accounts.middleware import zone_of
from accounts.tokens import Spent

LARGEST_BODY_BYTES = 5 * 2**20
REALM = 'Bearer realm="Lamplighter"'
SAFE = ("GET", "HEAD", "OPTIONS")
TRIES = 4  # two that meet once seldom meet twice
PAUSE_SECONDS = 0.1
View = Callable[..., HttpResponse]
log = logging.getLogger(__name__)


def door(view: View) -> View:
    """Let a call in by its token alone, whatever cookies it brings, and answer every error."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        call = cast("ApiRequest", request)
        call.now = timezone.now()
        spent: Spent | None = None
        try:
            spent = _let_in(call)
            response = _answer(call, lambda: view(call, *args, **kwargs))
        except Problem as problem:
            response = problem.response()
        except Exception:
            log.exception("A call of the API failed: %s %s", request.method, request.path)
            response = _our_fault().response()
        return _finished(call, response, spent)

    return cast("View", csrf_exempt(login_not_required(answered)))


def _let_in(request: ApiRequest) -> Spent:
    """Find out whose call it is and count it."""
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    token = tokens.authenticate(secret.strip(), request.now) if scheme.lower() == "bearer" else None
    if token is None:
        raise _unknown(is_named=bool(secret))
    spent = tokens.spend(token, request.now)
    request.token, request.user = token, token.user
    if not spent.is_allowed:
        raise _too_many(spent)
    timezone.activate(zone_of(token.user))
    return spent


def _answer(request: ApiRequest, act: Callable[[], HttpResponse]) -> HttpResponse:
    _refuse_bodies_that_cannot_be_read(request)
    if request.method in SAFE:
        return _said_otherwise(act())
    call = idempotency.claim(request, request.token, request.now) if _may_repeat(request) else None
    if call is None:
        return _written(act, lambda _: None)
    if call.status is not None:
        return idempotency.answer(call)
    is_kept = False
    try:
        response = _written(act, lambda done: idempotency.keep(call, done))
        is_kept = response.status_code < HTTPStatus.BAD_REQUEST
    finally:
        if not is_kept:
            idempotency.give_up(call)
    return response


def _may_repeat(request: HttpRequest) -> bool:
    """Whether a key has a meaning: what else writes is the same when it comes twice anyway."""
    return request.method == "POST"


def _written(act: Callable[[], HttpResponse], keep: Callable[[HttpResponse], None]) -> HttpResponse:
    """Do it in one transaction, with its kept answer; what ends in an error has done nothing."""
    for last in range(TRIES - 1, -1, -1):
        try:
            with transaction.atomic():
                response = _said_otherwise(act())
                if response.status_code >= HTTPStatus.BAD_REQUEST:
                    transaction.set_rollback(True)
                else:
                    keep(response)
                return response
        except (IntegrityError, OperationalError):  # two of them met: look again at what is there
            if not last:
                log.exception("A call of the API met others each time")
                raise _busy() from None
            sleep(PAUSE_SECONDS)
    raise AssertionError("unreachable")


def _refuse_bodies_that_cannot_be_read(request: HttpRequest) -> None:
    try:
        length = int(request.headers.get("Content-Length") or 0)
        body = b"" if length > LARGEST_BODY_BYTES else request.body
    except RequestDataTooBig:
        length = LARGEST_BODY_BYTES + 1
    except ValueError:
        raise Problem(HTTPStatus.BAD_REQUEST, "Content-Length is no number.") from None
    if length > LARGEST_BODY_BYTES:
        raise Problem(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            f"A body has at most {LARGEST_BODY_BYTES // 2**20} MiB. Send smaller batches.",
        )
    if body and request.method not in SAFE and request.content_type != "application/json":
        raise Problem(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "Send JSON, with the header Content-Type: application/json.",
        )


def _said_otherwise(response: HttpResponse) -> HttpResponse:
    """Say Django's own refusal of a method as a problem."""
    if not isinstance(response, HttpResponseNotAllowed):
        return response
    allowed = response["Allow"]
    return Problem(
        HTTPStatus.METHOD_NOT_ALLOWED, f"This address takes {allowed}.", headers={"Allow": allowed}
    ).response()


def _finished(request: ApiRequest, response: HttpResponse, spent: Spent | None) -> HttpResponse:
    patch_vary_headers(response, ["Authorization"])
    response["Cache-Control"] = "private, no-cache"
    if spent is not None:
        response["RateLimit-Limit"] = str(spent.limit)
        response["RateLimit-Remaining"] = str(spent.remaining)
        response["RateLimit-Reset"] = str(spent.reset)
    if request.method == "GET" and "ETag" in response:
        return cast("HttpResponse", _unless_known(request, response))
    return response


def _unless_known(request: HttpRequest, response: HttpResponse) -> Any:
    """Answer 304 to a reader who has it already; If-Match means something for writing only."""
    request.META.pop("HTTP_IF_MATCH", None)
    return get_conditional_response(request, etag=response["ETag"], response=response)


def _unknown(*, is_named: bool) -> Problem:
    challenge = f'{REALM}, error="invalid_token"' if is_named else REALM
    return Problem(
        HTTPStatus.UNAUTHORIZED,
        "Send a token that is good still: Authorization: Bearer lamp_…. "
        "Make one in the settings, under API tokens.",
        headers={"WWW-Authenticate": challenge},
    )


def _too_many(spent: Spent) -> Problem:
    return Problem(
        HTTPStatus.TOO_MANY_REQUESTS,
        f"That were more than {spent.limit} calls a minute. Wait {spent.wait} s, or send batches.",
        headers={
            "Retry-After": str(spent.wait),
            "RateLimit-Limit": str(spent.limit),
            "RateLimit-Remaining": "0",
            "RateLimit-Reset": str(spent.reset),
        },
    )


def _busy() -> Problem:
    return Problem(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "Others write the same right now, and nothing was done. Ask again in a moment.",
        headers={"Retry-After": "2"},
    )


def _our_fault() -> Problem:
    return Problem(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "Something went wrong on our side, and nothing was done. It is in the log; try again later.",
    )
