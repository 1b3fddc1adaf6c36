"""What deals were, through time: whatever changes it writes it down. Source: decision 110."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from importlib import import_module
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from contacts.models import Contact
from deals import course, merging, particulars, people, tasks, thresholds
from deals.importing import undoing
from deals.models import DarkSpell, Deal, ImportRun, Outcome, Particulars, Stage
from deals.particulars import Facts
from outreach import bulk
from outreach.acts import Reassign
from outreach.undo import Kind, Undo, run
from tests.calling import program
from tests.cast import Cast, Story, day, make_company, make_contact, make_deal, sweep_at
from tests.deals.files import DEALS, bring, write_csv
from tests.deals.test_import_undo import imported

Said = tuple[str, Decimal | None, str, str, bool]


def said(deal: Deal) -> list[Said]:
    """Return what was written of a deal, in order: owner, amount, currency, kind, business."""
    rows = deal.particulars.select_related("owner")
    return [(r.owner.name, r.amount, r.currency, r.kind, r.is_business) for r in rows]


def nothing_is_forgotten() -> None:
    deals = list(Deal.objects.values_list("pk", flat=True))
    assert deals
    assert particulars.differing(deals) == set()


@dataclass
class World:
    """A deal of Ines's with Mara, a consumer, and those who change something about it."""

    cast: Cast
    client: Client
    folder: Path
    deal: Deal

    def page(self, url: str, user: User, **fields: object) -> None:
        self.client.force_login(user)
        response = self.client.post(url, fields)
        assert response.status_code in (204, 302), response.content.decode()[-2000:]

    def edit(self, **fields: object) -> None:
        told = {"title": "Fleet", "company": "", "amount": "1000", "currency": "EUR"}
        self.page(f"/deals/{self.deal.pk}/edit/", self.cast.ines, **(told | fields))

    def edit_contact(self, **fields: object) -> None:
        told = {
            "first_name": "Mara", "last_name": "Lind", "kind": "prospect", "company": "",
            "addresses-TOTAL_FORMS": 0, "addresses-INITIAL_FORMS": 0,
        }  # fmt: skip
        self.page(f"/contacts/{self.deal.contact_id}/edit/", self.cast.ines, **(told | fields))

    def call(self, path: str, **fields: object) -> None:
        answer = program(self.cast.maud).patch(path, fields)
        assert answer.status == 200, answer.said

    def reassign(self) -> bulk.Outcome:
        act, now = Reassign(self.cast.karl), timezone.now()
        preview = bulk.preview(act, [self.deal.pk], user=self.cast.maud, now=now)
        marks = bulk.read_marks(preview.chosen)
        return bulk.act_on(act, marks, user=self.cast.maud, now=now)

    def take_reassigning_back(self) -> None:
        made = self.reassign().action
        run(Undo(Kind.BULK, made.pk), user=self.cast.maud, now=timezone.now())

    def merge(self) -> None:
        other = make_contact("M", "Lind", kind="customer", company=make_company())
        merging.merge_contacts(self.deal.contact, other, now=timezone.now())

    def merge_companies(self) -> None:
        mine, other = make_company("Nordhavn"), make_company("Nordhavn AB")
        people.make_primary(
            self.deal, make_contact("Ola", "Berg", company=other), now=timezone.now()
        )
        merging.merge_companies(mine, other, now=timezone.now())

    def win_and_onboard(self) -> None:
        course.close(self.deal, Outcome.WON, now=timezone.now())
        course.open_onboarding(self.deal, now=timezone.now())

    def bring_in(self) -> ImportRun:
        write_csv(self.folder / "deals.csv", DEALS, ("L1", "Otto", "5", "EUR", day(0), "open", ""))
        imported(self.folder, self.cast.ada)
        rows = ("L1", "Ines", "7", "SEK", day(0), "open", "", "Fjord AB")
        write_csv(self.folder / "deals.csv", (*DEALS, "company"), rows)
        return imported(self.folder, self.cast.ada)

    def take_import_back(self) -> None:
        assert undoing.begin(self.bring_in(), timezone.now())
        tasks.go_on()
        tasks.go_on()
        assert Deal.objects.get(external_id="L1").amount == 5

    def bring_in_people(self) -> ImportRun:
        mail = self.deal.contact.addresses.get(channel="email").value
        headings = ("first_name", "last_name", "email", "kind", "company")
        rows = ("Mara", "Lind", mail, "customer", "Fjord AB")
        write_csv(self.folder / "contacts.csv", headings, rows)
        return imported(self.folder, self.cast.ada)

    def take_people_back(self) -> None:
        assert undoing.begin(self.bring_in_people(), timezone.now())
        tasks.go_on()
        tasks.go_on()
        assert Contact.objects.get(last_name="Lind").kind == "prospect"


