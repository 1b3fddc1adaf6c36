"""Deliver messages: at least once each, under an id that stays, for three days.

One message of an endpoint at a time, so that a slow one holds up nobody else; what a worker
claimed and died over is sent again when its lease ends. Source: Standard Webhooks, "Sending".
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import SystemRandom
from time import monotonic

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q

from outreach import net
from outreach.models import WebhookAttempt, WebhookEndpoint, WebhookMessage
from outreach.models.encrypted import UnreadableSecretError
from outreach.webhooks import signing
from outreach.webhooks.endpoints import secrets_of, switch_off

State = WebhookMessage.State
# After so many tries it waits so long for the next: three days and some hours in all.
PAUSES = (
    timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2),
    timedelta(hours=5), timedelta(hours=10), timedelta(hours=14), timedelta(hours=20),
    timedelta(hours=24),
)  # fmt: skip
# After its first failure an endpoint is left alone for a moment, then tried twice a minute, so that
# one that hangs with much to hear does not keep a worker to itself.
FIRST_REST, REST = timedelta(seconds=4), timedelta(seconds=30)
JITTER = 0.1  # more or less of a pause, so that what failed together does not come back together
PATIENCE = timedelta(days=3)
LEASE = timedelta(seconds=60)  # longer than one call may take
AT_ONCE = 8
SECONDS = 45.0
LONGEST_ANSWER = 500  # letters that an attempt keeps
GONE = 410
CHANCE = SystemRandom()


@dataclass(frozen=True, slots=True)
class Parcel:
    """A claimed message with all that sending it takes; `problem` says why it cannot be sent."""

    message: int
    endpoint: int
    message_id: str
    url: str
    body: bytes
    signed_by: list[str] = field(repr=False)
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one try: `status` is None where there was no answer."""

    status: int | None
    answer: str
    took: timedelta

    @property
    def is_success(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def deliver(clock: Callable[[], datetime], *, seconds: float = SECONDS) -> bool:
    """Deliver what is due, for `seconds` and the calls under way; return whether time ran out.

    An endpoint that failed rests for a while. Only this thread asks the database.
    """
    until = monotonic() + seconds
    failed: set[int] = set()
    under_way: dict[Future[Outcome], Parcel] = {}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        while True:
            has_time = monotonic() < until
            busy = failed | {parcel.endpoint for parcel in under_way.values()}
            for parcel in _claims(clock(), busy, AT_ONCE - len(under_way)) if has_time else ():
                under_way[pool.submit(_send, parcel, clock())] = parcel
            if not under_way:
                return not has_time
            for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                parcel = under_way.pop(future)
                record(parcel.message, future.result(), clock())
                if not future.result().is_success:
                    failed.add(parcel.endpoint)


def _claims(now: datetime, busy: Collection[int], limit: int) -> Iterator[Parcel]:
    """Yield the message of each endpoint that waited longest, claimed; at most `limit`."""
    waiting = WebhookMessage.objects.filter(state=State.WAITING, endpoint__disabled_at=None)
    due = waiting.filter(_rested("endpoint__", now), send_at__lte=now).exclude(endpoint__in=busy)
    under_way = WebhookMessage.objects.filter(endpoint=OuterRef("endpoint"))
    under_way = under_way.filter(state=State.WAITING, claimed_until__gt=now)
    endpoints = due.exclude(Exists(under_way)).order_by("endpoint").values_list("endpoint")
    for (endpoint,) in list(endpoints.distinct()[: max(limit, 0)]):
        if parcel := claim(endpoint, now):
            yield parcel


@transaction.atomic
def claim(endpoint_id: int, now: datetime) -> Parcel | None:
    """Claim the message of an endpoint that waited longest, unless one is under way."""
    skip = connection.features.has_select_for_update_skip_locked
    rows = WebhookEndpoint.objects.listening().defer("secret", "former_secret")
    endpoint = rows.filter(pk=endpoint_id).select_for_update(skip_locked=skip, no_key=True).first()
    waiting = WebhookMessage.objects.filter(endpoint=endpoint_id, state=State.WAITING)
    if endpoint is None or waiting.filter(claimed_until__gt=now).exists():
        return None
    message = waiting.filter(send_at__lte=now).order_by("send_at", "pk").first()
    if message is None:
        return None
    message.claimed_until = now + LEASE
    message.save(update_fields=["claimed_until"])
    return _parcel(message, endpoint, now)


def _rested(of: str, now: datetime) -> Q:
    return Q(**{f"{of}rests_until": None}) | Q(**{f"{of}rests_until__lte": now})


def _parcel(message: WebhookMessage, endpoint: WebhookEndpoint, now: datetime) -> Parcel:
    try:
        secrets, problem = secrets_of(endpoint, now), ""
    except UnreadableSecretError:
        secrets = []
        problem = (
            "The secret cannot be read with the keys in FIELD_KEYS. Add the key that it was saved "
            "with, or make a new secret."
        )
    return Parcel(
        message.pk, endpoint.pk, message.message_id, endpoint.url, message.body.encode(), secrets,
        problem,
    )  # fmt: skip


def _send(parcel: Parcel, now: datetime) -> Outcome:
    """Make one call, in a thread that asks no database."""
    began = monotonic()
    status, said = None, parcel.problem
    if not parcel.problem:
        headers = signing.headers(parcel.message_id, parcel.body, parcel.signed_by, now)
        try:
            answer = net.post(parcel.url, parcel.body, headers=headers)
        except net.NotReachedError as error:
            said = str(error)
        except Exception as error:  # noqa: BLE001  # one endpoint must not hold up the others
            said = f"It could not be sent ({type(error).__name__})."
        else:
            status, said = answer.status, _said(answer)
    return Outcome(status, said[:LONGEST_ANSWER], timedelta(seconds=monotonic() - began))


def _said(answer: net.Answer) -> str:
    if 300 <= answer.status < 400:
        where = answer.headers.get("location", "somewhere else")
        return f"It redirects to {where}. Redirects are not followed: enter that address instead."
    return answer.text


@transaction.atomic
def record(message_id: int, outcome: Outcome, now: datetime) -> None:
    """Write down what came of a try, and when the next one is, if there is one.

    A message that was deleted meanwhile is let be; so is one that somebody else delivered.
    """
    endpoints = WebhookEndpoint.objects.defer("secret", "former_secret")
    endpoint = (
        endpoints.filter(messages=message_id).select_for_update(no_key=True, of=("self",)).first()
    )
    messages = WebhookMessage.objects.select_for_update(no_key=True)
    message = messages.filter(pk=message_id).first()
    if endpoint is None or message is None:
        return
    WebhookAttempt.objects.create(
        message=message, tried_at=now, status=outcome.status, took=outcome.took,
        answer=outcome.answer,
    )  # fmt: skip
    message.claimed_until = None
    if outcome.is_success:
        _arrived(message, endpoint, now)
    elif message.state == State.WAITING:
        _failed(message, endpoint, outcome, now)


def _arrived(message: WebhookMessage, endpoint: WebhookEndpoint, now: datetime) -> None:
    message.state, message.ended_at, message.tries = State.DELIVERED, now, message.tries + 1
    message.save(update_fields=["state", "ended_at", "tries", "claimed_until"])
    endpoint.delivered_at, endpoint.failing_since, endpoint.rests_until = now, None, None
    endpoint.save(update_fields=["delivered_at", "failing_since", "rests_until"])


def _failed(
    message: WebhookMessage, endpoint: WebhookEndpoint, outcome: Outcome, now: datetime
) -> None:
    message.tries += 1
    if message.tries > len(PAUSES) or outcome.status == GONE:
        message.state, message.ended_at = State.FAILED, now
    else:
        message.send_at = now + _pause(message.tries)
    message.save(update_fields=["state", "ended_at", "tries", "send_at", "claimed_until"])
    endpoint.rests_until = now + (REST if endpoint.failing_since else FIRST_REST)
    endpoint.failing_since = endpoint.failing_since or now
    endpoint.save(update_fields=["failing_since", "rests_until"])
    if outcome.status == GONE:
        switch_off(endpoint, now, "It answered 410: it is gone and wants no more messages.")
    elif now - endpoint.failing_since >= PATIENCE:
        said = f"it answered {outcome.status}" if outcome.status else outcome.answer
        switch_off(endpoint, now, f"Nothing arrived for three days. The last time: {said}")


def _pause(tries: int) -> timedelta:
    """Return how long to wait after so many tries, give or take a little."""
    return PAUSES[tries - 1] * CHANCE.uniform(1 - JITTER, 1 + JITTER)
