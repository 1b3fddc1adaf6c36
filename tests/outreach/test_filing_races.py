"""Workers that file side by side, each on a connection of its own (PostgreSQL)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from time import monotonic

import pytest
from django.db import connection

from accounts.models import User
from deals import people, rebuilding
from deals.models import Hold, Touch
from outreach.mail import receive
from outreach.mail.filing import decide
from outreach.models import Door, Intake, Mail
from tests.cast import Story, day, make_contact, make_deal
from tests.incoming import came, raw_mail, read_mail, taken_in

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]
MARA = "mara@example.org"


@pytest.fixture
def run() -> Iterator[Callable[..., Future]]:
    """Run something in a thread; its connection is closed when it is done."""

    def closing(act: Callable[..., object], *args: object) -> object:
        try:
            return act(*args)
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=8) as pool:
        yield lambda act, *args: pool.submit(closing, act, *args)


@pytest.fixture
def story(ines: User) -> Story:
    told = Story(make_deal(ines, "Demo", contact=make_contact(addresses={"email": MARA})))
    told.we_write(day(0, 10))
    return told


def test_the_same_mail_filed_by_eight_at_once_is_one(
    story: Story, run: Callable[..., Future]
) -> None:
    for round_ in range(3):
        said = read_mail(sender=MARA, message_id=f"<{round_}@x>")
        together = Barrier(8)

        def file(number: int, said: object = said, together: Barrier = together) -> Mail:
            together.wait()
            received_at = day(5) + timedelta(minutes=number)
            return came(said, day(6), door=Door.WEBHOOK, received_at=received_at)

        filed = [each.result() for each in [run(file, number) for number in range(8)]]
        assert len({mail.pk for mail in filed}) == 1
    assert Mail.objects.count() == Touch.objects.filter(source="mail").count() == 3
    assert set(Touch.objects.filter(source="mail").values_list("occurred_at", flat=True)) == {
        day(5)
    }
    assert Intake.objects.count() == 0


def test_one_word_of_two_people_counts(story: Story, run: Callable[..., Future]) -> None:
    other = make_deal(story.deal.owner)
    mail = came(read_mail(sender=MARA), day(2))
    together = Barrier(4)

    def move() -> bool:
        together.wait()
        return decide.move(mail, other, user=story.deal.owner, now=day(3))

    assert sorted(each.result() for each in [run(move) for _ in range(4)]) == [
        False, False, False, True,
    ]  # fmt: skip
    assert Touch.objects.get(source="mail").deal == other


def test_workers_on_the_same_deals_never_wait_in_a_ring(
    ines: User, run: Callable[..., Future]
) -> None:
    """Contacts who are away take part in each other's deals: a word of one touches all of them."""
    contacts = [make_contact(addresses={"email": f"c{number}@example.org"}) for number in range(4)]
    deals = [make_deal(ines, "Demo", contact=contact) for contact in contacts]
    for number, deal in enumerate(deals):
        people.join(deal, contacts[(number + 1) % 4], now=day(0))
    verdicts = ("reply", "out_of_office", "reply", "auto_reply")
    mails = [
        read_mail(
            sender=f"c{number % 4}@example.org", message_id=f"<{number}@x>", text=str(number),
            verdict=verdicts[number // 4 % 4],
        )
        for number in range(40)
    ]  # fmt: skip

    def file(worker: int) -> None:
        for number in range(40):
            place = (number * 7 + worker * 13) % 40
            came(mails[place], day(9), received_at=day(1) + timedelta(hours=place))

    for each in [run(file, worker) for worker in range(4)]:
        each.result()
    assert Touch.objects.filter(source="mail").count() == 40
    assert Hold.objects.count() == 12
    assert rebuilding.check(lambda: day(9)).differing == []


def test_several_workers_share_what_waits(story: Story, run: Callable[..., Future]) -> None:
    for number in range(30):
        for door in (Door.IMAP, Door.WEBHOOK):
            raw = raw_mail(sender=MARA, message_id=f"<{number}@x>")
            taken_in(day(2) + timedelta(minutes=number), raw=raw, door=door)
    now = day(3)
    done = [run(receive.file_waiting, now, monotonic() + 60) for _ in range(4)]
    assert sum(each.result() for each in done) == 60
    assert (Intake.objects.count(), Mail.objects.count()) == (0, 30)
    assert Touch.objects.filter(source="mail").count() == 30
