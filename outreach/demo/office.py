"""What the office of the demo keeps: exchange rates, who gets the weekly report, the digests.

Dollars have rates and pounds have none, so that the report shows either.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from accounts.models import User, Workspace
from deals import rates
from outreach.demo.house import LEADERS, REPS
from outreach.digest import hours, making, recipients
from outreach.digest.people import House
from outreach.models import DigestSettings

HIGH_VALUE = Decimal(50_000)
# How many days ago the admin said what a dollar is worth from what day on; once with a slip.
DOLLARS = ((700, 700, "0.93"), (330, 330, "0.98"), (329, 330, "0.89"), (95, 95, "0.86"))
READERS = ("ada@example.com", "board@example.org")  # of the first manager's report
HOUR = timedelta(hours=1)
LATELY = 21 * 24  # hours: no holidays are longer


def furnish(now: datetime) -> None:
    """Write the rates, and to whom the first manager has the report mailed."""
    manager, admin = (User.objects.get(email=LEADERS[place].email) for place in (0, -1))
    for said, since, rate in DOLLARS:
        said_at, from_on = now - timedelta(days=said), (now - timedelta(days=since)).date()
        rates.set_rate("USD", from_on, Decimal(rate), user=admin, now=said_at)
    for email in READERS:
        recipients.add_recipient(manager, email, now=now - timedelta(days=180))


def tell(now: datetime) -> None:
    """Make the digests of the first rep's latest morning, as the worker would have."""
    Workspace.objects.update(high_value_amount=HIGH_VALUE)
    ines = User.objects.select_related("digest_settings").get(email=REPS[0].email)
    rhythm, wall = House.at(now).rhythm(ines), DigestSettings.of(ines).morning_at
    ago = (now - number * HOUR for number in range(LATELY))
    making.make(next((at for at in ago if hours.morning(rhythm, wall, at)), now))
