"""One rep and one deal that goes dark in a moment. Run in an installation of its own."""

import django

django.setup()

from datetime import timedelta  # noqa: E402
from decimal import Decimal  # noqa: E402

from django.utils import timezone  # noqa: E402

from accounts.models import User  # noqa: E402
from contacts.models import Address, Company, Contact  # noqa: E402
from deals import conversation, course  # noqa: E402
from deals.models import Deal, Direction, Stage, Touch, Turn  # noqa: E402

WEEK = timedelta(days=7)  # the threshold of Demo, on the calendar's clock

now = timezone.now()
ines = User.objects.create_user("ines@example.com", "a lamp for Ines", name="Ines Falk")
nordhavn = Company.objects.create(name="Nordhavn Marine")
mara = Contact.objects.create(first_name="Mara", last_name="Lind", company=nordhavn)
Address.objects.create(contact=mara, channel="email", value="mara@example.org")
Address.objects.create(contact=mara, channel="phone", value="+46 31 555 01 20")
deal = Deal(
    title="Fleet telematics", stage=Stage.objects.get(name="Demo"), contact=mara,
    company=nordhavn, owner=ines, amount=Decimal(84_000), opened_at=now - 2 * WEEK,
)  # fmt: skip
course.open_deal(deal, now=deal.opened_at, turn=Turn.UNCHANGED)
written_at = now - WEEK + timedelta(seconds=2)
touch = Touch(
    channel="email", direction=Direction.OUTBOUND, occurred_at=written_at, user=ines,
    note="The demo is set up, have a look",
)  # fmt: skip
conversation.record(deal, touch, now=written_at)
