"""Importing deals, touches and stage entries: what comes in, what is corrected, what stays."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from accounts.models import User
from contacts.models import Address, Company, Contact
from deals import conversation, course, people, rebuilding, replay
from deals.importing.arrival import Arrival
from deals.importing.importer import Import
from deals.importing.staging import Staging
from deals.models import Deal, Pipeline, Silence, Stage, StageEntry, Touch, Turn
from tests.cast import Story, day, make_contact
from tests.deals.files import (
    DEALS,
    STAGES,
    TOUCHES,
    bring,
    counts,
    loan_folder,
    reasons,
    write_csv,
)

pytestmark = pytest.mark.usefixtures("workspace")


@pytest.fixture
def loans(tmp_path: Path) -> Path:
    return loan_folder(tmp_path / "loans")


def deal(key: str) -> Deal:
    return Deal.objects.get(external_id=key)


def test_an_import_brings_deals_touches_and_stages_with_their_silences(loans: Path) -> None:
    assert bring(loans).counts == counts(created=9)
    first, second = Story(deal("L1")), Story(deal("L2"))
    assert first.silences == [
        ("us", day(0), day(1), "answered"),
        ("them", day(1), None, ""),
    ]
    assert second.silences == [
        ("nobody", day(0), day(1), "turned"),
        ("them", day(1), day(5), "replied"),
        ("us", day(5), day(6), "closed"),
    ]
    assert (first.deal.amount, second.deal.amount) == (Decimal(5000), Decimal("1200.50"))
    assert (second.deal.outcome, second.deal.closed_at) == ("won", day(6))
    assert (first.deal.stage.name, second.deal.stage.name) == ("Offer", "Application")


def test_a_second_import_adds_nothing(loans: Path) -> None:
    bring(loans)
    before = list(Silence.objects.order_by("pk").values())
    assert bring(loans, now=day(31)).counts == counts(unchanged=9)
    assert list(Silence.objects.order_by("pk").values()) == before


def test_a_dry_run_counts_and_changes_nothing(loans: Path) -> None:
    assert bring(loans, writes=False).counts == counts(created=9)
    assert (Deal.objects.count(), Pipeline.objects.filter(name="loans").count()) == (0, 0)
    bring(loans)
    write_csv(loans / "deals.csv", DEALS, ("L1", "Otto", "6000", "EUR", day(0), "open", ""))
    assert bring(loans, writes=False).counts == counts(updated=1, unchanged=7)
    assert deal("L1").amount == 5000


def test_stages_are_made_in_order_of_first_entry(loans: Path) -> None:
    bring(loans)
    pipeline = Pipeline.objects.get(name="loans")
    made = [
        (stage.name, stage.position, version.dark_after, version.on_entry)
        for stage in pipeline.stages.all()
        for version in stage.thresholds.all()
    ]
    assert made == [("Application", 0, "21d", "unchanged"), ("Offer", 1, "21d", "unchanged")]


def test_a_named_pipeline_keeps_its_stages_and_gets_the_missing_ones(loans: Path) -> None:
    write_csv(loans / "stages.csv", STAGES, ("L1", "demo", day(0)), ("L1", "Legal", day(2)))
    bring(loans, pipeline="New business")
    names = Pipeline.objects.get(name="New business").stages.values_list("name", flat=True)
    assert list(names) == ["Discovery", "Demo", "Proposal", "Negotiation", "Legal"]
    assert (deal("L1").stage.name, deal("L2").stage.name) == ("Legal", "Discovery")
    assert {entry.turn for entry in StageEntry.objects.all()} == {Turn.UNCHANGED}


def test_owners_nobody_knows_become_users_who_cannot_sign_in(loans: Path, ines: User) -> None:
    bring(loans)
    otto = User.objects.get(name="Otto")
    assert (otto.email, otto.source, otto.external_id) == (None, "import", "Otto")
    assert not otto.has_usable_password()
    assert (deal("L1").owner, deal("L2").owner) == (otto, ines)
    assert set(Touch.objects.values_list("user__name", flat=True)) == {None, "Otto", "Ines"}


def test_an_owner_is_known_by_address_but_not_by_a_name_that_two_have(
    tmp_path: Path, ines: User
) -> None:
    User.objects.create_user("other@example.com", None, name="Karl K.")
    User.objects.create_user("another@example.com", None, name="Karl K.")
    write_csv(
        tmp_path / "deals.csv", ("deal", "owner"), ("1", "INES@example.com"), ("2", "Karl K.")
    )
    bring(tmp_path)
    assert deal("1").owner == ines
    assert deal("2").owner.source == "import"


def test_a_deal_that_names_no_contact_gets_one_made_from_its_id(loans: Path) -> None:
    bring(loans)
    contact = deal("L1").contact
    assert (contact.name, contact.company) == ("Contact of L1", None)
    assert Contact.objects.count() == 2


def test_contacts_are_found_by_id_address_or_name_at_a_company(tmp_path: Path) -> None:
    mara = make_contact("Mara", "Lind", addresses={"email": "mara@example.org"})
    headings = ("deal", "owner", "contact", "contact_name", "email", "phone", "company")
    write_csv(
        tmp_path / "deals.csv", headings,
        ("1", "Otto", "", "", "Mara@Example.org", "", ""),
        ("2", "Otto", "C7", "Jo van Dam", "", "+31 20 555", ""),
        ("3", "Otto", "C7", "", "", "", ""),
        ("4", "Otto", "", "Ida Berg", "", "", "Nordhavn"),
        ("5", "Otto", "", "Ida Berg", "", "", "Nordhavn"),
        ("6", "Otto", "", "Ida Berg", "", "", ""),
        ("7", "Otto", "", "", "new@example.org", "", ""),
        ("8", "Otto", "", "", "NEW@example.org", "", ""),
    )  # fmt: skip
    assert bring(tmp_path).counts == counts(created=8)
    contacts = [deal(str(key)).contact_id for key in range(1, 9)]
    assert contacts[0] == mara.pk
    assert contacts[1] == contacts[2]
    assert contacts[3] == contacts[4]
    assert contacts[6] == contacts[7]
    assert len(set(contacts)) == 5
    jo = deal("2").contact
    assert (jo.first_name, jo.last_name) == ("Jo van", "Dam")
    assert list(jo.addresses.values_list("channel", "value")) == [("phone", "+31 20 555")]
    assert Company.objects.get().name == "Nordhavn"
    assert deal("4").company == deal("4").contact.company == Company.objects.get()


def test_an_erased_contact_stays_nameless(tmp_path: Path) -> None:
    path = write_csv(
        tmp_path / "deals.csv", ("deal", "owner", "contact_name", "email"),
        ("1", "Otto", "Mara Lind", "mara@example.org"),
    )  # fmt: skip
    bring(path)
    people.erase(deal("1").contact, now=day(20))
    assert bring(path).counts == counts(unchanged=1)
    assert Address.objects.count() == 0
    assert deal("1").contact.name == f"Erased {deal('1').contact_id}"


def test_what_the_file_says_otherwise_is_corrected_and_replayed(loans: Path) -> None:
    bring(loans)
    write_csv(
        loans / "touches.csv", TOUCHES,
        ("L1", "L1-2", day(2), "outbound", "email", "Otto", "sent an offer"),
        ("L2", "L2-2", day(5), "outbound", "email", "Ines", "sent it back"),
        ("L1", "L1-3", day(3), "two_way", "phone", "Otto", "talked"),
    )  # fmt: skip
    write_csv(
        loans / "deals.csv", DEALS,
        ("L1", "Ines", "", "", day(0), "lost", day(8)),
        ("L2", "Ines", "1200.50", "EUR", day(0), "won", day(6)),
    )  # fmt: skip
    assert bring(loans).counts == counts(created=1, updated=3, unchanged=4)
    assert Story(deal("L1")).silences == [
        ("us", day(0), day(2), "answered"),
        ("them", day(2), day(3), "replied"),
        ("us", day(3), day(8), "closed"),
    ]
    assert Story(deal("L2")).silences[1:] == [("them", day(1), day(6), "closed")]
    first = deal("L1")
    assert (first.owner.name, first.amount, first.outcome) == ("Ines", 5000, "lost")
    assert Story(first).deal.touches.get(external_id="L1-2").turn == Turn.THEIRS


def test_what_was_corrected_here_and_is_not_in_the_file_stays(loans: Path) -> None:
    bring(loans)
    touch = Touch.objects.get(external_id="L1-2")
    conversation.correct(touch, now=day(20), turn=Turn.OURS, subject="Offer")
    deleted = Touch.objects.get(external_id="L2-2")
    conversation.delete(deleted, now=day(20))
    people.make_primary(deal("L1"), make_contact(), now=day(20))
    assert bring(loans).counts == counts(unchanged=9)
    touch.refresh_from_db()
    assert (touch.turn, touch.subject) == (Turn.OURS, "Offer")


def test_a_deal_closed_here_stays_closed_and_one_open_again_in_the_files_reopens(
    loans: Path,
) -> None:
    bring(loans)
    course.close(deal("L1"), "lost", now=day(20))
    write_csv(
        loans / "deals.csv", DEALS,
        ("L1", "Otto", "5000", "EUR", day(0), "open", ""),
        ("L2", "Ines", "1200.50", "EUR", day(0), "open", ""),
    )  # fmt: skip
    assert bring(loans, now=day(30)).counts == counts(updated=1, unchanged=8)
    assert (deal("L1").outcome, deal("L2").outcome) == ("lost", "open")
    assert Story(deal("L2")).silences[-1] == ("us", day(30), None, "")
    assert bring(loans, now=day(31)).counts == counts(unchanged=9)

    write_csv(loans / "deals.csv", DEALS, ("L2", "Ines", "1200.50", "EUR", day(0), "lost", day(33)))
    bring(loans, now=day(34))
    assert (deal("L2").outcome, deal("L2").closed_at) == ("lost", day(33))
    write_csv(loans / "deals.csv", DEALS, ("L2", "Ines", "1200.50", "EUR", day(0), "open", ""))
    bring(loans, now=day(40))
    assert Story(deal("L2")).silences[-1] == ("us", day(40), None, "")


def test_a_deals_own_stage_column_moves_it_when_it_changes(tmp_path: Path) -> None:
    headings = ("deal", "owner", "stage", "entered_at", "opened_at")
    path = write_csv(tmp_path / "deals.csv", headings, ("1", "Otto", "Lead", "", day(0)))
    bring(path, now=day(5))
    write_csv(path, headings, ("1", "Otto", "Offer", "", day(0)))
    assert bring(path, now=day(6)).counts == counts(updated=1)
    assert bring(path, now=day(7)).counts == counts(unchanged=1)
    write_csv(path, headings, ("1", "Otto", "Lead", day(8), day(0)))
    assert bring(path, now=day(9)).counts == counts(updated=1)
    entries = deal("1").stage_entries.values_list("stage__name", "occurred_at")
    assert list(entries) == [("Lead", day(0)), ("Offer", day(6)), ("Lead", day(8))]


def test_a_move_made_here_is_not_taken_back_by_the_same_file(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "deals.csv", ("deal", "owner", "stage"), ("1", "Otto", "Lead"))
    bring(path, now=day(5), pipeline="Mine")
    done = Stage.objects.create(pipeline=Pipeline.objects.get(name="Mine"), name="Done", position=9)
    done.thresholds.create(dark_after="1w", created_at=day(5))
    course.enter_stage(deal("1"), done, turn=Turn.UNCHANGED, now=day(6))
    assert bring(path, now=day(7), pipeline="Mine").counts == counts(unchanged=1)
    assert deal("1").stage == done


def test_true_stage_entries_take_the_place_of_the_supposed_one(tmp_path: Path) -> None:
    write_csv(tmp_path / "deals.csv", ("deal", "owner", "opened_at"), ("1", "Otto", day(0)))
    bring(tmp_path, pipeline="Late")
    assert deal("1").stage.name == "Open"
    write_csv(tmp_path / "stages.csv", STAGES, ("1", "Offer", day(2)))
    assert bring(tmp_path, pipeline="Late").counts == counts(created=1, unchanged=1)
    assert deal("1").stage_entries.get().stage.name == "Offer"
    assert bring(tmp_path, pipeline="Late").counts == counts(unchanged=2)


def test_a_deal_without_any_date_opens_with_the_import_and_stays_there(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "deals.csv", ("deal", "owner"), ("1", "Otto"))
    bring(path, now=day(5))
    assert bring(path, now=day(9)).counts == counts(unchanged=1)
    assert deal("1").opened_at == day(5)


def test_the_last_contact_becomes_one_touch_and_a_later_one_no_new_start(tmp_path: Path) -> None:
    headings = ("deal", "owner", "opened_at", "last_contact_at", "last_contact_by")
    path = write_csv(
        tmp_path / "deals.csv", headings,
        ("1", "Otto", day(0), day(3), "us"), ("2", "Otto", day(0), day(3), "them"),
        ("3", "Otto", day(0), day(3), "both"), ("4", "Otto", day(0), "", ""),
    )  # fmt: skip
    assert bring(path, now=day(5)).counts == counts(created=4)
    assert bring(path, now=day(5)).counts == counts(unchanged=4)
    now_open = [Story(deal(key)).silences[-1][:2] for key in "1234"]
    assert now_open == [("them", day(3)), ("us", day(3)), ("us", day(3)), ("nobody", day(0))]
    otto = User.objects.get(name="Otto")
    assert list(Touch.objects.order_by("deal").values_list("user", flat=True)) == [
        otto.pk,
        None,
        otto.pk,
    ]
    write_csv(path, headings, ("1", "Otto", day(0), day(7), "us"))
    assert bring(path, now=day(8)).counts == counts(updated=1)
    silence = Story(deal("1")).silence
    assert silence is not None
    assert (silence.started_at, silence.attempts) == (day(3), 1)


def test_touches_may_come_before_their_deals_are_known_elsewhere(loans: Path) -> None:
    bring(loans)
    write_csv(loans / "deals.csv", DEALS, ("L2", "Ines", "1200.50", "EUR", day(0), "won", day(6)))
    write_csv(
        loans / "touches.csv", TOUCHES,
        ("L1", "L1-9", day(9), "inbound", "email", "", "came back"),
        ("L9", "L9-1", day(9), "inbound", "email", "", "of nobody"),
    )  # fmt: skip
    write_csv(loans / "stages.csv", STAGES, ("L9", "Offer", day(9)))
    work = bring(loans)
    assert work.counts == counts(created=1, unchanged=1, rejected=2)
    reason = (
        "its deal “L9” is not in deals.csv, was set aside there, or never came in before: "
        "add the deal, and import again"
    )
    assert reasons(work) == [("stages.csv", 2, reason), ("touches.csv", 3, reason)]
    assert Story(deal("L1")).silences[-1] == ("us", day(9), None, "")


def test_touches_in_any_order_give_the_same_silences(loans: Path, tmp_path: Path) -> None:
    bring(loans, pipeline="One")
    shuffled = tmp_path / "shuffled"
    shuffled.mkdir()
    dice = random.Random(7)
    for name in ("deals.csv", "touches.csv", "stages.csv"):
        head, *rows = (loans / name).read_text().splitlines(keepends=True)
        dice.shuffle(rows)
        (shuffled / name).write_text(head + "".join(rows))
    bring(shuffled, pipeline="Two")
    told = []
    for name in ("One", "Two"):
        deals = Deal.objects.filter(stage__pipeline__name=name).order_by("external_id")
        told.append([Story(one).silences for one in deals])
    assert told[0] == told[1] != []


def test_an_import_that_was_killed_goes_on_where_it_was(loans: Path) -> None:
    work = Import(bring(loans, writes=False).order, Staging(), day(30))
    work.lay_out()
    work.settle(writes=True)
    work.staging.base.execute("UPDATE deal SET id = id + 1000 WHERE key = 'L2'")
    rows = work.staging.batch(0, 1)
    assert [row.key for row in rows] == ["L1"]
    Arrival(rows, work.place, work.owners, day(30), "EUR").write()  # and then the power fails
    assert rebuilding.check(lambda: day(30)).differing == []
    assert bring(loans).counts == counts(created=4, unchanged=5)
    assert Deal.objects.count() == 2


def test_a_row_told_twice_alike_is_one_and_told_otherwise_is_set_aside(loans: Path) -> None:
    with (loans / "touches.csv").open("a") as file:
        file.write(f"L1,L1-1,{day(0).isoformat()},inbound,web,,applied\r\n")
        file.write(f"L1,L1-1,{day(2).isoformat()},inbound,web,,applied\r\n")
    work = bring(loans)
    assert work.counts == counts(created=9, unchanged=1, rejected=1)
    assert reasons(work) == [
        ("touches.csv", 7, "“L1-1” stands on line 2 already and says something else: keep one")
    ]


def test_deals_with_very_many_touches_come_in_smaller_batches(
    loans: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deals.importing.staging.MOST_TOUCHES", 2)
    work = bring(loans, writes=False)
    assert [len(work.staging.batch(after, 200)) for after in (0, 1, 2)] == [1, 1, 0]
    assert bring(loans).counts == counts(created=9)


def test_an_import_leaves_all_rows_as_a_replay_would(loans: Path) -> None:
    bring(loans)
    assert replay.compare(Deal.objects.values_list("pk", flat=True), day(30)).differing == set()
    assert deal("L1").opened_at == datetime(2026, 3, 2, 9, tzinfo=UTC)


def test_a_stage_entry_with_an_id_of_its_own_can_be_corrected(loans: Path) -> None:
    headings = ("deal", "entry", "stage", "entered_at")
    write_csv(loans / "stages.csv", headings, ("L1", "e1", "Offer", day(2)))
    bring(loans)
    write_csv(loans / "stages.csv", headings, ("L1", "e1", "Offer", day(3)))
    assert bring(loans).counts == counts(updated=1, unchanged=6)
    assert deal("L1").stage_entries.get().occurred_at == day(3)
    assert rebuilding.check(lambda: day(30)).differing == []
