"""Whose mail it is: by thread, address, company; of several deals the one that waits longest."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import User, Workspace
from contacts.models import Address
from deals import course, people
from deals.models import Deal, Outcome
from outreach.mail import match
from outreach.mail.filing import again
from outreach.mail.parsing.parsed import Party
from outreach.models import Door, Mail, Mailbox
from tests.cast import Story, day, make_company, make_contact, make_deal
from tests.incoming import came, read_mail
from tests.mailing import order

MARA = "mara@example.org"


def mara_with(ines: User, count: int) -> list[Story]:
    """Deals with Mara, on which we wrote one day after the other."""
    mara = make_contact(addresses={"email": MARA})
    stories = [Story(make_deal(ines, "Demo", contact=mara)) for _ in range(count)]
    for number, story in enumerate(stories):
        story.we_write(day(number, 10))
    return stories


def filed(mail: Mail) -> tuple[str, Deal | None]:
    return mail.state, mail.deal


def test_addresses_are_compared_without_case_and_tag(ines: User) -> None:
    [story] = mara_with(ines, 1)
    address = Address.objects.get(value=MARA)
    address.value = "Mara@Example.org"
    people.change_address(address)
    tagged = came(read_mail(sender="mara+work@example.org"), day(2))
    assert filed(tagged) == ("filed", story.deal)


def by_a_form(authenticity: str, **told: Any) -> Any:
    """A mail of somebody else's, who asks to answer to Mara; our server vouches for the sender."""
    said = f"in.example.com; dmarc={authenticity} header.from=forms.example"
    headers = (("authentication-results", said),)
    return read_mail(
        sender="noreply@forms.example", reply_to=(Party(MARA),), headers=headers, **told
    )


@pytest.mark.parametrize("authenticity", ["pass", "none", "fail"])
def test_whoever_only_asks_to_answer_to_a_contact_must_be_confirmed(
    ines: User, authenticity: str
) -> None:
    [story] = mara_with(ines, 1)
    box = Mailbox.objects.create(user=ines, address=ines.email, authority="in.example.com")
    mail = came(by_a_form(authenticity), day(2), mailbox=box)
    assert filed(mail) == ("unverified", story.deal)
    assert mail.state_why == "It comes from another address, and only asks to answer to this one."
    assert story.silence.by == "them"


def test_looked_at_again_it_is_still_whom_it_asks_to_answer_to(ines: User) -> None:
    [story] = mara_with(ines, 1)
    mail = came(by_a_form("pass"), day(2))
    again.look_at([mail.pk], day(3))
    mail.refresh_from_db()
    assert (*filed(mail), mail.contact) == ("unverified", story.deal, story.deal.contact)


def test_a_note_of_absence_from_elsewhere_holds_nothing(ines: User) -> None:
    [story] = mara_with(ines, 1)
    mail = came(by_a_form("pass", verdict="out_of_office"), day(2))
    assert (mail.state, mail.touch, mail.hold) == ("automatic", None, None)
    assert not story.deal.holds.exists()


def test_an_answer_that_names_the_contact_for_replies_is_theirs(ines: User) -> None:
    [story] = mara_with(ines, 1)
    sent = order(story.deal, ines, now=day(1))
    said = by_a_form("pass", answers=(sent.message_id,))
    mail = came(said, day(2))
    assert (*filed(mail), mail.contact) == ("filed", story.deal, story.deal.contact)


def test_of_an_archive_the_address_for_replies_is_believed(ines: User) -> None:
    [story] = mara_with(ines, 1)
    assert filed(came(by_a_form("pass"), day(9), door=Door.ARCHIVE)) == ("filed", story.deal)


def test_of_several_deals_the_one_that_waits_longest_is_assumed(ines: User) -> None:
    first, second, third = mara_with(ines, 3)
    first.they_write(day(4))
    mail = came(read_mail(sender=MARA), day(5))
    assert filed(mail) == ("assumed", second.deal)
    assert mail.state_why == "One of 3 deals: the one that waits longest"
    assert third.silence is not None


def test_of_several_deals_the_threads_is_sure(ines: User) -> None:
    _, second = mara_with(ines, 2)
    sent = order(second.deal, ines, now=day(2))
    mail = came(read_mail(sender=MARA, answers=("<unknown@x>", sent.message_id)), day(3))
    assert filed(mail) == ("filed", second.deal)
    answer = read_mail(sender=MARA, message_id="<2@x>", answers=(mail.message_id,))
    assert filed(came(answer, day(4))) == ("filed", second.deal)


