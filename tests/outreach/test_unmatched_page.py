"""Mail that waits for somebody's word: who finds it, and what one click does."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.html import strip_tags

from accounts.models import User
from contacts.models import Address, Company, Contact
from deals.models import Deal, Stage
from outreach.context import rail_of
from outreach.models import IgnoredSender, Mail, Mailbox
from tests.cast import Story, day, make_company, make_contact, make_deal
from tests.incoming import came, read_mail

MARA = "mara.lind@nordhavn.example"
FAILS = (("authentication-results", "mx.example.com; dmarc=fail header.from=nordhavn.example"),)
UNMATCHED, UNVERIFIED = "/mails/unmatched/", "/mails/unverified/"
QUERIES = 11


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def box(ines: User) -> Mailbox:
    return Mailbox.objects.create(
        user=ines, address="ines@yard.example", authority="mx.example.com"
    )


@pytest.fixture
def rep(ines: User) -> Client:
    return signed_in(ines)


def arrive(box: Mailbox, number: int = 1, **said: Any) -> Mail:
    """Have a mail arrive in a mailbox, the first on day 1, each an hour after the one before."""
    told = {"sender": MARA, "message_id": f"<{number}@nordhavn.example>", **said}
    return came(read_mail(**told), day(1, 8 + number), mailbox=box, user=box.user)


def senders(client: Client, url: str = UNMATCHED) -> list[tuple[str, int]]:
    """Return who stands on a list, each with how many other mails of theirs wait."""
    rows = client.get(url).context["rows"]
    return [(line.mail.sender, line.others) for line, _ in rows]


def said(answer: Any) -> list[str]:
    """Return what the page says, without its links."""
    return [strip_tags(str(message)) for message in answer.context["messages"]]


def again(mail: Mail) -> Mail:
    return Mail.objects.get(pk=mail.pk)


# Who finds what


def test_mail_of_people_whom_nobody_knows_stands_sender_by_sender_newest_first(
    rep: Client, box: Mailbox
) -> None:
    arrive(box, 1, text="First")
    arrive(box, 2, sender="jonas@other.example", text="Hello")
    arrive(box, 3, text="Third", subject="The third")
    assert senders(rep) == [(MARA, 1), ("jonas@other.example", 0)]
    page = rep.get(UNMATCHED)
    assert page.context["opened"].subject == "The third"
    assert [mail.text for mail in page.context["earlier"]] == ["First"]
    assert "and 1 more" in page.content.decode()


def test_what_we_wrote_to_somebody_unknown_stands_by_recipient(rep: Client, box: Mailbox) -> None:
    for number, to in enumerate(["a@one.example", "b@two.example", "a@one.example"]):
        arrive(box, number, sender="ines@yard.example", to=(to,), text=f"Offer {number}")
    rows = rep.get(UNMATCHED).context["rows"]
    assert [(line.mail.recipients, line.others) for line, _ in rows] == [
        (["a@one.example"], 1),
        (["b@two.example"], 0),
    ]
    assert rep.get(UNMATCHED).context["address"] == "a@one.example"


def test_one_sees_what_reached_oneself_and_an_admin_all(
    box: Mailbox, karl: User, noor: User, maud: User, ada: User
) -> None:
    mail = arrive(box, subject="Confidential")
    for other in (karl, noor):
        client = signed_in(other)
        assert senders(client) == []
        assert "Confidential" not in client.get(UNMATCHED).content.decode()
        assert client.get(f"{UNMATCHED}?mail={mail.pk}").status_code == 404
        for act in ("contact", "assignment", "ignoring", "leaving-out", "confirmation", "move"):
            assert client.post(f"/mails/{mail.pk}/{act}/").status_code == 404
    assert again(mail).state == "unmatched"
    assert senders(signed_in(maud)) == [(MARA, 0)]
    assert senders(signed_in(ada)) == [(MARA, 0)]


def test_mail_of_a_shared_mailbox_is_the_admins(ada: User, ines: User) -> None:
    shared = Mailbox.objects.create(address="sales@yard.example", name="Sales")
    arrive(shared, to=("sales@yard.example",))
    assert senders(signed_in(ines)) == []
    assert senders(signed_in(ada)) == [(MARA, 0)]


def test_the_rail_says_how_much_waits(box: Mailbox, ines: User, karl: User) -> None:
    arrive(box, 1)
    arrive(box, 2, sender="jonas@other.example")

    def count(user: User) -> int:
        items = {way.key: way.count for way in rail_of(user, "/", timezone.now()).items}
        return items["mail"]

    assert (count(ines), count(karl)) == (2, 0)


def test_the_list_goes_on_where_the_page_ends(
    rep: Client, box: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("outreach.mail.filing.undecided.PAGE", 2)
    for number in range(5):
        arrive(box, number, sender=f"nr{number}@other.example")
    seen, url = [], UNMATCHED
    while url:
        page = rep.get(url)
        seen += [line.mail.sender.partition("@")[0] for line, _ in page.context["rows"]]
        url = page.context["next_url"]
    assert seen == ["nr4", "nr3", "nr2", "nr1", "nr0"]


@pytest.mark.parametrize(
    "after",
    [
        "yesterday",
        "2026-01-01~1",
        "2026-01-01T00:00:00+00:00~x",
        "0001-01-01T00:00:00+14:00~1",
        f"2026-01-01T00:00:00+00:00~{'9' * 5000}",
    ],
)
def test_a_cursor_that_is_none_is_no_page(rep: Client, after: str) -> None:
    assert rep.get(UNMATCHED, {"after": after}).status_code == 404


@pytest.mark.parametrize("how_many", [1, 3])
def test_the_list_costs_as_many_queries_for_three_as_for_one(
    rep: Client, box: Mailbox, how_many: int, django_assert_num_queries: Any
) -> None:
    for number in range(how_many):
        arrive(box, number, sender=f"nr{number}@other.example")
    rep.get(UNMATCHED)
    with django_assert_num_queries(QUERIES):
        assert len(rep.get(UNMATCHED).context["rows"]) == how_many


def test_an_empty_list_says_how_mail_arrives(rep: Client, box: Mailbox) -> None:
    assert "Connect your mailbox" in rep.get(UNMATCHED).content.decode()
    Mailbox.objects.update(imap_host="imap.yard.example")
    assert "Everything has found its deal" in rep.get(UNMATCHED).content.decode()
    assert "Nothing to doubt" in rep.get(UNVERIFIED).content.decode()


def test_htmx_gets_the_part_that_changes(rep: Client, box: Mailbox) -> None:
    mail = arrive(box)
    part = rep.get(f"{UNMATCHED}?mail={mail.pk}", headers={"HX-Request": "true"})
    assert "<html" not in part.content.decode()
    assert 'id="work"' in part.content.decode()


# Somebody new


def test_the_form_guesses_who_they_are(rep: Client, box: Mailbox) -> None:
    arrive(box, name="Lind, Mara", subject="AW: Re: The fleet")
    form = rep.get(UNMATCHED).context["create"]
    assert {name: form[name].value() for name in form.fields} == {
        "first_name": "Mara", "last_name": "Lind", "company": "Nordhavn", "stage": None,
        "title": "The fleet",
    }  # fmt: skip


def test_the_company_of_the_domain_is_proposed(rep: Client, box: Mailbox, ines: User) -> None:
    known = make_company("Nordhavn Marine", domain="nordhavn.example", owner=ines)
    arrive(box)
    form = rep.get(UNMATCHED).context["create"]
    assert form["company"].value() == f"Nordhavn Marine #{known.pk}"


def test_one_click_makes_a_contact_with_a_deal_and_all_their_mail_follows(
    rep: Client, box: Mailbox, ines: User, django_capture_on_commit_callbacks: Any
) -> None:
    first, second = arrive(box, 1, text="One"), arrive(box, 2, text="Two")
    stage = Stage.objects.get(name="Demo")
    told = {
        "first_name": "Mara", "last_name": "Lind", "company": "Nordhavn", "stage": stage.pk,
        "title": "The fleet",
    }  # fmt: skip
    with django_capture_on_commit_callbacks(execute=True):
        answer = rep.post(f"/mails/{second.pk}/contact/", told, follow=True)
    assert said(answer) == ["Mara Lind is a contact. Their mail is on “The fleet”."]
    deal = Deal.objects.get()
    [message] = answer.context["messages"]
    assert f'<a href="/deals/{deal.pk}/">“The fleet”</a>' in str(message)
    assert f'<a href="/contacts/{deal.contact_id}/">Mara Lind</a>' in str(message)
    assert (deal.title, deal.stage, deal.owner, str(deal.contact)) == (
        "The fleet", stage, ines, "Mara Lind",
    )  # fmt: skip
    company = Company.objects.get()
    assert (company.name, company.domain, deal.company) == ("Nordhavn", "nordhavn.example", company)
    assert Address.objects.get(contact=deal.contact).value == MARA
    assert {again(first).deal, again(second).deal} == {deal}
    assert senders(rep) == []


def test_without_a_deal_their_mail_waits_for_one(rep: Client, box: Mailbox) -> None:
    mail = arrive(box)
    told = {"first_name": "Mara", "last_name": "", "company": "", "stage": "", "title": ""}
    answer = rep.post(f"/mails/{mail.pk}/contact/", told, follow=True)
    assert said(answer) == ["Mara is a contact. Their mail waits for a deal."]
    page = rep.get(UNMATCHED)
    assert "Mara has no open deal" in page.content.decode()
    assert list(page.context["create"].fields) == ["stage", "title"]
    with_deal = {"stage": Stage.objects.get(name="Demo").pk, "title": "The fleet"}
    rep.post(f"/mails/{mail.pk}/contact/", with_deal)
    assert Contact.objects.count() == 1
    assert str(again(mail).deal) == "The fleet"


@pytest.mark.parametrize(
    ("told", "wrong"),
    [({"first_name": "", "last_name": ""}, "first_name"), ({"title": ""}, "title")],
)
def test_what_lacks_is_asked_for_beside_the_mail(
    rep: Client, box: Mailbox, told: dict[str, str], wrong: str
) -> None:
    mail = arrive(box)
    stage = Stage.objects.get(name="Demo").pk
    whole = {"first_name": "Mara", "title": "Fleet", "stage": stage, "company": "", **told}
    answer = rep.post(f"/mails/{mail.pk}/contact/", whole)
    assert answer.status_code == 422
    assert list(answer.context["create"].errors) == [wrong]
    assert answer.context["opened"] == mail
    assert Contact.objects.count() == 0


def test_of_a_mail_that_names_nobody_no_contact_is_offered(rep: Client, box: Mailbox) -> None:
    mail = arrive(box, sender="")
    page = rep.get(f"{UNMATCHED}?mail={mail.pk}").content.decode()
    assert "It names nobody on the other side" in page
    offered = [act for act in ("contact", "assignment", "ignoring", "leaving-out")
               if f'action="/mails/{mail.pk}/{act}/"' in page]  # fmt: skip
    assert offered == ["leaving-out"]


def test_a_mail_that_somebody_decided_meanwhile_is_not_open_any_more(
    rep: Client, box: Mailbox
) -> None:
    mail = arrive(box)
    rep.post(f"/mails/{mail.pk}/leaving-out/")
    page = rep.get(f"{UNMATCHED}?mail={mail.pk}")
    assert (page.status_code, page.context["opened"]) == (200, None)


# Somebody we know


def test_a_mail_goes_to_the_one_deal_of_a_contact(rep: Client, box: Mailbox, ines: User) -> None:
    contact = make_contact("Mara", "Lind", owner=ines, addresses={"email": "m@home.example"})
    deal = make_deal(ines, contact=contact)
    Story(deal).we_write(day(0))
    mail = arrive(box)
    answer = rep.post(
        f"/mails/{mail.pk}/assignment/", {"contact": f"Mara Lind #{contact.pk}"}, follow=True
    )
    assert said(answer) == ["The mail is on “Fleet telematics”."]
    assert (again(mail).deal, again(mail).state) == (deal, "filed")
    assert Story(deal).silences[-1][0] == "us"


def test_of_several_deals_one_is_chosen(rep: Client, box: Mailbox, ines: User) -> None:
    contact = make_contact("Mara", "Lind", addresses={"email": "m@home.example"})
    make_deal(ines, contact=contact, title="One")
    two = make_deal(ines, contact=contact, title="Two")
    mail = arrive(box)
    told = {"contact": f"Mara Lind #{contact.pk}"}
    answer = rep.post(f"/mails/{mail.pk}/assignment/", told)
    assert answer.status_code == 422
    assert answer.context["assign"].errors["deal"] == ["Mara Lind has several deals. Choose one."]
    rep.post(f"/mails/{mail.pk}/assignment/", {**told, "deal": two.pk})
    assert again(mail).deal == two


def test_nothing_is_assigned_to_whom_one_does_not_see(
    rep: Client, box: Mailbox, noor: User, ines: User
) -> None:
    theirs = make_deal(noor, contact=make_contact("Olga", "Berg"), title="Secret yard")
    mine = make_contact("Mara", "Lind", owner=ines)
    mail = arrive(box)
    url = f"/mails/{mail.pk}/assignment/"
    answer = rep.post(url, {"contact": f"Olga Berg #{theirs.contact_id}"})
    assert list(answer.context["assign"].errors) == ["contact"]
    told = {"contact": f"Mara Lind #{mine.pk}", "deal": theirs.pk}
    assert rep.post(url, told).status_code == 422
    assert "Secret yard" not in rep.post(url, told).content.decode()
    assert again(mail).deal is None


def test_who_has_no_open_deal_is_said(rep: Client, box: Mailbox, ines: User) -> None:
    contact = make_contact("Mara", "Lind", owner=ines)
    answer = rep.post(
        f"/mails/{arrive(box).pk}/assignment/", {"contact": f"Mara Lind #{contact.pk}"}
    )
    assert answer.context["assign"].non_field_errors() == [
        "Mara Lind has no open deal. Open one under Deals, then assign the mail."
    ]


# Nobody


def test_a_sender_is_ignored_with_all_their_mail_and_asked_about_again(
    rep: Client, box: Mailbox
) -> None:
    first, second = arrive(box, 1), arrive(box, 2)
    answer = rep.post(f"/mails/{second.pk}/ignoring/", {"sender": ""}, follow=True)
    assert said(answer) == [f"{MARA} is ignored from now on, 2 mails left out."]
    assert {again(first).state, again(second).state} == {"ignored"}
    [message] = answer.context["messages"]
    for words in ("Taken back: mail of", "That was taken back already."):
        back = rep.post(message.extra_tags, follow=True)
        assert said(back)[0].startswith(words)
    assert IgnoredSender.objects.count() == 0


def test_a_whole_domain_is_ignored(rep: Client, box: Mailbox) -> None:
    arrive(box, 1, sender="other@nordhavn.example")
    rep.post(f"/mails/{arrive(box, 2).pk}/ignoring/", {"domain": ""})
    assert [str(each) for each in IgnoredSender.objects.all()] == ["@nordhavn.example"]
    assert senders(rep) == []


def test_a_domain_where_anybody_may_be_is_not_offered(rep: Client, box: Mailbox) -> None:
    mail = arrive(box, sender="mara@gmail.com")
    page = rep.get(UNMATCHED)
    assert page.context["domain"] == ""
    assert page.context["create"]["company"].value() == ""
    rep.post(f"/mails/{mail.pk}/ignoring/", {"domain": ""})
    assert IgnoredSender.objects.count() == 0


def test_one_mail_is_left_out_once(rep: Client, box: Mailbox) -> None:
    mail = arrive(box)
    rep.post(f"/mails/{mail.pk}/leaving-out/")
    assert again(mail).state == "ignored"
    assert rep.post(f"/mails/{mail.pk}/leaving-out/").status_code == 404


# Forged, perhaps


@pytest.fixture
def forged(box: Mailbox, ines: User) -> Mail:
    deal = make_deal(ines, contact=make_contact(addresses={"email": MARA}))
    Story(deal).we_write(day(0))
    return arrive(box, headers=FAILS, text="Pay to this account.")


def test_a_mail_that_may_be_forged_says_why_and_counts_once_confirmed(
    rep: Client, forged: Mail
) -> None:
    assert senders(rep) == []
    page = rep.get(UNVERIFIED).content.decode()
    assert "Our server says that the sender is forged." in page
    assert forged.deal is not None
    assert Story(forged.deal).silences[-1][0] == "them"
    url = f"/mails/{forged.pk}/confirmation/"
    assert said(rep.post(url, follow=True)) == ["Noted: it counts on “Fleet telematics”."]
    assert said(rep.post(url, follow=True)) == ["Somebody has decided about this mail already."]
    assert Story(forged.deal).silences[-1][0] == "us"


def test_a_rejected_mail_counts_for_nothing(rep: Client, forged: Mail) -> None:
    rep.post(f"/mails/{forged.pk}/rejection/")
    assert again(forged).state == "ignored"
    assert forged.deal is not None
    assert Story(forged.deal).silences[-1][0] == "them"
    assert senders(rep, UNVERIFIED) == []


# Assumed


@pytest.fixture
def deals(ines: User) -> tuple[Deal, Deal]:
    contact = make_contact("Mara", "Lind", addresses={"email": MARA})
    made = [make_deal(ines, contact=contact, title=title) for title in ("One", "Two")]
    Story(made[0]).we_write(day(0))
    return made[0], made[1]


def test_an_assumed_mail_says_so_on_the_deal_and_is_moved_with_one_click(
    rep: Client, box: Mailbox, deals: tuple[Deal, Deal]
) -> None:
    one, two = deals
    mail = arrive(box)
    assert (mail.state, mail.deal) == ("assumed", one)
    assert f"/deals/{one.pk}/assumed/" in rep.get(f"/deals/{one.pk}/").content.decode()
    page = rep.get(f"/deals/{one.pk}/assumed/").content.decode()
    assert "was put here by assumption" in page
    assert "Move to Two · Discovery" in page
    told = {"deal": two.pk, "next": f"/deals/{one.pk}/"}
    answer = rep.post(f"/mails/{mail.pk}/move/", told, follow=True)
    assert said(answer) == ["Moved to “Two”."]
    assert answer.redirect_chain[-1][0] == f"/deals/{one.pk}/"
    assert again(mail).deal == two
    [message] = answer.context["messages"]
    back = rep.post(message.extra_tags, follow=True)
    assert said(back) == ["Taken back: the mail is on “One” again."]
    assert again(mail).deal == one
    assert rep.get(f"/deals/{one.pk}/assumed/").context["assumed"] == []


def test_today_shows_what_is_assumed_on_a_deal_with_mail(
    rep: Client, box: Mailbox, deals: tuple[Deal, Deal]
) -> None:
    one, two = deals
    arrive(box)
    assert f"/deals/{one.pk}/assumed/" in rep.get(f"/?deal={one.pk}").content.decode()
    assert f"/deals/{two.pk}/assumed/" not in rep.get(f"/?deal={two.pk}").content.decode()


def test_an_assumed_mail_is_confirmed(rep: Client, box: Mailbox, deals: tuple[Deal, Deal]) -> None:
    mail = arrive(box)
    rep.post(f"/mails/{mail.pk}/confirmation/", {"next": f"/deals/{deals[0].pk}/"})
    assert (again(mail).state, again(mail).deal) == ("filed", deals[0])


def test_nothing_is_moved_to_a_deal_that_one_does_not_see(
    rep: Client, box: Mailbox, deals: tuple[Deal, Deal], noor: User
) -> None:
    mail, theirs = arrive(box), make_deal(noor, title="Secret yard")
    assert rep.post(f"/mails/{mail.pk}/move/", {"deal": theirs.pk}).status_code == 404
    assert rep.post(f"/mails/{mail.pk}/move/", {"deal": "x"}).status_code == 400
    assert again(mail).deal == deals[0]
    assert signed_in(noor).get(f"/deals/{deals[0].pk}/assumed/").status_code == 404


@pytest.mark.parametrize("how_many", [1, 3])
def test_what_is_assumed_costs_as_many_queries_for_three_as_for_one(
    rep: Client, box: Mailbox, deals: tuple[Deal, Deal], how_many: int,
    django_assert_num_queries: Any,
) -> None:  # fmt: skip
    for number in range(how_many):
        arrive(box, number, text=f"Mail {number}")
    Mail.objects.update(deal=deals[0], state="assumed")
    url = f"/deals/{deals[0].pk}/assumed/"
    rep.get(url, headers={"HX-Request": "true"})
    with django_assert_num_queries(6):
        assert len(rep.get(url, headers={"HX-Request": "true"}).context["assumed"]) == how_many
