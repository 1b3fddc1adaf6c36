"""What the pages show of endpoints and messages: how they are, and what became of each message."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery

from outreach.models import WebhookAttempt, WebhookEndpoint, WebhookMessage

State = WebhookMessage.State
PAGE = 50
LEVELS = {State.DELIVERED: "good", State.FAILED: "warn", State.WAITING: ""}


@dataclass(frozen=True, slots=True)
class Health:
    """How an endpoint is, in a word with its level, and since when."""

    endpoint: WebhookEndpoint
    level: str
    label: str

    @classmethod
    def of(cls, endpoint: WebhookEndpoint) -> Health:
        if endpoint.disabled_at:
            return cls(endpoint, "warn", "Switched off")
        if endpoint.failing_since:
            return cls(endpoint, "warn", "Failing")
        return cls(endpoint, "good", "Works") if endpoint.delivered_at else cls(endpoint, "", "New")


@dataclass(frozen=True, slots=True)
class Entry:
    """One message of the log: how it is, and what its endpoint last answered."""

    message: WebhookMessage
    level: str
    last_status: int | None


@dataclass(frozen=True, slots=True)
class LogPage:
    """So many messages, the latest first; `older` is the id to go on before, None at the end."""

    entries: Sequence[Entry]
    older: int | None


def endpoints() -> QuerySet[WebhookEndpoint]:
    """Return all endpoints without their secrets, with how many messages wait for each."""
    waiting = Count("messages", filter=Q(messages__state=State.WAITING))
    rows = WebhookEndpoint.objects.defer("secret", "former_secret")
    return rows.annotate(waiting=waiting).order_by("pk")


def page(endpoint: WebhookEndpoint, *, state: str = "", before: int | None = None) -> LogPage:
    """Return messages of an endpoint, those of one state or all; before an id, or the latest."""
    rows = endpoint.messages.defer("body").order_by("-pk")
    rows = rows.filter(state=state) if state else rows
    rows = rows.filter(pk__lt=before) if before else rows
    last = WebhookAttempt.objects.filter(message=OuterRef("pk")).order_by("-pk")
    found = list(rows.annotate(last_status=Subquery(last.values("status")[:1]))[: PAGE + 1])
    shown = [Entry(row, LEVELS[State(row.state)], row.last_status) for row in found[:PAGE]]
    return LogPage(shown, found[PAGE - 1].pk if len(found) > PAGE else None)


def has_given_up(endpoint: WebhookEndpoint) -> bool:
    """Whether there is a message in the log that can be sent again."""
    return endpoint.messages.filter(state=State.FAILED).exists()


def readable(message: WebhookMessage) -> str:
    """Return the body of a message as people read it."""
    return json.dumps(json.loads(message.body), ensure_ascii=False, indent=2)