def test_of_two_mails_that_it_refers_to_the_one_it_answers_counts(ines: User) -> None:
    first, second = mara_with(ines, 2)
    sent = [order(story.deal, ines, now=day(2)).message_id for story in (first, second)]
    mail = came(read_mail(sender=MARA, answers=tuple(sent)), day(3))
    assert filed(mail) == ("filed", second.deal)


def test_the_deal_of_whoever_it_was_written_to_comes_first(ines: User, noor: User) -> None:
    [story] = mara_with(ines, 1)
    theirs = Story(make_deal(noor, "Demo", contact=story.deal.contact))
    theirs.we_write(day(1))
    mail = came(read_mail(sender=MARA, to=("noor@example.com",)), day(3))
    assert filed(mail) == ("assumed", theirs.deal)


def test_our_own_mail_goes_where_we_owe_an_answer(ines: User) -> None:
    _, second = mara_with(ines, 2)
    second.they_write(day(3))
    ours = read_mail(sender="ines@example.com", to=("x@shop.example", MARA))
    mail = came(ours, day(4), is_from_us=True)
    assert (*filed(mail), mail.contact) == ("assumed", second.deal, second.deal.contact)


def test_old_mail_is_filed_by_the_deals_of_its_time(ines: User) -> None:
    mara = make_contact(addresses={"email": MARA})
    old = make_deal(ines, contact=mara, opened_at=day(-400))
    course.close(old, Outcome.WON, now=day(-300))
    new = make_deal(ines, contact=mara, opened_at=day(-10))
    for at, deal in ((day(-350), old), (day(-1), new), (day(-200), new)):
        said = read_mail(sender=MARA, at=at, message_id=f"<{at:%j%Y}@x>")
        assert filed(came(said, day(1), door=Door.ARCHIVE)) == ("filed", deal)


def test_without_an_open_deal_it_is_filed_on_the_one_that_rests(ines: User) -> None:
    first, second = mara_with(ines, 2)
    course.let_go(first.deal, now=day(3))
    course.close(second.deal, Outcome.WON, now=day(4))
    assert filed(came(read_mail(sender=MARA), day(5))) == ("filed", first.deal)
    first.deal.refresh_from_db()
    assert first.deal.outcome == "open"


def test_a_contact_without_a_deal_waits_for_one(ines: User) -> None:
    mara = make_contact(addresses={"email": MARA})
    mail = came(read_mail(sender=MARA), day(1), user=ines)
    assert (mail.state, mail.contact, mail.state_why) == (
        "unmatched", mara, "Mara Lind has no deal",
    )  # fmt: skip


def test_an_address_that_two_share_is_a_guess(ines: User) -> None:
    shared = "info@example.org"
    one, other = (make_contact(name, addresses={"email": shared}) for name in ("Mara", "Piotr"))
    assert one.pk < other.pk
    deal = make_deal(ines, contact=other)
    mail = came(read_mail(sender=shared), day(1))
    assert (*filed(mail), mail.contact) == ("filed", deal, other)


@pytest.mark.parametrize(
    ("domain", "sender", "is_known"),
    [
        ("nordhavn.example", "new@nordhavn.example", True),
        ("Nordhavn.example", "new@mail.nordhavn.example", True),
        ("nordhavn.example", "new@othernordhavn.example", False),
        ("mail.nordhavn.example", "new@nordhavn.example", False),
        ("gmail.com", "new@gmail.com", False),
        ("t-online.de", "new@t-online.de", False),
        ("example", "new@other.example", False),
        ("", "new@nordhavn.example", False),
    ],
)
def test_a_new_person_is_assumed_by_the_domain_of_their_company(
    ines: User, domain: str, sender: str, is_known: bool
) -> None:
    company = make_company(domain=domain)
    mara = make_contact(company=company, addresses={"email": MARA})
    deal = make_deal(ines, contact=mara)
    mail = came(read_mail(sender=sender), day(1))
    assert filed(mail) == (("assumed", deal) if is_known else ("unmatched", None))
    assert mail.contact is None


def test_public_providers_are_known_in_many_countries() -> None:
    known = "gmail.com gmx.de wp.pl inbox.lv ziggo.nl orange.fr hotmail.co.uk qq.com proton.me"
    assert [domain for domain in known.split() if not match.is_public(domain)] == []
    lines = match.PUBLIC_DOMAINS.read_text(encoding="utf-8").splitlines()
    domains = [line for line in lines if line and not line.startswith("#")]
    assert domains == list(dict.fromkeys(domains))
    assert all(line == line.strip().lower() and "." in line for line in domains)
    assert len(domains) == 978


