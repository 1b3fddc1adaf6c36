"""What a person says of a mail: genuine, theirs, elsewhere, or left out."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from accounts.models import User
from contacts.models import Contact
from deals import conversation
from deals.models import Stage
from outreach.mail.filing import decide, undecided
from outreach.models import Door, IgnoredSender, Mail, Mailbox
from tests.cast import Story, day, make_company, make_contact, make_deal
from tests.incoming import came, read_mail

MARA = "mara@example.org"
FAILS = (("authentication-results", "mx.example.com; dmarc=fail header.from=example.org"),)


@pytest.fixture
def box(ines: User) -> Mailbox:
    return Mailbox.objects.create(
        user=ines, address="ines@yard.example", authority="mx.example.com"
    )


@pytest.fixture
def story(ines: User) -> Story:
    told = Story(make_deal(ines, "Demo", contact=make_contact(addresses={"email": MARA})))
    told.we_write(day(0, 10))
    return told


@pytest.fixture
def on_commit(django_capture_on_commit_callbacks: Any) -> Any:
    return lambda: django_capture_on_commit_callbacks(execute=True)


def again(mail: Mail) -> Mail:
    return Mail.objects.get(pk=mail.pk)


def test_a_forged_sender_ends_no_silence_until_the_rep_says_that_it_is_genuine(
    story: Story, box: Mailbox, ines: User
) -> None:
    mail = came(read_mail(sender=MARA, headers=FAILS), day(2), mailbox=box)
    assert (mail.state, mail.deal, mail.touch) == ("unverified", story.deal, None)
    assert story.silence.by == "them"
    assert decide.confirm(mail, user=ines, now=day(5))
    assert not decide.confirm(mail, user=ines, now=day(5))
    assert (again(mail).state, again(mail).decided_by) == ("filed", ines)
    assert story.silences[-1] == ("us", day(2), None, "")


def test_what_is_said_not_to_be_genuine_counts_for_nothing_and_is_said_once(
    story: Story, box: Mailbox, ines: User
) -> None:
    mail = came(read_mail(sender=MARA, headers=FAILS), day(2), mailbox=box)
    assert decide.reject(mail, user=ines, now=day(3))
    assert not decide.reject(mail, user=ines, now=day(3))
    assert not decide.confirm(mail, user=ines, now=day(3))
    assert (again(mail).state, again(mail).text) == ("ignored", "")
    came(read_mail(sender=MARA), day(4), door=Door.WEBHOOK)  # another copy does not overrule them
    assert again(mail).state == "ignored"
    assert story.silence.by == "them"


def test_an_assumed_mail_is_moved_with_its_touch(ines: User, noor: User) -> None:
    mara = make_contact(addresses={"email": MARA})
    first, second = (Story(make_deal(ines, contact=mara)) for _ in range(2))
    first.we_write(day(0))
    second.we_write(day(1))
    mail = came(read_mail(sender=MARA), day(2))
    assert (mail.state, mail.deal) == ("assumed", first.deal)
    assert decide.move(mail, second.deal, user=ines, now=day(3))
    assert not decide.move(mail, second.deal, user=ines, now=day(3))
    assert first.silences[-1] == ("them", day(0), None, "")
    assert second.silences[-1] == ("us", day(2), None, "")
    came(read_mail(sender=MARA, at=day(1, 23)), day(4), door=Door.WEBHOOK, received_at=day(1, 23))
    assert (again(mail).deal, second.silence.started_at) == (second.deal, day(1, 23))


def test_nobody_moves_a_mail_to_or_from_deals_that_they_do_not_see(
    story: Story, ines: User, noor: User
) -> None:
    mail = came(read_mail(sender=MARA), day(2))
    theirs = make_deal(noor)
    with pytest.raises(ValidationError, match="Choose one of the deals that you see"):
        decide.move(mail, theirs, user=ines, now=day(3))
    assert not decide.move(mail, theirs, user=noor, now=day(3))
    assert again(mail).deal == story.deal


def test_who_becomes_a_contact_has_all_their_mail_filed(
    ines: User, box: Mailbox, on_commit: Any
) -> None:
    one = came(
        read_mail(sender="pia@yard.example", name="Pia van Dyk", message_id="<1@x>"),
        day(1),
        mailbox=box,
    )
    two = came(read_mail(sender="pia@yard.example", message_id="<2@x>"), day(2), mailbox=box)
    other = came(read_mail(sender="ola@yard.example", message_id="<3@x>"), day(2), mailbox=box)
    assert [mail.state for mail in (one, two, other)] == ["unmatched"] * 3
    with on_commit():
        pia = decide.create_contact(one, user=ines, now=day(3), title="Sails")
    assert (pia.first_name, pia.last_name, pia.owner) == ("Pia van", "Dyk", ines)
    deal = again(one).deal
    assert deal is not None
    assert (deal.title, deal.contact, deal.owner, deal.opened_at) == ("Sails", pia, ines, day(1))
    assert deal.stage == Stage.objects.order_by("pipeline__position", "position").first()
    assert (again(two).state, again(two).deal, again(other).state) == ("filed", deal, "unmatched")
    assert Story(deal).silences[-1] == ("us", day(1), None, "")
    with pytest.raises(ValidationError, match="Somebody has filed this mail already"):
        decide.create_contact(one, user=ines, now=day(3), title="Sails")
    assert Contact.objects.filter(first_name="Pia van").count() == 1


def test_who_signs_with_nothing_is_called_by_their_address(ines: User, box: Mailbox) -> None:
    mail = came(read_mail(sender="4711@yard.example", name=""), day(1), mailbox=box)
    assert decide.create_contact(mail, user=ines, now=day(2)).name == "4711@yard.example"
    assert again(mail).state == "unmatched"


def test_an_unmatched_mail_is_given_to_a_contact_with_its_address(
    story: Story, box: Mailbox, ines: User, noor: User, on_commit: Any
) -> None:
    mail = came(read_mail(sender="private@home.example"), day(1), mailbox=box)
    mara = story.deal.contact
    assert not decide.assign(mail, user=noor, now=day(2), deal=make_deal(noor))
    with on_commit():
        assert decide.assign(mail, user=ines, now=day(2), contact=mara)
    assert not decide.assign(mail, user=ines, now=day(2), contact=mara)
    assert (again(mail).deal, again(mail).contact) == (story.deal, mara)
    assert [row.value for row in mara.addresses.all()] == [MARA, "private@home.example"]
    later = came(read_mail(sender="private@home.example", message_id="<2@x>"), day(3))
    assert (later.state, later.deal) == ("filed", story.deal)


def test_a_new_colleague_is_assumed_on_the_companys_deal_and_joins_with_one_click(
    ines: User, on_commit: Any
) -> None:
    company = make_company(domain="nordhavn.example")
    mara = make_contact(addresses={"email": "mara@nordhavn.example"}, company=company)
    story = Story(make_deal(ines, contact=mara))
    story.we_write(day(0))
    mail = came(read_mail(sender="piotr@mail.nordhavn.example", name="Lind, Piotr"), day(1))
    assert (mail.state, mail.deal, mail.contact) == ("assumed", story.deal, None)
    assert story.silence.by == "us"
    piotr = decide.create_contact(mail, user=ines, now=day(2))
    assert (piotr.first_name, piotr.last_name, piotr.company) == ("Piotr", "Lind", company)
    assert (again(mail).state, again(mail).contact, again(mail).touch.contact) == (
        "filed", piotr, piotr,
    )  # fmt: skip
    assert story.deal.participations.filter(contact=piotr, left_at=None).exists()


def test_ignored_senders_and_domains_are_not_asked_about(ines: User, box: Mailbox) -> None:
    for place, sender in enumerate(["a@shop.example", "b@shop.example", "c@shopping.example"]):
        came(read_mail(sender=sender, message_id=f"<{place}@x>"), day(1), mailbox=box)
    assert decide.ignore("A@shop.example ", user=ines, now=day(2)) == 1
    assert decide.ignore("shop.example", user=ines, now=day(2), is_domain=True) == 1
    assert decide.ignore("shop.example", user=ines, now=day(2), is_domain=True) == 0
    assert list(Mail.objects.unmatched().values_list("sender", flat=True)) == ["c@shopping.example"]
    later = came(read_mail(sender="d@shop.example", message_id="<9@x>"), day(3), mailbox=box)
    assert (later.state, later.text) == ("ignored", "")
    decide.unignore(IgnoredSender.objects.get(is_domain=True))
    last = came(read_mail(sender="d@shop.example", message_id="<10@x>"), day(3), mailbox=box)
    assert last.state == "unmatched"


@pytest.mark.parametrize(
    ("value", "is_domain", "words"),
    [
        ("gmail.com", True, "Ignore the one address instead"),
        ("nobody", False, "valid email address"),
        ("no domain", True, "valid email address"),
    ],
)
def test_what_is_no_sender_or_too_many_is_not_ignored(
    ines: User, value: str, is_domain: bool, words: str
) -> None:
    with pytest.raises(ValidationError, match=words):
        decide.ignore(value, user=ines, now=day(1), is_domain=is_domain)
    assert not IgnoredSender.objects.exists()


def test_a_contact_is_heard_though_their_domain_is_ignored(story: Story, ines: User) -> None:
    decide.ignore("example.org", user=ines, now=day(1), is_domain=True)
    assert came(read_mail(sender=MARA), day(2)).state == "filed"


def test_one_reply_ends_the_silence_of_every_deal_that_it_is_about(
    ines: User, noor: User, client: Client
) -> None:
    mara = make_contact(addresses={"email": MARA})
    first, second, third = (Story(make_deal(ines, contact=mara)) for _ in range(3))
    for number, one in enumerate((first, second, third)):
        one.we_write(day(0, 10 + number))
    mail = came(read_mail(sender=MARA), day(2))
    [assumed] = undecided.assumed_on(first.deal, ines)
    assert set(assumed.elsewhere) == {second.deal, third.deal}
    client.force_login(ines)
    for _ in range(2):
        client.post(reverse("outreach:mail-move", args=[mail.pk]), {"also": second.deal.pk})
    assert [story.silences[-1] for story in (first, second)] == [("us", day(2), None, "")] * 2
    assert third.silences[-1] == ("them", day(0, 12), None, "")
    assert again(mail).state == "assumed"
    assert [each.elsewhere for each in undecided.assumed_on(first.deal, ines)] == [[third.deal]]

    came(read_mail(sender=MARA), day(4), door=Door.WEBHOOK, received_at=day(1, 23))
    assert first.silences[-1] == second.silences[-1] == ("us", day(1, 23), None, "")
    with pytest.raises(ValidationError, match="Choose one of the deals that you see"):
        decide.also(mail, make_deal(noor), user=ines, now=day(4))
    assert not decide.also(mail, make_deal(noor), user=noor, now=day(4))


def test_taken_out_of_one_deal_a_reply_stays_on_the_other_and_may_be_said_again(
    ines: User,
) -> None:
    mara = make_contact(addresses={"email": MARA})
    first, second = (Story(make_deal(ines, contact=mara)) for _ in range(2))
    first.we_write(day(0))
    second.we_write(day(1))
    mail = came(read_mail(sender=MARA), day(2))
    assert decide.also(mail, second.deal, user=ines, now=day(3))
    conversation.delete(second.deal.touches.get(source="mail"), now=day(3))
    assert (first.silences[-1][0], second.silences[-1][0]) == ("us", "them")
    assert decide.also(mail, second.deal, user=ines, now=day(3))
    assert second.silences[-1] == ("us", day(2), None, "")
