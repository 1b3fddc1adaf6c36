"""What was said of a mail is taken back: it waits as before, and what the word made is gone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from contacts.models import Address, Company, Contact
from deals.models import Deal, Stage
from outreach.models import Mail, Mailbox
from tests.cast import Story, day, make_contact, make_deal
from tests.incoming import came, read_mail

MARA = "mara.lind@nordhavn.example"
FAILS = (("authentication-results", "mx.example.com; dmarc=fail header.from=nordhavn.example"),)
WAITS_AGAIN, ALREADY = "Taken back: the mail waits again.", "That was taken back already."
Say = Callable[..., str]
TakeBack = Callable[[str], list[str]]


@pytest.fixture
def box(ines: User) -> Mailbox:
    return Mailbox.objects.create(
        user=ines, address="ines@yard.example", authority="mx.example.com"
    )


@pytest.fixture
def rep(ines: User) -> Client:
    client = Client()
    client.force_login(ines)
    return client


@pytest.fixture
def say(rep: Client, django_capture_on_commit_callbacks: Any) -> Say:
    """Say something of a mail on its page and return the address that takes it back."""

    def say(mail: Mail, act: str, **told: Any) -> str:
        with django_capture_on_commit_callbacks(execute=True):
            answer = rep.post(f"/mails/{mail.pk}/{act}/", told, follow=True)
        [message] = answer.context["messages"]
        return str(message.extra_tags)

    return say


@pytest.fixture
def take_back(rep: Client) -> TakeBack:
    def take_back(undo: str) -> list[str]:
        answer = rep.post(undo, follow=True)
        assert answer.status_code == 200
        return [str(message) for message in answer.context["messages"]]

    return take_back


def arrive(box: Mailbox, number: int = 1, **said: Any) -> Mail:
    told = {"sender": MARA, "message_id": f"<{number}@nordhavn.example>", **said}
    return came(read_mail(**told), day(1, 8 + number), mailbox=box, user=box.user)


def stands(mail: Mail) -> tuple[str, Deal | None, Contact | None]:
    now = Mail.objects.get(pk=mail.pk)
    return now.state, now.deal, now.contact


def new_contact(**told: Any) -> dict[str, Any]:
    stage = Stage.objects.get(name="Demo").pk
    whole = {"first_name": "Mara", "last_name": "Lind", "company": "Nordhavn", "stage": stage}
    return {**whole, "title": "The fleet", **told}


def test_a_new_contact_goes_again_with_company_and_deal_and_all_their_mail_waits(
    box: Mailbox, say: Say, take_back: TakeBack
) -> None:
    first, second = arrive(box, 1, text="One"), arrive(box, 2, text="Two")
    undo = say(second, "contact", **new_contact())
    assert stands(first)[1] == stands(second)[1] == Deal.objects.get()

    assert take_back(undo) == [WAITS_AGAIN]

    assert stands(first) == stands(second) == ("unmatched", None, None)
    made = (Deal, Contact, Company, Address)
    assert [model.objects.count() for model in made] == [0, 0, 0, 0]
    assert take_back(undo) == [ALREADY]
    again = say(second, "contact", **new_contact())
    assert stands(first)[0] == stands(second)[0] == "filed"
    assert again != undo


def test_a_contact_without_a_deal_goes_again(box: Mailbox, say: Say, take_back: TakeBack) -> None:
    mail = arrive(box)
    undo = say(mail, "contact", **new_contact(stage="", title="", company=""))
    assert stands(mail)[2] == Contact.objects.get()
    assert [take_back(undo), take_back(undo)] == [[WAITS_AGAIN], [ALREADY]]
    assert (stands(mail), Contact.objects.count()) == (("unmatched", None, None), 0)


def test_a_deal_for_somebody_known_goes_alone(
    box: Mailbox, say: Say, take_back: TakeBack, ines: User
) -> None:
    mara = make_contact("Mara", "Lind", owner=ines, addresses={"email": MARA})
    mail = arrive(box)
    assert take_back(say(mail, "contact", **new_contact())) == [WAITS_AGAIN]
    assert stands(mail) == ("unmatched", None, mara)
    assert (Deal.objects.count(), mara.addresses.count()) == (0, 1)


def test_nothing_is_taken_back_beneath_later_work(
    box: Mailbox, say: Say, take_back: TakeBack
) -> None:
    mail = arrive(box)
    undo = say(mail, "contact", **new_contact())
    deal = Deal.objects.get()
    before = stands(mail)
    Story(deal).we_write(day(2))
    assert take_back(undo) == ["It is too late: the deal has moved on since. Look at its thread."]
    assert stands(mail) == before
    assert (Deal.objects.get(), Address.objects.get().value) == (deal, MARA)


def test_a_contact_with_whom_somebody_works_stays(
    box: Mailbox, say: Say, take_back: TakeBack, ines: User
) -> None:
    mail = arrive(box)
    undo = say(mail, "contact", **new_contact())
    mara = Contact.objects.get()
    other = make_deal(ines, contact=mara, title="Another")
    assert take_back(undo) == ["It is too late: somebody works with the contact by now."]
    assert stands(mail)[2] == mara
    assert Deal.objects.filter(pk=other.pk).exists()


def test_somebody_who_was_assigned_a_mail_loses_the_address_again(
    box: Mailbox, say: Say, take_back: TakeBack, ines: User
) -> None:
    mara = make_contact("Mara", "Lind", owner=ines, addresses={"email": "m@home.example"})
    deal = make_deal(ines, contact=mara)
    Story(deal).we_write(day(0))
    first, second = arrive(box, 1, text="One"), arrive(box, 2, text="Two")
    undo = say(second, "assignment", contact=f"Mara Lind #{mara.pk}")
    assert stands(first)[1] == stands(second)[1] == deal
    assert Story(deal).silences[-1][0] == "us"

    assert take_back(undo) == [WAITS_AGAIN]

    assert stands(first) == stands(second) == ("unmatched", None, None)
    assert [row.value for row in mara.addresses.all()] == ["m@home.example"]
    assert Story(deal).silences[-1][0] == "them"


@pytest.fixture
def mara_waits(ines: User) -> Deal:
    """A deal on which Mara owes an answer."""
    deal = make_deal(ines, contact=make_contact(addresses={"email": MARA}), title="One")
    Story(deal).we_write(day(0))
    return deal


def test_a_mail_that_was_confirmed_waits_again_with_what_answered_it(
    box: Mailbox, say: Say, take_back: TakeBack, mara_waits: Deal
) -> None:
    forged = arrive(box, headers=FAILS, text="Pay to this account.")
    before = stands(forged)
    undo = say(forged, "confirmation")
    assert Story(mara_waits).silences[-1][0] == "us"

    assert [take_back(undo), take_back(undo)] == [[WAITS_AGAIN], [ALREADY]]

    assert stands(forged) == before
    assert before[0] == "unverified"
    assert Story(mara_waits).silences[-1][0] == "them"
    say(forged, "confirmation")
    assert Story(mara_waits).silences[-1][0] == "us"


def test_an_assumption_is_one_again_and_the_mail_stays_where_it_is(
    box: Mailbox, say: Say, take_back: TakeBack, mara_waits: Deal, ines: User
) -> None:
    make_deal(ines, contact=mara_waits.contact, title="Two")
    mail = arrive(box)
    before = stands(mail)
    assert before[:2] == ("assumed", mara_waits)
    assert take_back(say(mail, "confirmation")) == [WAITS_AGAIN]
    assert stands(mail) == before
    assert Story(mara_waits).silences[-1][0] == "us"


def test_a_word_that_another_word_replaced_is_not_taken_back(
    box: Mailbox, say: Say, take_back: TakeBack, mara_waits: Deal, ines: User
) -> None:
    two = make_deal(ines, contact=mara_waits.contact, title="Two")
    mail = arrive(box)
    undo = say(mail, "confirmation")
    say(mail, "move", deal=two.pk)
    assert take_back(undo) == [
        "It is too late: somebody has said something else of this mail since."
    ]
    assert stands(mail)[:2] == ("filed", two)