ESCAPES: dict[str, tuple[Callable[[World], object], Said]] = {
    "the form, an amount": (
        lambda w: w.edit(amount="77.50"), ("Ines", Decimal("77.50"), "EUR", "prospect", False),
    ),
    "the form, no amount": (
        lambda w: w.edit(amount=""), ("Ines", None, "EUR", "prospect", False),
    ),
    "the form, a currency": (
        lambda w: w.edit(currency="SEK"), ("Ines", Decimal(1000), "SEK", "prospect", False),
    ),
    "the form, a company": (
        lambda w: w.edit(company="Fjord AB"), ("Ines", Decimal(1000), "EUR", "prospect", True),
    ),
    "the contact’s form, a kind": (
        lambda w: w.edit_contact(kind="customer"),
        ("Ines", Decimal(1000), "EUR", "customer", False),
    ),
    "the contact’s form, a company": (
        lambda w: w.edit_contact(company="Fjord AB"),
        ("Ines", Decimal(1000), "EUR", "prospect", True),
    ),
    "the page to hand over": (
        lambda w: w.page(f"/deals/{w.deal.pk}/owner/", w.cast.maud, owner=w.cast.karl.pk),
        ("Karl", Decimal(1000), "EUR", "prospect", False),
    ),
    "the API, a deal": (
        lambda w: w.call(f"/deals/{w.deal.pk}", amount="5.00", owner=w.cast.karl.pk),
        ("Karl", Decimal(5), "EUR", "prospect", False),
    ),
    "the API, a contact": (
        lambda w: w.call(f"/contacts/{w.deal.contact_id}", kind="customer"),
        ("Ines", Decimal(1000), "EUR", "customer", False),
    ),
    "many at once": (World.reassign, ("Karl", Decimal(1000), "EUR", "prospect", False)),
    "many at once, taken back": (
        World.take_reassigning_back, ("Ines", Decimal(1000), "EUR", "prospect", False),
    ),
    "another primary contact": (
        lambda w: people.make_primary(
            w.deal, make_contact("Ola", "Berg", kind="customer"), now=timezone.now()
        ),
        ("Ines", Decimal(1000), "EUR", "customer", False),
    ),
    "two contacts made one": (World.merge, ("Ines", Decimal(1000), "EUR", "customer", True)),
    "two companies made one": (
        World.merge_companies, ("Ines", Decimal(1000), "EUR", "prospect", True),
    ),
    "an onboarding deal": (
        World.win_and_onboard, ("Ines", Decimal(1000), "EUR", "customer", False),
    ),
    "an import": (World.bring_in, ("Ines", Decimal(1000), "EUR", "prospect", False)),
    "an import taken back": (
        World.take_import_back, ("Ines", Decimal(1000), "EUR", "prospect", False),
    ),
    "an import of people": (
        World.bring_in_people, ("Ines", Decimal(1000), "EUR", "customer", True),
    ),
    "an import of people taken back": (
        World.take_people_back, ("Ines", Decimal(1000), "EUR", "prospect", False),
    ),
}  # fmt: skip


@pytest.mark.parametrize("door", ESCAPES)
def test_every_door_writes_down_what_it_changes(
    cast: Cast, client: Client, tmp_path: Path, door: str
) -> None:
    walk, now = ESCAPES[door]
    deal = make_deal(cast.ines, contact=make_contact(owner=cast.ines))
    before = said(deal)
    walk(World(cast, client, tmp_path / "files", deal))
    nothing_is_forgotten()
    assert said(deal)[0] == before[0] == ("Ines", Decimal(1000), "EUR", "prospect", False)
    assert said(deal)[-1] == now


def test_what_an_import_brings_and_corrects_is_written_down(
    workspace: object, tmp_path: Path
) -> None:
    folder = tmp_path / "loans"
    write_csv(folder / "deals.csv", DEALS, ("L1", "Otto", "5", "EUR", day(0), "open", ""))
    bring(folder, now=day(3))
    write_csv(folder / "deals.csv", DEALS, ("L1", "Ines", "7", "SEK", day(0), "open", ""))
    bring(folder, now=day(5))
    [first, second] = Deal.objects.get().particulars.all()
    assert (first.since, first.until, second.since, second.until) == (None, day(5), day(5), None)
    assert [(r.owner.name, r.amount, r.currency) for r in (first, second)] == [
        ("Otto", 5, "EUR"), ("Ines", 7, "SEK"),
    ]  # fmt: skip


def test_of_two_changes_at_one_instant_the_last_counts(ines: User, karl: User, maud: User) -> None:
    deal = make_deal(ines)
    people.hand_over([deal.pk], karl, now=day(1))
    people.hand_over([deal.pk], maud, now=day(1))
    people.hand_over([deal.pk], maud, now=day(2))
    assert [(row.owner, row.since) for row in deal.particulars.all()] == [
        (ines, None),
        (maud, day(1)),
    ]


def test_two_words_that_would_stand_at_once_are_refused_by_the_database(ines: User) -> None:
    deal = make_deal(ines)
    [row] = deal.particulars.all()
    for since in (None, day(1)):
        row.pk, row.since = None, since
        with pytest.raises(IntegrityError), transaction.atomic():
            row.save(force_insert=True)


