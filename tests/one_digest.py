"""What the test of a killed worker does in a process of its own, on a database of its own.

`morning` lets a deal of one more person have gone dark and makes the digests that are due,
`weekly` one of a manager whose report is due, `lost` gives up what never came back; each asks for
digests to be sent and prints the states of all that had something to tell, the oldest first.
"""

from __future__ import annotations

import sys
from datetime import timedelta

import django

django.setup()

from django.utils import timezone  # noqa: E402

from accounts.models import User, Workspace  # noqa: E402
from outreach import tasks  # noqa: E402
from outreach.digest import making, sending  # noqa: E402
from outreach.fates import LOST_AFTER  # noqa: E402
from outreach.models import DigestSettings  # noqa: E402
from tests.cast import Story, make_deal, sweep_at  # noqa: E402
from tests.digesting import states  # noqa: E402


def make_one(kind: str) -> None:
    """Have a deal go dark within the last hour, for somebody whose digest of a kind was due then."""
    now = timezone.now()
    Workspace.objects.update(time_zone="UTC")
    number = User.objects.count()
    user = User.objects.create_user(
        f"user{number}@yard.example", "x" * 8, name=f"User {number}", role=User.Role.MANAGER
    )
    hour_ago = now - timedelta(hours=1)
    due = {"morning_at": hour_ago.time(), "weekly_by_mail": False, "weekly_in_app": False}
    if kind == "weekly":
        due = {
            "weekly_at": hour_ago.time(), "weekly_on": hour_ago.weekday(),
            "morning_by_mail": False, "morning_in_app": False,
        }  # fmt: skip
    DigestSettings.objects.create(
        user=user, quiet_from=None, quiet_until=None, working_days_only=False, **due
    )
    written = now - timedelta(days=7, minutes=30)
    Story(make_deal(user, "Demo", opened_at=written)).we_write(written)
    sweep_at(now)
    making.make(now)


match sys.argv[1:]:
    case ["morning" | "weekly" as kind]:
        make_one(kind)
        tasks.send_digests.delay()
    case ["lost"]:
        sending.give_up_lost(timezone.now() + LOST_AFTER)
        tasks.send_digests.delay()
sys.stdout.write(" ".join(states()))
