"""Two contacts, or two companies, that turn out to be one."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError

from accounts.models import User
from contacts.models import Address, Company, Contact, Fact
from deals import calendars, merging, people
from deals.calendars import WORKING_WEEK
from deals.models import Deal, Hold, Silence, Touch, WorkCalendar
from deals.replay import compare
from outreach.models import Suggestion
from tests.cast import LONG_AGO, Story, day, make_company, make_contact, make_deal, sweep_at
from tests.deals.files import bring, write_csv


@pytest.fixture
def mara(workspace: object) -> Contact:
    return make_contact("Mara", "Lind", addresses={"email": "mara@example.org"}, city="Gothenburg")


@pytest.fixture
def double(workspace: object) -> Contact:
    """The same Mara, written down a second time by somebody else."""
    return make_contact(
        "M.", "Lindqvist", job_title="Head of Fleet",
        addresses={"email": "MARA@example.org", "phone": "+46 31 555 01 20"},
    )  # fmt: skip


def in_line(*deals: Deal) -> bool:
    """Whether the rows of deals are what a replay from nothing gives."""
    return not compare([deal.pk for deal in deals], day(60)).differing


def test_all_that_hangs_on_either_hangs_on_the_one(
    ines: User, mara: Contact, double: Contact
) -> None:
    first, second = (Story(make_deal(ines, contact=contact)) for contact in (mara, double))
    first.we_write(day(1))
    touch = second.they_write(day(2))
    fact = Fact.objects.create(contact=double, text="Sails", learned_on=date(2026, 1, 1))
    away = Hold.objects.create(contact=double, reason="absence", starts_at=day(3))

    merging.merge_contacts(mara, double, now=day(4))

    assert list(Contact.objects.all()) == [mara]
    for row in (touch, fact, away):
        row.refresh_from_db()
        assert row.contact == mara
    assert set(mara.led_deals.all()) == {first.deal, second.deal}
    assert mara.participations.count() == 2
    assert in_line(first.deal, second.deal)


def test_what_is_empty_is_filled_and_what_is_taken_is_taken(mara: Contact, double: Contact) -> None:
    mara.note, double.note = "Likes the sea", "Met at the fair"
    double.kind = Contact.Kind.CUSTOMER
    merging.merge_contacts(mara, double, now=day(1), take=["last_name", "pk", "erased_at"])
    mara.refresh_from_db()
    assert (mara.name, mara.job_title, mara.city) == (
        "Mara Lindqvist",
        "Head of Fleet",
        "Gothenburg",
    )
    assert mara.note == "Likes the sea\n\nMet at the fair"
    assert mara.kind == Contact.Kind.CUSTOMER


@pytest.mark.parametrize(
    ("ours", "theirs", "left"),
    [
        ("given", "unknown", "unknown"),
        ("unknown", "refused", "refused"),
        ("refused", "given", "refused"),
        ("given", "given", "given"),
    ],
)
def test_the_strictest_consent_for_an_address_wins(
    mara: Contact, double: Contact, ours: str, theirs: str, left: str
) -> None:
    mara.addresses.update(consent=ours)
    double.addresses.update(consent=theirs)
    double.addresses.filter(channel="email").update(health="dead")
    merging.merge_contacts(mara, double, now=day(1))
    email = mara.addresses.get(channel="email")
    assert (email.value, email.consent, email.health) == ("mara@example.org", left, "dead")
    assert mara.addresses.count() == 2


def test_touches_keep_their_address_when_two_become_one(
    ines: User, mara: Contact, double: Contact
) -> None:
    story = Story(make_deal(ines, contact=double))
    touch = story.we_write(day(1), address=double.addresses.get(channel="email"))
    merging.merge_contacts(mara, double, now=day(2))
    touch.refresh_from_db()
    assert touch.address == mara.addresses.get(channel="email")


def test_phone_numbers_are_alike_however_they_are_spaced(mara: Contact, double: Contact) -> None:
    Address.objects.create(contact=mara, channel="phone", value="+46 315550120")
    merging.merge_contacts(mara, double, now=day(1))
    assert list(mara.addresses.filter(channel="phone").values_list("value", flat=True)) == [
        "+46 315550120"
    ]


def test_one_address_stays_preferred_on_each_channel(mara: Contact, double: Contact) -> None:
    for contact, value in ((mara, "a@example.org"), (double, "b@example.org")):
        Address.objects.create(contact=contact, channel="email", value=value, is_preferred=True)
    merging.merge_contacts(mara, double, now=day(1))
    preferred = mara.addresses.filter(channel="email", is_preferred=True)
    assert list(preferred.values_list("value", flat=True)) == ["a@example.org"]


def test_an_opt_out_of_either_ends_the_silences_of_both(
    ines: User, mara: Contact, double: Contact
) -> None:
    story = Story(make_deal(ines, contact=mara))
    story.we_write(day(1))
    people.opt_out(double, now=day(2))
    assert story.silence is not None

    merging.merge_contacts(mara, double, now=day(3))

    assert mara.opt_outs.filter(lifted_at=None).count() == 1
    assert story.silences[-1] == ("nobody", day(2), None, "")
    assert story.silences[-2] == ("them", day(1), day(2), "withdrawn")
    assert in_line(story.deal)


def test_both_in_one_deal_become_one_participant(
    ines: User, mara: Contact, double: Contact
) -> None:
    deal = make_deal(ines, contact=mara)
    people.join(deal, double, now=day(1))
    people.make_primary(deal, double, now=day(2))

    merging.merge_contacts(mara, double, now=day(3))

    part = deal.participations.get(left_at=None)
    deal.refresh_from_db()
    assert (part.contact, part.is_primary, deal.contact) == (mara, True, mara)
    assert in_line(deal)


def test_one_who_took_part_before_the_other_led_did_so_until_then(
    ines: User, mara: Contact, double: Contact
) -> None:
    deal = make_deal(ines)
    people.join(deal, mara, now=day(1))
    people.make_primary(deal, double, now=day(2))
    merging.merge_contacts(mara, double, now=day(3))
    parts = deal.participations.filter(contact=mara).order_by("joined_at")
    assert list(parts.values_list("is_primary", "joined_at", "left_at")) == [
        (False, day(1), day(2)), (True, day(2), None),
    ]  # fmt: skip
    assert in_line(deal)


def test_two_who_only_take_part_become_one(ines: User, mara: Contact, double: Contact) -> None:
    deal = make_deal(ines)
    people.join(deal, mara, now=day(2))
    people.join(deal, double, now=day(1))
    merging.merge_contacts(mara, double, now=day(3))
    assert deal.participations.get(contact=mara).joined_at == day(1)


def test_a_suggestion_of_the_other_one_names_the_one(
    ines: User, mara: Contact, double: Contact
) -> None:
    story = Story(make_deal(ines, "Demo", contact=double))
    story.we_write(day(0, 10))
    sweep_at(day(8))
    silence = Silence.objects.open().get()
    suggestion = Suggestion.objects.create(
        silence=silence, spell=silence.spells.get(), step=1, deal=story.deal, stage=silence.stage,
        owner=ines, play="refocus", contact=double, channel="email",
        address=double.addresses.get(channel="email"), created_at=day(8), rank=Decimal(1),
    )  # fmt: skip
    merging.merge_contacts(mara, double, now=day(9))
    suggestion.refresh_from_db()
    assert suggestion.contact == mara
    assert suggestion.address == mara.addresses.get(channel="email")
    assert story.is_dark


def test_the_history_of_calendars_is_the_kept_ones_unless_only_the_other_has_one(
    ines: User, mara: Contact, double: Contact
) -> None:
    tokyo = WorkCalendar.objects.create(name="Tokyo")
    calendars.new_version(tokyo, now=LONG_AGO, hours=WORKING_WEEK, time_zone="Asia/Tokyo")
    calendars.assign(double, tokyo, now=day(1))
    story = Story(make_deal(ines, contact=mara))
    story.we_write(day(2))
    merging.merge_contacts(mara, double, now=day(3))
    assert Silence.objects.open().get().calendar == tokyo
    assert in_line(story.deal)


def test_one_who_is_the_same_already_is_not_merged_away(mara: Contact) -> None:
    with pytest.raises(ValidationError, match="one and the same already"):
        merging.merge_contacts(mara, mara, now=day(1))
    assert Contact.objects.get() == mara


def test_a_second_merge_of_the_same_two_brings_nobody_back(mara: Contact, double: Contact) -> None:
    again = Contact.objects.get(pk=double.pk)
    merging.merge_contacts(mara, double, now=day(1))
    with pytest.raises(ValidationError, match="merged or removed meanwhile"):
        merging.merge_contacts(again, mara, now=day(1))
    assert Contact.objects.get() == mara


def test_an_erased_contact_is_not_merged(mara: Contact, double: Contact) -> None:
    people.erase(double, now=day(1))
    with pytest.raises(ValidationError, match="erased contact cannot be merged"):
        merging.merge_contacts(mara, double, now=day(2))


def test_companies_merge_with_their_contacts_deals_and_hours(ines: User) -> None:
    kept, other = make_company("Nordhavn Marine"), make_company("Nordhavn", sector="Shipping")
    oslo = WorkCalendar.objects.create(name="Oslo")
    calendars.new_version(oslo, now=LONG_AGO, hours=WORKING_WEEK, time_zone="Europe/Oslo")
    calendars.assign_company(kept, oslo, now=day(0))
    joining = make_contact(company=other)
    story = Story(make_deal(ines, contact=joining))
    story.we_write(day(1))

    merging.merge_companies(kept, other, now=day(2))

    kept.refresh_from_db()
    story.deal.refresh_from_db()
    assert (kept.name, kept.sector) == ("Nordhavn Marine", "Shipping")
    assert (list(kept.contacts.all()), story.deal.company) == ([joining], kept)
    assert Silence.objects.open().get().calendar == oslo
    assert in_line(story.deal)


def test_the_preview_says_what_stays_and_what_moves(
    ines: User, mara: Contact, double: Contact
) -> None:
    story = Story(make_deal(ines, contact=double))
    story.we_write(day(1))
    told = {each.name: each for each in merging.differences(mara, double)}
    assert (told["last_name"].kept, told["last_name"].other) == ("Lind", "Lindqvist")
    assert told["last_name"].is_choice
    assert told["job_title"].is_taken
    assert not told["city"].is_taken
    assert dict(merging.moved(double)) == {
        "addresses": 2, "deals": 1, "participations": 1, "touches": 1,
    }  # fmt: skip
    assert Touch.objects.get().contact == double


def test_the_id_that_a_source_knew_the_other_one_by_leads_to_the_one(
    mara: Contact, double: Contact
) -> None:
    third = make_contact("Mara", "L.", source="crm", external_id="contact:3")
    double.source, double.external_id = "crm", "contact:2"
    double.save()
    merging.merge_contacts(double, third, now=day(1))
    merging.merge_contacts(mara, double, now=day(2))
    assert {(each.source, each.external_id) for each in mara.aliases.all()} == {
        ("crm", "contact:2"), ("crm", "contact:3"),
    }  # fmt: skip


def test_a_company_answers_to_its_former_id(workspace: object) -> None:
    kept, other = make_company("Nordhavn Marine"), make_company("Nordhavn", source="crm")
    merging.merge_companies(kept, other, now=day(1))
    assert kept.aliases.get().external_id == other.external_id


def test_an_import_finds_those_who_were_merged_and_brings_nobody_back(
    workspace: object, tmp_path: Path
) -> None:
    headings = ("deal", "owner", "contact", "contact_name", "company")
    first = ("1", "Otto", "C1", "Mara Lind", "Nordhavn Marine")
    second = ("2", "Otto", "C2", "M. Lindqvist", "Nordhavn")
    bring(write_csv(tmp_path / "deals.csv", headings, first, second))
    kept, other = (Deal.objects.get(external_id=key) for key in ("1", "2"))
    assert kept.company is not None
    assert other.company is not None
    merging.merge_companies(kept.company, other.company, now=day(1))
    merging.merge_contacts(kept.contact, other.contact, now=day(1))

    third = ("3", "Otto", "C2", "M. Lindqvist", "Nordhavn")
    bring(write_csv(tmp_path / "deals.csv", headings, first, second, third))

    came = Deal.objects.get(external_id="3")
    assert (came.contact, came.company) == (kept.contact, kept.company)
    assert (Contact.objects.count(), Company.objects.count()) == (1, 1)