def test_a_spell_recorded_late_says_what_stood_at_its_crossing(ines: User, karl: User) -> None:
    story = Story(make_deal(ines, "Demo"))
    story.we_write(day(0, 10))  # crosses on day 7 at ten
    people.hand_over([story.deal.pk], karl, now=day(8))
    Deal.objects.update(amount=5)
    particulars.note([story.deal.pk], day(9))
    sweep_at(day(30))
    spell = DarkSpell.objects.get()
    assert Facts.of(spell) == Facts(ines.pk, Decimal(1000), "EUR", "prospect", False)
    nothing_is_forgotten()


def test_a_threshold_that_counts_the_past_too_asks_what_stood_then(
    ines: User, karl: User, ada: User
) -> None:
    story = Story(make_deal(ines, "Demo"))
    story.we_write(day(0, 10))
    sweep_at(day(8))
    people.hand_over([story.deal.pk], karl, now=day(3))
    stage = Stage.objects.get(name="Demo")
    for span, crossed, owner in (("2d", day(2, 10), ines), ("4d", day(4, 10), karl)):
        version = thresholds.change_span(stage, span, now=day(9), user=ada, retroactive=True)
        thresholds.rejudge(version.rejudging, lambda: day(9))
        [spell] = DarkSpell.objects.all()
        assert (spell.started_at, spell.owner) == (crossed, owner)
    nothing_is_forgotten()


def test_a_late_touch_that_moves_a_crossing_moves_its_owner_too(ines: User, karl: User) -> None:
    story = Story(make_deal(ines, "Demo"))
    story.we_write(day(2, 10))
    people.hand_over([story.deal.pk], karl, now=day(8))
    sweep_at(day(10))
    assert DarkSpell.objects.get().owner == karl  # crossed on day 9
    story.we_write(day(0, 10), recorded_at=day(11))
    assert DarkSpell.objects.get().owner == ines  # crossed on day 7


def test_the_check_finds_what_a_door_forgot_and_the_rebuilding_mends_it(
    ines: User, karl: User
) -> None:
    story = Story(make_deal(ines, "Demo"))
    story.we_write(day(0, 10))
    sweep_at(timezone.now())
    call_command("rebuild_silences", check=True)
    for spoil in (
        lambda: Deal.objects.update(owner=karl),
        lambda: DarkSpell.objects.update(owner=karl),
        lambda: Particulars.objects.all().delete(),
        lambda: Particulars.objects.filter(since=None).update(since=day(0)),
    ):
        spoil()
        with pytest.raises(CommandError, match="These deals differ"):
            call_command("rebuild_silences", check=True)
        if spoil is not None and not Particulars.objects.filter(since=None).exists():
            Particulars.objects.update(since=None)
        call_command("rebuild_silences")
        call_command("rebuild_silences", check=True)


@pytest.mark.parametrize("deals", [1, 3])
def test_noting_and_recalling_ask_a_fixed_number_of_times(
    ines: User, karl: User, deals: int
) -> None:
    made = [make_deal(ines, "Demo") for _ in range(deals)]
    for deal in made:
        Story(deal).we_write(day(0, 10))
    Deal.objects.update(owner=karl)
    asked = []
    for now in (day(1), day(2)):
        with CaptureQueriesContext(connection) as found:
            particulars.note([deal.pk for deal in made], now)
        asked.append(len(found))
    assert asked == [4, 2]  # reading both, ending, writing; then nothing differs
    sweep_at(day(8))
    spells = [
        (spell.silence.deal, spell) for spell in DarkSpell.objects.select_related("silence__deal")
    ]
    with CaptureQueriesContext(connection) as found:
        particulars.recall(spells)
    assert (len(spells), len(found)) == (deals, 1)


def test_what_a_live_database_knows_of_the_past_is_told_from_its_spells(
    ines: User, karl: User, ada: User
) -> None:
    migration = import_module("deals.migrations.0006_particulars_of_the_past")
    story = Story(make_deal(ines, "Demo", contact=make_contact(kind="customer")))
    other = make_deal(karl, contact=make_contact(company=make_company()))
    story.we_write(day(0, 10))
    sweep_at(day(8))
    people.hand_over([story.deal.pk], karl, now=day(9))
    story.they_write(day(10))
    story.we_write(day(11))
    sweep_at(day(30))
    people.hand_over([story.deal.pk], ada, now=day(31))
    Particulars.objects.all().delete()
    DarkSpell.objects.update(kind="prospect", is_business=False)
    for _ in range(2):  # cut short, it runs again
        migration.tell(apps, None)
    rows = [(row.owner, row.since) for row in story.deal.particulars.all()]
    assert [owner for owner, _ in rows] == [ines, karl, ada]
    assert [since for _, since in rows][:2] == [None, day(10, 17)]  # our answer was overdue
    assert timezone.now() - rows[2][1] < timedelta(minutes=5)
    assert said(other) == [("Karl", Decimal(1000), "EUR", "prospect", True)]
    assert set(DarkSpell.objects.values_list("kind", "is_business")) == {("customer", False)}
    nothing_is_forgotten()