def test_whatever_comes_first_of_a_thread_the_rest_follows(ines: User) -> None:
    [story] = mara_with(ines, 1)
    answer = read_mail(
        sender="private@home.example", message_id="<2@x>", answers=("<1@x>",), at=day(3)
    )
    assert filed(came(answer, day(3))) == ("unmatched", None)
    ours = read_mail(sender="ines@example.com", to=(MARA,), message_id="<1@x>")
    came(ours, day(3), is_from_us=True, received_at=day(2))
    assert filed(Mail.objects.get(message_id="<2@x>")) == ("assumed", story.deal)
    assert story.silences[-1] == ("us", day(3), None, "")


def test_a_forward_of_a_thread_to_a_stranger_is_no_attempt(ines: User) -> None:
    [story] = mara_with(ines, 1)
    mail = came(read_mail(sender=MARA), day(2))
    ours = read_mail(
        sender="ines@example.com", to=("lawyer@law.example",), message_id="<f@x>",
        answers=(mail.message_id,),
    )  # fmt: skip
    assert filed(came(ours, day(3), is_from_us=True)) == ("unmatched", None)
    assert story.silence is not None
    assert story.silence.by == "us"


def test_mail_of_a_known_sender_files_itself_once_they_are_a_contact(ines: User) -> None:
    from outreach.mail.filing import again

    mail = came(read_mail(sender=MARA), day(2), user=ines)
    deal = make_deal(ines, contact=make_contact(addresses={"email": "MARA@example.org"}))
    for _ in range(2):
        again.look_at(again.of_known_senders(), day(3))
    mail.refresh_from_db()
    assert filed(mail) == ("filed", deal)
    assert again.of_known_senders() == []


FAILS = (("authentication-results", "mx.example.com; dmarc=fail"),)
PASSES = (("authentication-results", "mx.example.com; dmarc=pass"),)


@pytest.fixture
def box(ines: User) -> Mailbox:
    return Mailbox.objects.create(user=ines, address="i@yard.example", authority="mx.example.com")


def test_a_mail_that_fails_but_answers_one_of_ours_is_believed(ines: User, box: Mailbox) -> None:
    [story] = mara_with(ines, 1)
    sent = order(story.deal, ines, now=day(1))
    answer = read_mail(sender=MARA, headers=FAILS, answers=(sent.message_id,))
    assert filed(came(answer, day(2), mailbox=box)) == ("filed", story.deal)


@pytest.mark.parametrize(
    ("headers", "state"), [(PASSES, "filed"), (FAILS, "unverified"), ((), "unverified")]
)
def test_where_the_workspace_demands_a_pass_answers_need_one_too(
    ines: User, box: Mailbox, workspace: Workspace, headers: Any, state: str
) -> None:
    workspace.demands_pass = True
    workspace.save()
    [story] = mara_with(ines, 1)
    sent = order(story.deal, ines, now=day(1))
    answer = read_mail(sender=MARA, headers=headers, answers=(sent.message_id,))
    assert came(answer, day(2), mailbox=box).state == state
    archived = read_mail(sender=MARA, message_id="<2@x>", at=day(1))
    assert came(archived, day(2), door=Door.ARCHIVE).state == "filed"


def test_nobody_writes_in_our_name(ines: User, karl: User, box: Mailbox) -> None:
    [story] = mara_with(ines, 1)
    forged = read_mail(
        sender="ines@example.com", to=("karl@example.com", MARA),
        headers=(("authentication-results", "mx.example.com; dmarc=fail"),),
    )  # fmt: skip
    assert came(forged, day(2), mailbox=box).state == "unverified"
    assert story.silence is not None
    assert story.silence.attempts == 0


def test_one_server_that_vouches_for_it_is_enough(ines: User, box: Mailbox) -> None:
    [story] = mara_with(ines, 1)
    assert came(read_mail(sender=MARA, headers=FAILS), day(2), mailbox=box).state == "unverified"
    mail = came(read_mail(sender=MARA, headers=PASSES), day(3), mailbox=box)
    assert (*filed(mail), mail.occurred_at) == ("filed", story.deal, day(2))


def test_a_mail_from_an_archive_is_doubted_once_our_server_says_that_it_is_forged(
    ines: User, box: Mailbox
) -> None:
    [story] = mara_with(ines, 1)
    said = read_mail(sender=MARA, headers=FAILS, at=day(2))
    assert came(said, day(3), door=Door.ARCHIVE).state == "filed"
    mail = came(said, day(3), mailbox=box, received_at=day(2))
    assert (mail.state, mail.touch) == ("unverified", None)
    assert story.silences[-1] == ("them", day(0, 10), None, "")
