"""What the storm of mail does in processes of its own, on a database of its own.

`begin DEALS PORT NAME` makes reps, contacts, deals and two mailboxes on a Dovecot; `work KILLS`
reads and files beside another worker while one of the two is killed again and again, and then
until nothing is left; `tell` prints what came of it all. A killed worker's claims run out after
seconds, so that a storm does not last for hours.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from random import Random
from time import monotonic, sleep

import django

django.setup()

from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts.models import User  # noqa: E402
from contacts.models import Address, Contact  # noqa: E402
from deals import rebuilding  # noqa: E402
from deals.models import Deal, Touch  # noqa: E402
from outreach.mail import receive  # noqa: E402
from outreach.mail.mailboxes import polling  # noqa: E402
from outreach.models import Intake, Mail, Mailbox  # noqa: E402
from tests.cast import make_deal  # noqa: E402
from tests.dovecot import PASSWORD  # noqa: E402

SOON = timedelta(seconds=3)
WORKERS = 2
TURN_SECONDS = 10  # a reader that has been started should read more than one mail
LONG_AGO = timedelta(days=60)
GIVEN_UP_SECONDS = 60


def begin(deals: str, port: str, *names: str) -> None:
    """Make a rep for each mailbox, and deals of theirs with a contact each."""
    opened_at = timezone.now() - LONG_AGO
    reps = []
    for name in names:
        rep = User.objects.create_user(f"{name}@us.example", name=name)
        reps.append(rep)
        Mailbox.objects.create(
            user=rep, address=rep.email, imap_host="127.0.0.1", imap_port=int(port),
            imap_security="none", username=name, password=PASSWORD, backfill_days=40,
        )  # fmt: skip
    for number in range(int(deals)):
        contact = Contact.objects.create(first_name="Person", last_name=str(number))
        Address.objects.create(contact=contact, channel="email", value=f"p{number}@them.example")
        make_deal(reps[number % len(reps)], contact=contact, opened_at=opened_at)


def work(kills: str, count: str, seed: str) -> None:
    """Let two workers run, and kill one of them again and again until `count` mails are filed.

    Then let them finish.
    """
    chance, wanted = Random(int(seed)), sorted(
        Random(int(seed)).sample(range(int(count) - 1), int(kills))
    )  # fmt: skip
    workers = [_started(_go_on) for _ in range(WORKERS)]
    for filed in wanted:
        while Mail.objects.count() < filed:
            sleep(0.01)
        sleep(chance.uniform(0, 0.1))
        place = chance.randrange(WORKERS)
        _kill(workers[place])
        workers[place] = _started(_go_on)
    os.waitpid(_started(partial(_finish, int(count))), 0)
    for worker in workers:
        _kill(worker)


def tell() -> None:
    """Print what there is, as JSON."""
    touches = Touch.objects.filter(source="mail")
    mails = Mail.objects.exclude(state__in=["filed", "assumed"])
    said = {
        "touches": touches.count(),
        "directions": dict(Counter(touches.values_list("direction", flat=True))),
        "subjects": len(set(touches.values_list("subject", flat=True))),
        "mails": Mail.objects.count(),
        "waiting": list(Intake.objects.values_list("problem", flat=True)),
        "elsewhere": list(mails.values_list("state", "state_why", "subject")[:5]),
        "differing": rebuilding.check(timezone.now, lambda *_: None).differing,
        "deals": Deal.objects.count(),
        "problems": [box.read_problem for box in Mailbox.objects.all() if box.read_problem],
    }
    sys.stdout.write(json.dumps(said))


def _started(job: Callable[[], None]) -> int:
    """Fork a worker: it is up at once, as a worker of Celery's pool is."""
    connection.close()
    pid = os.fork()
    if pid:
        return pid
    try:
        job()
    finally:
        os._exit(0)


def _kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def _go_on() -> None:
    while True:
        _try()


def _try() -> int:
    try:
        return _turn()
    except Exception:  # noqa: BLE001  # a task of Celery's that fails ends no worker either
        traceback.print_exc()
        sleep(1)
        return 1


def _finish(count: int) -> None:
    """Go on until all that came has been filed, as beat does; or until nothing comes any more."""
    quiet_since = monotonic()
    while True:
        patience = (2 * SOON).total_seconds() if Mail.objects.count() >= count else GIVEN_UP_SECONDS
        if monotonic() - quiet_since > patience:
            return
        for intake in Intake.objects.filter(set_aside_at__isnull=False):
            receive.retry(intake)  # as an admin does: its reader was stopped too often
        if _try() or Intake.objects.exists():
            quiet_since = monotonic()


def _turn() -> int:
    before = Intake.objects.count()
    for pk in polling.due(timezone.now()):
        polling.read(pk, timezone.now())
    taken = Intake.objects.count() - before
    filed = receive.file_waiting(timezone.now(), until=monotonic() + TURN_SECONDS)
    if not filed:
        sleep(0.05)
    return filed + max(taken, 0)


polling.LEASE = receive.LEASE = SOON
match sys.argv[1:]:
    case ["begin", *words]:
        begin(*words)
    case ["work", *words]:
        work(*words)
    case ["tell"]:
        tell()
