"""What a contact said about timing, budget, competitors or priorities: noted, changed, deleted.

A remark is a sign of why they may be silent, so the deal's suggestion follows each change.
"""

from __future__ import annotations

import json
from datetime import date, datetime

from django.db import transaction

from accounts.models import User
from contacts.models import Contact
from deals.models import Deal
from outreach import reasons
from outreach.models import Remark
from outreach.models.reasons import RemarkQuerySet

KEPT = ("deal_id", "contact_id", "topic", "text", "user_id")  # besides the two dates


def of(deal: Deal, reader: User) -> RemarkQuerySet:
    """Return the remarks on a deal that a reader may see, the latest first."""
    return Remark.objects.visible_to(reader).filter(deal=deal).select_related("contact")


@transaction.atomic
def note(remark: Remark, *, now: datetime) -> None:
    """Save a remark, new or changed."""
    remark.save()
    reasons.observed(remark.deal_id, now)


@transaction.atomic
def delete(remark: Remark, *, now: datetime) -> str:
    """Delete a remark; return what `restore` needs to bring it back."""
    told = {name: getattr(remark, name) for name in KEPT}
    told |= {"said_on": str(remark.said_on), "recorded_at": remark.recorded_at.isoformat()}
    remark.delete()
    reasons.observed(told["deal_id"], now)
    return json.dumps(told, ensure_ascii=False)


@transaction.atomic
def restore(pk: int, told: str, *, user: User, now: datetime) -> bool:
    """Bring a deleted remark back; tell whether it was gone.

    Raises DoesNotExist where the reader may not see the deal any more, or the contact was erased.
    """
    known = json.loads(told)
    Deal.objects.visible_to(user).get(pk=known["deal_id"])
    Contact.objects.get(pk=known["contact_id"], erased_at=None)
    if Remark.objects.filter(pk=pk).exists():
        return False
    said_on = date.fromisoformat(known.pop("said_on"))
    recorded_at = datetime.fromisoformat(known.pop("recorded_at"))
    Remark.objects.create(pk=pk, said_on=said_on, recorded_at=recorded_at, **known)
    reasons.observed(known["deal_id"], now)
    return True
