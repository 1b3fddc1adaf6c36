"""What the test of the whole way does in a process of its own, on a database of its own.

`begin SMTP IMAP NAME` sends a mail through a rep's mailbox, as of eight days ago, so that its
silence is dark by now; `watch` prints a line whenever something has become of it.
"""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from threading import Event
from time import monotonic

import django

django.setup()

from django.utils import timezone  # noqa: E402

from accounts.models import User  # noqa: E402
from deals.models import Deal, Touch  # noqa: E402
from outreach.mail import send  # noqa: E402
from outreach.models import Delivery, Mail, Mailbox, MailFolder, Suggestion  # noqa: E402
from tests.cast import make_contact, make_deal  # noqa: E402
from tests.dovecot import PASSWORD  # noqa: E402
from tests.mailing import order  # noqa: E402
from tests.serving import PATIENCE_SECONDS  # noqa: E402


def begin(smtp_port: str, imap_port: str, name: str) -> None:
    then = timezone.now() - timedelta(days=8)
    ines = User.objects.create_user("ines@example.com", name="Ines")
    Mailbox.objects.create(
        user=ines, address="ines@example.com", smtp_host="127.0.0.1", smtp_port=int(smtp_port),
        smtp_security="none", imap_host="127.0.0.1", imap_port=int(imap_port),
        imap_security="none", username=name, password=PASSWORD, backfill_days=30,
    )  # fmt: skip
    mara = make_contact(addresses={"email": "mara@yard.example", "phone": "+46 31 555 0120"})
    deal = make_deal(ines, "Demo", contact=mara, opened_at=then - timedelta(days=1))
    send.deliver(order(deal, ines, now=then).pk, then + timedelta(minutes=1))


def watch() -> None:
    """Tell what has become of it for as long as a test is patient, or until its end."""
    deadline, said = monotonic() + PATIENCE_SECONDS, ""
    while monotonic() < deadline:
        now = json.dumps(state())
        if now != said:
            print(now, flush=True)  # noqa: T201
            said = now
        Event().wait(0.2)


def state() -> dict[str, object]:
    silence = Deal.objects.get().silences.by_them().order_by("started_at").last()
    return {
        "delivery": Delivery.objects.get().state,
        "silence": "" if silence is None else silence.ending or "open",
        "is_dark": bool(silence and silence.is_dark),
        "suggestions": list(Suggestion.objects.order_by("pk").values_list("state", flat=True)),
        "touches": list(Touch.objects.order_by("pk").values_list("direction", "source")),
        "mails": list(Mail.objects.order_by("direction").values_list("direction", "state")),
        "folders": MailFolder.objects.exclude(uid_validity=None).count(),
    }


match sys.argv[1:]:
    case ["begin", *words]:
        begin(*words)
    case ["watch"]:
        watch()
