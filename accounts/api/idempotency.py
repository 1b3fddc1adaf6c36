"""Calls that say "the same again is not a second one": an Idempotency-Key and its kept answer.

The claim of a key is a row of its own; what the call does and its answer are one transaction. So
a call that broke off has done nothing, and the same again does it.
"""

from __future__ import annotations

import hashlib
import json
import re
from datetime import datetime, timedelta
from http import HTTPStatus

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse

from accounts.api.problems import Problem, unprocessable, wrong_parameter
from accounts.models import AnsweredCall, ApiToken

HEADER = "Idempotency-Key"
KEY = re.compile(r"[\x21-\x7e]{1,200}")
KEPT = timedelta(hours=25)  # a day, and an hour for whoever counts days by another clock
BROKEN_OFF = timedelta(minutes=3)  # no call lasts that long: the web server ends it after two
REPLAYED = "Idempotency-Replayed"


def claim(request: HttpRequest, token: ApiToken, now: datetime) -> AnsweredCall | None:
    """Claim the key of a call, or return None where it names none.

    The row returned has a status where the call was answered before. Raises Problem where the key
    was another call's, or its call is still being answered.
    """
    key = request.headers.get(HEADER)
    if key is None:
        return None
    if not KEY.fullmatch(key):
        remedy = "Send up to 200 printable ASCII characters without blanks, such as a UUID."
        raise unprocessable([wrong_parameter(HEADER, remedy)])
    digest = _digest(request)
    try:
        with transaction.atomic():
            new = {"token": token, "key": key, "digest": digest, "created_at": now}
            return AnsweredCall.objects.create(**new)
    except IntegrityError:
        known = AnsweredCall.objects.filter(token=token, key=key).first()
    if known is None:  # given up since
        raise _in_progress()
    return _known(known, digest, now)


def _known(call: AnsweredCall, digest: str, now: datetime) -> AnsweredCall:
    if call.created_at <= now - KEPT:
        return _take_over(call, digest, now)
    if call.digest != digest:
        remedy = "This key was another call's. Send a new key with every new call."
        raise unprocessable([wrong_parameter(HEADER, remedy)])
    if call.status is None and call.created_at <= now - BROKEN_OFF:
        return _take_over(call, digest, now)
    if call.status is None:
        raise _in_progress()
    return call


def _take_over(call: AnsweredCall, digest: str, now: datetime) -> AnsweredCall:
    """Claim a key again, whose call is forgotten or broke off; one of several wins."""
    as_read = AnsweredCall.objects.filter(
        pk=call.pk, created_at=call.created_at, status=call.status
    )
    if not as_read.update(digest=digest, status=None, answer="", created_at=now):
        raise _in_progress()
    call.digest, call.status, call.answer, call.created_at = digest, None, "", now
    return call


def keep(call: AnsweredCall, response: HttpResponse) -> None:
    """Keep the answer of a call, in the transaction of what it did."""
    said = {
        "body": response.content.decode(),
        "headers": {name: response[name] for name in ("ETag", "Location") if name in response},
    }
    claimed = AnsweredCall.objects.filter(pk=call.pk, status=None, created_at=call.created_at)
    if not claimed.update(status=response.status_code, answer=json.dumps(said)):
        raise _in_progress()  # somebody took it over: what they do counts


def give_up(call: AnsweredCall) -> None:
    """Free the key of a call that did nothing."""
    AnsweredCall.objects.filter(pk=call.pk, status=None, created_at=call.created_at).delete()


def answer(call: AnsweredCall) -> HttpResponse:
    """Return what a call was answered before."""
    said = json.loads(call.answer)
    response = HttpResponse(
        said["body"], status=call.status, content_type="application/json", headers=said["headers"]
    )
    response[REPLAYED] = "true"
    return response


def forget(now: datetime) -> int:
    """Delete the answers that are old enough; return how many."""
    deleted, _ = AnsweredCall.objects.filter(created_at__lte=now - KEPT).delete()
    return deleted


def _digest(request: HttpRequest) -> str:
    told = f"{request.method} {request.get_full_path()}\n".encode() + request.body
    return hashlib.sha256(told).hexdigest()


def _in_progress() -> Problem:
    return Problem(
        HTTPStatus.CONFLICT,
        "The same call is being answered right now. Ask again in a moment.",
        headers={"Retry-After": "1"},
    )
