"""What the test of a killed worker does in a process of its own, on a database of its own.

`order` orders a mail and asks for it to be sent, `lost` asks about what never came back; each
prints the states of all mails, the oldest first.
"""

from __future__ import annotations

import sys
from datetime import timedelta

import django

django.setup()

from django.utils import timezone  # noqa: E402

from accounts.models import User  # noqa: E402
from outreach import fates, tasks  # noqa: E402
from outreach.models import Delivery  # noqa: E402
from tests.cast import make_contact, make_deal  # noqa: E402
from tests.mailing import order  # noqa: E402


def order_one() -> None:
    """Order a mail a minute ago, so that it is due."""
    user = User.objects.first() or User.objects.create_user("ines@example.com", name="Ines")
    contact = make_contact(addresses={"email": f"mara{Delivery.objects.count()}@yard.example"})
    minute_ago = timezone.now() - timedelta(minutes=1)
    order(make_deal(user, opened_at=minute_ago, contact=contact), user, now=minute_ago)
    tasks.send_due.delay()


match sys.argv[1:]:
    case ["order"]:
        order_one()
    case ["lost"]:
        fates.give_up_lost(timezone.now() + fates.LOST_AFTER)
        tasks.send_due.delay()
sys.stdout.write(" ".join(Delivery.objects.order_by("pk").values_list("state", flat=True)))
