"""What an admin does with the endpoints of webhooks, and what becomes of one that fails."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet

from accounts.models import User
from outreach.models import Notice, WebhookEndpoint, WebhookMessage
from outreach.models.encrypted import UnreadableSecretError
from outreach.webhooks import signing
from outreach.webhooks.passing_on import new_message

State = WebhookMessage.State
FORMER_LASTS = timedelta(hours=24)  # time to bring the new secret to the receiver
TEST = "webhook.test"
OFF = "This endpoint is switched off. Switch it on first, so that it is told again."


def add(url: str, kinds: Sequence[str], *, user: User, now: datetime) -> WebhookEndpoint:
    """Add an endpoint with a fresh secret; it is told what happens from now on."""
    return WebhookEndpoint.objects.create(
        url=url, kinds=list(kinds), secret=signing.new_secret(), created_at=now, user=user
    )


def change(endpoint: WebhookEndpoint, url: str, kinds: Sequence[str]) -> None:
    """Tell another address, or of other kinds; what waits goes to the new address too."""
    endpoint.url, endpoint.kinds = url, list(kinds)
    endpoint.rests_until = None
    endpoint.save(update_fields=["url", "kinds", "rests_until"])


@transaction.atomic
def rotate(endpoint: WebhookEndpoint, now: datetime) -> str:
    """Give it a new secret and return it; the former one signs too for a day.

    One that cannot be read any more signs nothing and is dropped.
    """
    rows = WebhookEndpoint.objects.defer("secret", "former_secret")
    row = rows.select_for_update(no_key=True).get(pk=endpoint.pk)
    try:
        row.former_secret, row.former_until = row.secret, now + FORMER_LASTS
    except UnreadableSecretError:
        row.former_secret, row.former_until = "", None
    row.secret = signing.new_secret()
    row.save(update_fields=["secret", "former_secret", "former_until"])
    return row.secret


def secrets_of(endpoint: WebhookEndpoint, now: datetime) -> list[str]:
    """Return what signs at `now`, the newest first. Raises UnreadableSecretError."""
    former = endpoint.former_until is not None and endpoint.former_until > now
    return [endpoint.secret, *([endpoint.former_secret] if former else [])]


@transaction.atomic
def switch_off(endpoint: WebhookEndpoint, now: datetime, problem: str = "") -> None:
    """Tell it nothing more, for the reason that `problem` says; what waited is given up.

    Where there is a reason no person did it, so that the admins are told, once.
    """
    endpoint.disabled_at, endpoint.problem = now, problem[:300]
    endpoint.save(update_fields=["disabled_at", "problem"])
    waiting = endpoint.messages.filter(state=State.WAITING)
    waiting.update(state=State.FAILED, ended_at=now, claimed_until=None)
    if problem:
        _tell_admins(endpoint, now)


def switch_on(endpoint: WebhookEndpoint) -> None:
    """Tell it what happens from now on; what it missed can be sent again by hand."""
    endpoint.disabled_at, endpoint.problem = None, ""
    endpoint.failing_since = endpoint.rests_until = None
    endpoint.save(update_fields=["disabled_at", "problem", "failing_since", "rests_until"])


@transaction.atomic
def remove(endpoint: WebhookEndpoint) -> None:
    """Delete it with its log; a call under way finds nothing left to write down."""
    list(WebhookEndpoint.objects.filter(pk=endpoint.pk).select_for_update().values_list("pk"))
    endpoint.delete()


def try_out(endpoint: WebhookEndpoint, now: datetime) -> WebhookMessage:
    """Write a message that says nothing, to see whether it arrives. Raises ValidationError."""
    _is_on(endpoint)
    told = {"says": "This is a test. Nothing happened."}
    message = new_message(endpoint, TEST, now, told, now)
    message.save()
    return message


def redeliver(message: WebhookMessage, now: datetime) -> None:
    """Send a message again, as it was and under the same id. Raises ValidationError."""
    _is_on(message.endpoint)
    again = WebhookMessage.objects.filter(pk=message.pk).exclude(state=State.WAITING)
    _send_again(again, now)


def redeliver_failed(endpoint: WebhookEndpoint, since: datetime, now: datetime) -> int:
    """Send all that was given up since an instant again; return how many. Raises ValidationError."""
    _is_on(endpoint)
    return _send_again(endpoint.messages.filter(state=State.FAILED, created_at__gte=since), now)


def _send_again(messages: QuerySet[WebhookMessage], now: datetime) -> int:
    """Send at once, whether or not the endpoint rests: somebody wants to see it."""
    WebhookEndpoint.objects.filter(messages__in=messages).update(rests_until=None)
    return messages.update(state=State.WAITING, send_at=now, tries=0, ended_at=None)


def _tell_admins(endpoint: WebhookEndpoint, now: datetime) -> None:
    """Write the admins a notice; it names the host alone, for addresses of webhooks are secrets."""
    host = urlsplit(endpoint.url).hostname or "A webhook"
    text = f"{host} is told nothing more: its webhook was switched off. {endpoint.problem}"
    admins = User.objects.active().admins()
    Notice.objects.bulk_create(
        [
            Notice(
                user=admin, endpoint=endpoint, kind=Notice.Kind.WEBHOOK_OFF, text=text[:300],
                key=f"{endpoint.pk}@{now.timestamp():.0f}:{admin.pk}", created_at=now,
            )
            for admin in admins
        ],
        ignore_conflicts=True,
    )  # fmt: skip


def _is_on(endpoint: WebhookEndpoint) -> None:
    if endpoint.disabled_at is not None:
        raise ValidationError(OFF, code="off")
