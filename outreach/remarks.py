"""What a contact said about timing, budget, competitors or priorities: noted, changed, deleted.

A remark is a sign of why they may be silent, so the deal's suggestion follows each change.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.models import User
from deals.models import Deal
from outreach import reasons
from outreach.models import Remark
from outreach.models.reasons import RemarkQuerySet


def of(deal: Deal, reader: User) -> RemarkQuerySet:
    """Return the remarks on a deal that a reader may see, the latest first."""
    rows = Remark.objects.visible_to(reader).standing()
    return rows.filter(deal=deal).select_related("contact")


@transaction.atomic
def note(remark: Remark, *, now: datetime) -> None:
    """Save a remark, new or changed."""
    remark.save()
    reasons.observed(remark.deal_id, now)


@transaction.atomic
def delete(remark: Remark, *, now: datetime) -> None:
    """Delete a remark; `restore` takes that back."""
    remark.deleted_at = now
    remark.save(update_fields=["deleted_at"])
    reasons.observed(remark.deal_id, now)


@transaction.atomic
def restore(remark: Remark, *, now: datetime) -> None:
    """Take a deletion back."""
    remark.deleted_at = None
    remark.save(update_fields=["deleted_at"])
    reasons.observed(remark.deal_id, now)
