"""What the filing of one mail asks of the database, and that it asks nothing twice."""

from __future__ import annotations

import re
from collections import Counter
from time import monotonic
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User, Workspace
from outreach.mail import asked, receive
from outreach.models import Mail
from tests.cast import Story, day, make_contact, make_deal
from tests.incoming import came, raw_mail, read_mail, taken_in

MARA = "mara@example.org"
TABLE = re.compile(r'(SELECT|INSERT|UPDATE|DELETE)\b.*?\b(?:FROM|INTO|UPDATE) "(\w+)"')
# Asked by the filing alone; the rest is what the history asks for, whatever was recorded.
OWN = ("accounts_", "contacts_address", "outreach_")


@pytest.fixture
def story(ines: User) -> Story:
    told = Story(make_deal(ines, "Demo", contact=make_contact(addresses={"email": MARA})))
    told.we_write(day(0, 10))
    return told


def asked_for(queries: list[dict[str, Any]]) -> dict[str, int]:
    """Count the statements of a filing by what they do to which table."""
    found = (TABLE.search(query["sql"].replace("UPDATE ", "UPDATE UPDATE ")) for query in queries)
    named = (f"{one[1].lower()} {one[2]}" for one in found if one and one[2].startswith(OWN))
    return dict(Counter(named))


def test_filing_a_reply_asks_nothing_twice(story: Story) -> None:
    intake = taken_in(day(2))
    with CaptureQueriesContext(connection) as captured:
        receive.file(read_mail(sender=MARA), intake, day(2))
    assert asked_for(captured.captured_queries) == {
        "select accounts_workspace": 1,
        "select outreach_mailbox": 1,  # is the sender or a recipient one of us
        "select accounts_user": 1,
        "select outreach_mail": 2,  # is it there already; who waits for it
        "insert outreach_mail": 1,
        "update outreach_mail": 1,
        "select contacts_address": 2,  # whose it is; by which address
        "delete outreach_intake": 1,
    }


def test_a_reply_costs_no_more_beside_many_others(story: Story) -> None:
    counts = []
    for number in range(3):
        intake = taken_in(day(2, 10 + number))
        said = read_mail(sender=MARA, message_id=f"<{number}@x>", at=day(2, 10 + number))
        with CaptureQueriesContext(connection) as captured:
            receive.file(said, intake, day(2, 10 + number))
        counts.append(len(captured.captured_queries))
    assert counts[1] == counts[2]


def test_a_setting_that_is_changed_counts_for_the_next_mail(story: Story) -> None:
    came(read_mail(sender=MARA, message_id="<1@x>"), day(2))
    Workspace.objects.update(demands_pass=True)
    assert came(read_mail(sender=MARA, message_id="<2@x>"), day(3)).state == "unverified"


def test_a_worker_asks_anew_for_every_mail(story: Story) -> None:
    for number in range(2):
        taken_in(day(2), raw=raw_mail(sender=MARA, message_id=f"<{number}@x>"))
    with CaptureQueriesContext(connection) as captured:
        receive.file_waiting(day(2), monotonic() + 60)
    assert asked_for(captured.captured_queries)["select accounts_workspace"] == 2
    assert Mail.objects.count() == 2


def test_answers_are_forgotten_with_the_mail() -> None:
    answers = iter(range(9))

    def ask() -> int:
        return asked.for_("question", lambda: next(answers))

    assert (ask(), ask()) == (0, 1)
    with asked.once():
        assert (ask(), ask()) == (2, 2)
        with asked.once():
            assert ask() == 2
        assert ask() == 2
    assert ask() == 3
