"""Turn what was announced into messages, one for each endpoint that wants it, and forget it.

In one transaction: whatever breaks off, each endpoint has each message once or not yet.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.urls import reverse

from accounts.models import User
from contacts.models import Contact
from deals.announcing import Content, say
from deals.models import Announcement, Stage
from outreach.models import WebhookEndpoint, WebhookMessage

BATCH = 500
KEPT = timedelta(days=30)


def pass_on(now: datetime) -> int:
    """Pass on up to BATCH announcements; return how many. Several workers may do so at once."""
    # asked first, for on SQLite each transaction keeps all other writers waiting
    return _pass_on(now) if Announcement.objects.exists() else 0


@transaction.atomic
def _pass_on(now: datetime) -> int:
    skip = connection.features.has_select_for_update_skip_locked
    rows = Announcement.objects.order_by("pk").select_for_update(skip_locked=skip)[:BATCH]
    announced = list(rows)
    if not announced:
        return 0
    endpoints = list(WebhookEndpoint.objects.listening().defer("secret", "former_secret"))
    if endpoints:
        WebhookMessage.objects.bulk_create(_messages(announced, endpoints, now), batch_size=BATCH)
    Announcement.objects.filter(pk__in=[row.pk for row in announced]).delete()
    return len(announced)


def forget_old(now: datetime) -> int:
    """Delete messages that came to their end 30 days ago, a batch at a time; return how many."""
    old = WebhookMessage.objects.filter(ended_at__lt=now - KEPT).order_by("pk")
    forgotten = 0
    while ids := list(old.values_list("pk", flat=True)[:BATCH]):
        WebhookMessage.objects.filter(pk__in=ids).delete()
        forgotten += len(ids)
    return forgotten


def new_message(
    endpoint: WebhookEndpoint, kind: str, at: datetime, told: Content, now: datetime
) -> WebhookMessage:
    """Return a message of a kind that came about `at`, not saved yet."""
    return WebhookMessage(
        endpoint=endpoint, message_id=_new_id(), kind=kind, body=_body(kind, at, told),
        created_at=now, send_at=now,
    )  # fmt: skip


def _messages(
    announced: Sequence[Announcement], endpoints: Sequence[WebhookEndpoint], now: datetime
) -> Iterator[WebhookMessage]:
    names = _Names(announced)
    for row in announced:
        message_id, body = _new_id(), _body(row.kind, row.occurred_at, names.fill_in(row.content))
        for endpoint in endpoints:
            if endpoint.hears(row.kind):
                yield WebhookMessage(
                    endpoint=endpoint, message_id=message_id, kind=row.kind, body=body,
                    created_at=now, send_at=now,
                )  # fmt: skip


class _Names:
    """What the ids in announcements stand for, read for many at once."""

    def __init__(self, announced: Sequence[Announcement]) -> None:
        deals = [row.content["deal"] for row in announced]
        contacts = {deal["contact_id"] for deal in deals}
        contacts |= {
            row.content["suggestion"]["contact_id"]
            for row in announced
            if "suggestion" in row.content
        }
        self.owners = User.objects.in_bulk({deal["owner_id"] for deal in deals})
        self.stages = Stage.objects.select_related("pipeline").in_bulk(
            {deal["stage_id"] for deal in deals}
        )
        self.contacts = Contact.objects.filter(erased_at=None).in_bulk(contacts)

    def fill_in(self, content: Content) -> Content:
        """Return what was announced with names and a link beside the ids."""
        deal = dict(content["deal"])
        owner, stage = self.owners.get(deal["owner_id"]), self.stages.get(deal["stage_id"])
        deal["owner"] = {"id": deal.pop("owner_id"), "email": owner.email if owner else None}
        deal["stage"] = {
            "id": deal.pop("stage_id"),
            "name": stage.name if stage else None,
            "pipeline": stage.pipeline.name if stage else None,
        }
        deal["contact"] = self.contact(deal.pop("contact_id"))
        deal["link"] = settings.BASE_URL + reverse("deals:deal", args=[deal["id"]])
        filled = {**content, "deal": deal}
        if suggestion := content.get("suggestion"):
            suggestion = dict(suggestion)
            suggestion["contact"] = self.contact(suggestion.pop("contact_id"))
            filled["suggestion"] = suggestion
        return filled

    def contact(self, pk: int) -> Content:
        found = self.contacts.get(pk)
        return {
            "id": pk,
            "source": found.source if found else None,
            "external_id": found.external_id if found else None,
            "name": str(found) if found else None,
        }


def _new_id() -> str:
    return f"msg_{uuid.uuid4().hex}"


def _body(kind: str, at: datetime, told: dict[str, Any]) -> str:
    """Return what is sent, to the byte. Source: Standard Webhooks, "Payload structure"."""
    whole = {"type": kind, "timestamp": say(at), "data": told}
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":"))
