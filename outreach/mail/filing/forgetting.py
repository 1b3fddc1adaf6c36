"""Forget the mail of people who were erased: that it came stays, what it said and who it was do not."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q

from deals.models import Direction
from outreach.models import Attachment, Intake, Mail, Meeting

WAITING = (Mail.State.UNMATCHED, Mail.State.UNVERIFIED)


@transaction.atomic
def forget_erased() -> None:
    """Forget what is left of the words and addresses in mail of contacts who were erased.

    Mail of the same address that stands nowhere goes with it, as does what was set aside.
    """
    of_them = Mail.objects.filter(contact__erased_at__isnull=False)
    left = of_them.exclude(sender="", sender_name="", subject="", text="", html="", recipients=[])
    addresses = set(left.filter(direction=Direction.INBOUND).values_list("sender", flat=True))
    same_address = Q(contact=None, sender__in=addresses - {""})
    pks = list(Mail.objects.filter(Q(pk__in=left.values("pk")) | same_address).values_list("pk"))
    mails = Mail.objects.filter(pk__in=[pk for (pk,) in pks])
    Attachment.objects.filter(mail__in=mails).delete()
    Intake.objects.filter(envelope_sender__in=addresses - {""}).delete()
    mails.filter(state__in=WAITING).update(state=Mail.State.IGNORED)
    mails.update(
        sender="", sender_name="", subject="", text="", html="", recipients=[], why="", state_why="",
        calendars=[],
    )  # fmt: skip
    Meeting.objects.filter(contact__erased_at__isnull=False).exclude(summary="").update(summary="")
