"""Contacts and companies, as their readers see and change them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from contacts.models import Address, Company, Contact
from deals import calendars, people
from deals.calendars import WORKING_WEEK
from deals.models import Silence, WorkCalendar
from tests.cast import LONG_AGO, Story, day, make_company, make_contact, make_deal, sweep_at

HTMX = {"HX-Request": "true"}


@pytest.fixture
def mara(ines: User) -> Contact:
    """A contact whom Ines, Karl and Noor all have deals with."""
    return make_contact("Mara", "Lind", company=make_company(), owner=ines)


def seen(client: Client, user: User, url: str, **query: object) -> str:
    client.force_login(user)
    response = client.get(url, query)
    assert response.status_code == 200
    return response.content.decode()


def names(client: Client, user: User, url: str, **query: object) -> list[str]:
    client.force_login(user)
    return [str(row[0]) for row in client.get(url, query).context["rows"]]


def test_each_sees_the_contacts_of_their_deals_and_their_own(
    client: Client, ines: User, karl: User, maud: User, noor: User, ada: User
) -> None:
    make_deal(ines, contact=make_contact("Mara", "Lind", company=make_company("Nordhavn")))
    make_deal(noor, contact=make_contact("Tomás", "Rey", company=make_company("Ibérica")))
    make_contact("Omar", "Farid", owner=karl)
    for user, contacts, companies in (
        (ines, ["Mara Lind"], ["Nordhavn"]),
        (karl, ["Omar Farid"], []),
        (maud, ["Omar Farid", "Mara Lind"], ["Nordhavn"]),
        (noor, ["Tomás Rey"], ["Ibérica"]),
        (ada, ["Omar Farid", "Mara Lind", "Tomás Rey"], ["Ibérica", "Nordhavn"]),
    ):
        assert names(client, user, "/contacts/") == contacts
        assert names(client, user, "/companies/") == companies


def test_search_finds_by_name_and_company(client: Client, ada: User) -> None:
    make_contact("Mara", "Lind", company=make_company("Nordhavn Marine"))
    make_contact("Tomás", "Rey")
    assert names(client, ada, "/contacts/", q="marine mara") == ["Mara Lind"]
    assert names(client, ada, "/contacts/", q="rey") == ["Tomás Rey"]
    assert names(client, ada, "/companies/", q="nord") == ["Nordhavn Marine"]
    part = client.get("/contacts/", {"q": "rey"}, headers=HTMX)
    assert b"<html" not in part.content


@pytest.mark.parametrize(("url", "count"), [("/contacts/", 8), ("/companies/", 7)])
def test_a_list_asks_no_more_for_three_than_for_one(
    client: Client, ines: User, url: str, count: int
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert client.get(url).status_code == 200
        return len(asked)

    client.force_login(ines)
    client.get(url)
    for name in ("One", "Two", "Three"):
        contact = make_contact(name, company=make_company(name))
        Story(make_deal(ines, contact=contact)).they_write(day(1))
        if name == "One":
            one = queries()
    assert (one, queries()) == (count, count)


def test_what_one_may_not_see_is_not_there(client: Client, mara: Contact, noor: User) -> None:
    out = people.opt_out(mara, now=day(1), channel="sms")
    client.force_login(noor)
    company = mara.company
    assert company is not None
    for url in ("", "edit/", "opt-outs/", "erasure/", "calendar/", "merge/", f"merge/{mara.pk}/"):
        assert client.get(f"/contacts/{mara.pk}/{url}").status_code == 404
    for url in ("", "edit/", "calendar/", "merge/", f"merge/{company.pk}/"):
        assert client.get(f"/companies/{company.pk}/{url}").status_code == 404
    for url in ("facts/", "facts/1/forget/", f"opt-outs/{out.pk}/lift/", "erasure/", "edit/"):
        assert client.post(f"/contacts/{mara.pk}/{url}").status_code == 404
    assert client.get("/contacts/names/", {"contact": "Mara"}).context["names"] == []
    assert client.get("/companies/names/", {"company": "Nord"}).context["names"] == []


def test_a_contacts_page_shows_what_its_reader_may_see_and_nothing_of_the_rest(
    client: Client, mara: Contact, ines: User, noor: User
) -> None:
    hers = Story(make_deal(ines, "Demo", contact=mara, title="Fleet telematics"))
    theirs = Story(make_deal(noor, "Demo", contact=mara, title="Secret yard"))
    hers.they_write(day(1), subject="About the fleet")
    theirs.they_write(day(3), subject="About the yard")
    hers.we_write(day(4), subject="The schedule")
    sweep_at(day(20))
    page = seen(client, ines, f"/contacts/{mara.pk}/")
    for words in ("Fleet telematics", "About the fleet", "The schedule", "3 March 2026"):
        assert words in page
    for words in ("Secret yard", "About the yard", "5 March 2026"):
        assert words not in page
    both = seen(client, noor, f"/contacts/{mara.pk}/")
    assert "Secret yard" in both
    assert "Fleet telematics" not in both


def test_a_contacts_page_asks_no_more_for_three_deals_than_for_one(
    client: Client, mara: Contact, ines: User
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert client.get(f"/contacts/{mara.pk}/").status_code == 200
        return len(asked)

    client.force_login(ines)
    client.get("/contacts/")
    counts = []
    for _ in range(3):
        Story(make_deal(ines, contact=mara)).we_write(day(1))
        counts.append(queries())
    assert (counts[0], counts[2]) == (21, 21)


def test_a_companys_page_asks_no_more_for_three_contacts_than_for_one(
    client: Client, ines: User
) -> None:
    company, counts = make_company(owner=ines), []
    client.force_login(ines)
    client.get("/companies/")
    for _ in range(3):
        Story(make_deal(ines, contact=make_contact(company=company))).we_write(day(1))
        with CaptureQueriesContext(connection) as asked:
            assert client.get(f"/companies/{company.pk}/").status_code == 200
        counts.append(len(asked))
    assert (counts[0], counts[2]) == (12, 12)


def test_a_long_history_comes_in_pages(client: Client, mara: Contact, ines: User) -> None:
    story = Story(make_deal(ines, contact=mara))
    for number in range(35):
        story.they_write(day(number), subject=f"Letter {number:02}")
    first = seen(client, ines, f"/contacts/{mara.pk}/")
    second = seen(client, ines, f"/contacts/{mara.pk}/", touches=2)
    assert ("Letter 34" in first, "Letter 04" in first) == (True, False)
    assert ("Letter 34" in second, "Letter 04" in second) == (False, True)


def card(**told: object) -> dict[str, object]:
    """Return what the form of a contact sends, with two rows of addresses, empty unless told."""
    rows: dict[str, object] = {"addresses-TOTAL_FORMS": 2, "addresses-INITIAL_FORMS": 0}
    for row in (0, 1):
        rows |= {f"addresses-{row}-consent": "unknown", f"addresses-{row}-health": "alive"}
    return {"first_name": "Aiko", "last_name": "Tanabe", "kind": "prospect", **rows, **told}


def address(row: int, channel: str, value: str, **told: object) -> dict[str, object]:
    fields = {"channel": channel, "value": value, **told}
    return {f"addresses-{row}-{name}": said for name, said in fields.items()}


def test_a_new_contact_comes_with_addresses_and_a_new_company(client: Client, ines: User) -> None:
    client.force_login(ines)
    told = card(company="Tanabe Dental", **address(0, "email", "Aiko@Example.org"))
    told |= address(1, "phone", "+81 3 5550 1234", consent="given", is_preferred="on")
    response = client.post("/contacts/new/", told)
    aiko = Contact.objects.get()
    assert response["Location"] == f"/contacts/{aiko.pk}/"
    assert (aiko.name, str(aiko.company), aiko.owner) == ("Aiko Tanabe", "Tanabe Dental", None)
    assert [(each.value, each.consent, each.is_preferred) for each in aiko.addresses.all()] == [
        ("aiko@example.org", "unknown", False), ("+81 3 5550 1234", "given", True),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("told", "remedy"),
    [
        (
            {"first_name": "", "last_name": ""},
            "Give them a name: the first or the last one will do.",
        ),
        (address(0, "email", "aiko"), "“aiko” is not an e-mail address."),
        (address(0, "phone", "123"), "Write the whole number, such as +46 31 555 01 20."),
        (
            address(0, "email", "a@example.org") | address(1, "email", "A@example.org"),
            "This address stands there already. Remove one of the two.",
        ),
        (
            address(0, "email", "a@example.org", is_preferred="on")
            | address(1, "email", "b@example.org", is_preferred="on"),
            "Prefer one address on each channel, not two.",
        ),
    ],
)
def test_a_card_that_cannot_be_is_refused_with_the_remedy(
    client: Client, ines: User, told: dict[str, object], remedy: str
) -> None:
    client.force_login(ines)
    response = client.post("/contacts/new/", card(**told))
    assert response.status_code == 422
    assert remedy in response.content.decode().replace("&#x27;", "'")
    assert not Contact.objects.exists()


def test_editing_keeps_drops_and_adds_addresses(client: Client, mara: Contact, ines: User) -> None:
    email, phone = mara.addresses.get(channel="email"), mara.addresses.get(channel="phone")
    told = card(
        first_name="Mara", last_name="Lindqvist", company=f"#{mara.company_id}", owner=ines.pk,
        **{"addresses-TOTAL_FORMS": 3, "addresses-INITIAL_FORMS": 2},
        **address(0, "email", email.value, id=email.pk, consent="refused", health="dead"),
        **address(1, "phone", phone.value, id=phone.pk, DELETE="on"),
        **address(2, "chat", "@mara", consent="given", health="alive"),
    )  # fmt: skip
    client.force_login(ines)
    assert client.post(f"/contacts/{mara.pk}/edit/", told).status_code == 302
    mara.refresh_from_db()
    assert (mara.name, mara.owner) == ("Mara Lindqvist", ines)
    assert [(each.channel, each.consent, each.health) for each in mara.addresses.all()] == [
        ("chat", "given", "alive"), ("email", "refused", "dead"),
    ]  # fmt: skip


def test_an_owner_of_another_team_stays_when_others_edit(
    client: Client, mara: Contact, ines: User, noor: User
) -> None:
    make_deal(noor, contact=mara)
    client.force_login(noor)
    told = card(company=f"#{mara.company_id}", owner=noor.pk)
    client.post(f"/contacts/{mara.pk}/edit/", told)
    mara.refresh_from_db()
    assert (mara.name, mara.owner) == ("Aiko Tanabe", ines)


def test_in_a_new_company_they_live_by_its_calendar(
    client: Client, mara: Contact, ines: User
) -> None:
    tokyo = make_calendar("Tokyo", "Asia/Tokyo")
    dental = make_company("Tanabe Dental", owner=ines)
    calendars.assign_company(dental, tokyo, now=day(0))
    Story(make_deal(ines, contact=mara)).we_write(day(1))
    client.force_login(ines)
    client.post(f"/contacts/{mara.pk}/edit/", card(company="Tanabe Dental"))
    assert Silence.objects.open().get().calendar == tokyo


def make_calendar(name: str, zone: str) -> WorkCalendar:
    calendar = WorkCalendar.objects.create(name=name)
    calendars.new_version(calendar, now=LONG_AGO, hours=WORKING_WEEK, time_zone=zone)
    return calendar


def test_a_calendar_of_their_own_wins_over_the_companys(
    client: Client, mara: Contact, ines: User
) -> None:
    tokyo, oslo = make_calendar("Tokyo", "Asia/Tokyo"), make_calendar("Oslo", "Europe/Oslo")
    Story(make_deal(ines, contact=mara)).we_write(day(1))
    client.force_login(ines)

    def now_by() -> WorkCalendar:
        return Silence.objects.open().get().calendar

    client.post(f"/companies/{mara.company_id}/calendar/", {"calendar": oslo.pk})
    assert now_by() == oslo
    client.post(f"/contacts/{mara.pk}/calendar/", {"calendar": tokyo.pk})
    assert now_by() == tokyo
    assert "Tokyo" in client.get(f"/contacts/{mara.pk}/").content.decode()
    client.post(f"/contacts/{mara.pk}/calendar/", {"calendar": ""})
    assert now_by() == oslo


def test_an_opt_out_is_noted_ends_the_silence_and_can_be_taken_back(
    client: Client, mara: Contact, ines: User
) -> None:
    story = Story(make_deal(ines, contact=mara))
    story.we_write(day(1))
    client.force_login(ines)
    client.post(f"/contacts/{mara.pk}/opt-outs/", {"channel": "", "note": "By letter"})
    out = mara.opt_outs.get()
    assert (out.channel, out.note) == ("", "By letter")
    assert story.silences[-2][3] == "withdrawn"
    assert "Wants to hear nothing from us at all" in seen(client, ines, f"/contacts/{mara.pk}/")
    client.post(f"/contacts/{mara.pk}/opt-outs/{out.pk}/lift/")
    assert "Wants to hear nothing" not in seen(client, ines, f"/contacts/{mara.pk}/")


def test_erasing_asks_first_and_leaves_what_happened_without_a_name(
    client: Client, mara: Contact, ines: User, noor: User
) -> None:
    story = Story(make_deal(ines, contact=mara))
    story.they_write(day(1), note="I have moved house")
    make_deal(noor, contact=mara)
    client.force_login(noor)
    assert client.post(f"/contacts/{mara.pk}/erasure/").status_code == 404
    client.force_login(ines)
    assert "cannot be taken back" in seen(client, ines, f"/contacts/{mara.pk}/erasure/")
    client.post(f"/contacts/{mara.pk}/erasure/")
    page = seen(client, ines, f"/contacts/{mara.pk}/")
    assert "Lind" not in page
    assert "moved house" not in page
    assert story.deal.touches.count() == 1
    assert not Address.objects.exists()
    assert client.get(f"/contacts/{mara.pk}/edit/").status_code == 404


def test_facts_are_learnt_and_forgotten(client: Client, mara: Contact, ines: User) -> None:
    client.force_login(ines)
    page = f"/contacts/{mara.pk}/"
    told = {"text": "Sails at weekends", "learned_from": "Call", "learned_on": "2026-03-01"}
    client.post(f"{page}facts/", told)
    assert "Sails at weekends" in client.get(page).content.decode()
    refused = client.post(f"{page}facts/", {"text": ""})
    assert refused.status_code == 422
    client.post(f"{page}facts/{mara.facts.get().pk}/forget/")
    assert not mara.facts.exists()


def test_names_are_offered_so_that_they_lead_back(
    client: Client, mara: Contact, ines: User
) -> None:
    client.force_login(ines)
    company = mara.company
    assert company is not None
    offered = client.get("/contacts/names/", {"contact": "mar"}).context["names"]
    assert offered == [f"Mara Lind · Nordhavn Marine #{mara.pk}"]
    offered = client.get("/companies/names/", {"company": "marine"}).context["names"]
    assert offered == [f"Nordhavn Marine #{company.pk}"]
    assert client.get("/contacts/names/", {"contact": " "}).context["names"] == []


def test_a_company_is_made_edited_and_shown(client: Client, ines: User) -> None:
    client.force_login(ines)
    told: dict[str, Any] = {"name": "Nordhavn", "domain": "nordhavn.example", "owner": ines.pk}
    client.post("/companies/new/", told)
    company = Company.objects.get()
    client.post(f"/companies/{company.pk}/edit/", told | {"sector": "Shipping"})
    make_deal(ines, contact=make_contact("Mara", "Lind", company=company), title="Fleet")
    page = seen(client, ines, f"/companies/{company.pk}/")
    for words in ("Nordhavn", "Shipping", "nordhavn.example", "Mara Lind", "Fleet"):
        assert words in page
    refused = client.post(f"/companies/{company.pk}/edit/", {"name": ""})
    assert refused.status_code == 422
    new = client.get("/contacts/new/", {"company": company.pk})
    assert new.context["form"]["company"].value() == f"Nordhavn #{company.pk}"


def test_merging_shows_both_and_then_makes_one(client: Client, mara: Contact, ines: User) -> None:
    double = make_contact("M.", "Lindqvist", owner=ines, job_title="Head of Fleet")
    make_deal(ines, contact=double)
    people.opt_out(double, now=timezone.now() - timedelta(days=1), channel="sms")
    client.force_login(ines)
    asked = client.post(f"/contacts/{mara.pk}/merge/", {"contact": "M. Lindqvist"})
    assert asked["Location"] == f"/contacts/{mara.pk}/merge/{double.pk}/"
    preview = client.get(asked["Location"]).content.decode()
    for words in ("Head of Fleet", "deals (1)", "wants to hear nothing by SMS", "addresses (2)"):
        assert words in preview
    done = client.post(asked["Location"], {"take": ["last_name"]})
    assert done["Location"] == f"/contacts/{mara.pk}/"
    assert Contact.objects.get().name == "Mara Lindqvist"


def test_merging_with_oneself_is_refused(client: Client, mara: Contact, ines: User) -> None:
    client.force_login(ines)
    asked = client.post(f"/contacts/{mara.pk}/merge/", {"contact": f"#{mara.pk}"})
    assert asked.status_code == 422
    forced = client.post(f"/contacts/{mara.pk}/merge/{mara.pk}/")
    assert forced.status_code == 422
    assert "one and the same already" in forced.content.decode()


def test_only_who_keeps_both_or_leads_may_merge(
    client: Client, mara: Contact, ines: User, karl: User, maud: User
) -> None:
    his = make_contact("Omar", "Farid", owner=karl)
    make_deal(ines, contact=his)
    client.force_login(ines)
    assert client.get(f"/contacts/{mara.pk}/merge/{his.pk}/").status_code == 404
    assert client.post(f"/contacts/{mara.pk}/merge/{his.pk}/").status_code == 404
    assert Contact.objects.count() == 2
    client.force_login(maud)
    assert client.get(f"/contacts/{mara.pk}/merge/{his.pk}/").status_code == 200


def test_nobodys_contact_is_theirs_whose_deals_all_are(
    client: Client, mara: Contact, ines: User, noor: User
) -> None:
    double = make_contact("M.", "Lind")
    make_deal(ines, contact=double)
    client.force_login(ines)
    url = f"/contacts/{mara.pk}/merge/{double.pk}/"
    assert client.get(url).status_code == 200
    make_deal(noor, contact=double)
    assert client.get(url).status_code == 404


def test_companies_merge_the_same_way(client: Client, ines: User) -> None:
    kept, other = (make_company(name, owner=ines) for name in ("Nordhavn Marine", "Nordhavn"))
    contact = make_contact(company=other)
    client.force_login(ines)
    unknown = client.post(f"/companies/{kept.pk}/merge/", {"company": "Atlantis"})
    assert unknown.status_code == 422
    asked = client.post(f"/companies/{kept.pk}/merge/", {"company": "Nordhavn"})
    assert "contacts (1)" in client.get(asked["Location"]).content.decode()
    client.post(asked["Location"])
    contact.refresh_from_db()
    assert (Company.objects.get(), contact.company) == (kept, kept)


def test_the_hour_where_a_contact_is_is_theirs_and_not_the_readers(
    client: Client, ines: User
) -> None:
    akari = make_contact("Akari", "Umihara", owner=ines, time_zone="Asia/Tokyo")
    page = seen(client, ines, f"/contacts/{akari.pk}/")
    there = client.get(f"/contacts/{akari.pk}/").context["their_time"]
    assert akari.wall_time(day(1, 9)) == datetime(2026, 3, 3, 18)  # noqa: DTZ001
    assert f"{there:%H:%M} where they are" in page


def test_a_nul_in_a_search_finds_what_stands_beside_it(
    client: Client, ines: User, mara: Contact
) -> None:
    make_deal(ines, contact=mara)
    assert "Mara Lind" in seen(client, ines, "/contacts/", q="\x00mara")
    assert "Nordhavn" in seen(client, ines, "/companies/", q="nord\x00")
