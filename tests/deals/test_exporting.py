"""Lists taken away: what the reader sees, under the filters on the screen, and back again."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from accounts.models import User
from contacts.models import Address, Company, Contact
from deals import conversation, course, people, pipelines
from deals.models import Deal, Pipeline, Silence, Stage, StageEntry, Touch, Turn
from deals.spreadsheets import restored
from tests.cast import Cast, Story, day, make_contact, make_deal
from tests.deals.files import bring, counts, loan_folder

pytestmark = pytest.mark.usefixtures("workspace")


def taken(client: Client, address: str) -> list[list[str]]:
    """Return the rows of a CSV file that an address hands out, the headings first."""
    answer = client.get(address)
    assert answer.status_code == 200, address
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))


def column(rows: list[list[str]], heading: str) -> list[str]:
    return [row[rows[0].index(heading)] for row in rows[1:]]


@pytest.fixture
def reader(client: Client) -> Callable[[User], Client]:
    def sign_in(user: User) -> Client:
        client.force_login(user)
        return client

    return sign_in


def story(owner: User, title: str) -> Story:
    return Story(make_deal(owner, "Demo", title=title))


def test_deals_are_exported_as_the_filters_on_the_screen_say(
    cast: Cast, reader: Callable[[User], Client]
) -> None:
    for owner, title in ((cast.ines, "Boats"), (cast.ines, "Oars"), (cast.noor, "Secret")):
        story(owner, title)
    course.close(Deal.objects.get(title="Oars"), "lost", now=day(3))
    client = reader(cast.ines)
    assert column(taken(client, "/deals/deals.csv"), "Title") == ["Boats"]
    assert column(taken(client, "/deals/deals.csv?outcome=any&sort=title"), "Title") == [
        "Boats", "Oars",
    ]  # fmt: skip
    assert column(taken(client, "/deals/deals.csv?outcome=any&q=oar"), "Outcome") == ["lost"]
    assert column(taken(client, "/deals/deals.csv?outcome=any&q=Secret"), "Title") == []


LISTS = (
    "/deals/deals", "/deals/touches", "/deals/stages", "/deals/silences", "/contacts/contacts",
    "/companies/companies", "/settings/people", "/today", "/suggestions", "/settings/templates",
    "/mail/unmatched", "/mail/unverified", "/report/stages",
)  # fmt: skip


@pytest.mark.parametrize("address", LISTS)
def test_every_list_is_there_as_csv_and_as_a_workbook_with_the_same_rows(
    cast: Cast, reader: Callable[[User], Client], address: str
) -> None:
    told = story(cast.ines, "=1+2")
    told.we_write(day(1))
    told.they_write(day(2))
    company = Company.objects.create(name="Fjord AB")
    Contact.objects.create(last_name="Öberg", company=company, owner=cast.ines)
    client = reader(cast.ada)
    rows = taken(client, f"{address}.csv")
    answer = client.get(f"{address}.xlsx")
    book = load_workbook(io.BytesIO(b"".join(answer.streaming_content)), read_only=True)
    sheet = [["" if cell is None else str(cell) for cell in row] for row in _rows(book)]
    assert [[restored(cell).removesuffix(".00") for cell in row] for row in rows] == [
        row + [""] * (len(rows[0]) - len(row)) for row in sheet
    ]
    assert client.get(f"{address}.pdf").status_code == 404


def _rows(book: Any) -> Iterator[tuple[Any, ...]]:
    yield from book.worksheets[0].iter_rows(values_only=True)


@pytest.mark.parametrize("address", LISTS)
def test_nobody_exports_what_is_not_theirs_to_see(
    cast: Cast, reader: Callable[[User], Client], address: str
) -> None:
    company = Company.objects.create(name="Hidden AB")
    contact = make_contact("Zara", "Hidden", company=company)
    hidden = Story(make_deal(cast.ines, "Demo", title="Hidden", contact=contact))
    hidden.we_write(day(1))
    client = reader(cast.noor)
    if address == "/settings/people":
        assert client.get(f"{address}.csv").status_code == 404
        return
    answer = client.get(f"{address}.csv")
    assert "Hidden" not in b"".join(answer.streaming_content).decode()
    client.logout()
    assert client.get(f"{address}.csv").status_code == 302


def test_the_touches_of_a_deal_and_of_a_contact_are_exported_to_those_who_see_them(
    cast: Cast, reader: Callable[[User], Client]
) -> None:
    told = story(cast.ines, "Boats")
    told.we_write(day(1))
    conversation.delete(told.they_write(day(2)), now=day(3))
    deal = told.deal
    client = reader(cast.ines)
    for address in (f"/deals/{deal.pk}/touches.csv", f"/contacts/{deal.contact_id}/touches.csv"):
        assert column(taken(client, address), "Direction") == ["outbound"]
    client = reader(cast.noor)
    for address in (f"/deals/{deal.pk}/touches.csv", f"/contacts/{deal.contact_id}/touches.csv"):
        assert client.get(address).status_code == 404


@pytest.mark.parametrize("name", ["deals", "touches", "stages", "silences"])
def test_an_export_asks_as_often_for_three_deals_as_for_one(
    cast: Cast, reader: Callable[[User], Client], name: str
) -> None:
    client, asked = reader(cast.maud), []
    for title in ("a", "b", "c"):
        story(cast.ines, title).we_write(day(1))
        with CaptureQueriesContext(connection) as queries:
            taken(client, f"/deals/{name}.csv")
        asked.append(len(queries))
    assert asked[0] == asked[2]


@pytest.mark.parametrize("name", ["/contacts/contacts", "/companies/companies", "/settings/people"])
def test_an_export_of_people_asks_as_often_for_three_as_for_one(
    cast: Cast, reader: Callable[[User], Client], name: str
) -> None:
    client, asked = reader(cast.ada), []
    for title in ("a", "b", "c"):
        company = Company.objects.create(name=title, owner=cast.ines)
        make_contact(title, "X", company=company, addresses={"email": f"{title}@example.org"})
        User.objects.create_user(f"{title}@example.com", None, name=title, team=cast.ines.team)
        with CaptureQueriesContext(connection) as queries:
            taken(client, f"{name}.csv")
        asked.append(len(queries))
    assert asked[0] == asked[2]


def a_workspace_in_use(cast: Cast) -> None:
    """Tell some stories with every outcome, odd texts, and a touch that was none."""
    odd = make_contact("Jo", "van Dam", addresses={"email": "jo@example.org", "phone": "+31 20 5"})
    people.opt_out(odd, channel="phone", now=day(1))
    first = Story(make_deal(cast.ines, "Demo", title="=1+2", contact=odd))
    first.we_write(day(1))
    first.they_write(day(3))
    silent = first.we_write(day(4))
    conversation.correct(silent, now=day(5), is_delivered=False, note="-5 +49 (0)30\n“x”, '=y")
    second = story(cast.karl, "Oars")
    second.we_write(day(2))
    course.enter_stage(
        second.deal, Stage.objects.get(name="Proposal"), turn=Turn.THEIRS, now=day(3)
    )
    course.close(second.deal, "lost", now=day(6), reason="Too dear")
    course.close(story(cast.karl, "Sails").deal, "won", now=day(7))


def told_of() -> dict[str, Any]:
    """Return what a workspace says, without the ids of its rows."""
    return {
        "deals": list(
            Deal.objects.order_by("title").values_list(
                "title", "owner__email", "amount", "currency", "stage__pipeline__name",
                "stage__name", "opened_at", "outcome", "closed_at", "contact__first_name",
                "contact__last_name",
            )
        ),
        "touches": list(
            Touch.objects.standing().order_by("deal__title", "occurred_at", "pk").values_list(
                "deal__title", "occurred_at", "direction", "channel", "user__email", "note",
                "subject", "turn", "is_heard", "is_delivered",
            )
        ),
        "entries": list(
            StageEntry.objects.order_by("deal__title", "occurred_at").values_list(
                "deal__title", "stage__pipeline__name", "stage__name", "occurred_at"
            )
        ),
        "silences": list(
            Silence.objects.order_by("deal__title", "started_at", "by").values_list(
                "deal__title", "by", "started_at", "ended_at", "ending", "stage__name", "attempts"
            )
        ),
        "contacts": list(
            Contact.objects.order_by("last_name", "first_name").values_list(
                "first_name", "last_name", "kind", "company__name"
            )
        ),
        "addresses": list(Address.objects.order_by("value").values_list("channel", "value")),
    }  # fmt: skip


def export_all(client: Client, folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    for name, address in (
        ("deals", "/deals/deals"), ("touches", "/deals/touches"), ("stages", "/deals/stages"),
        ("contacts", "/contacts/contacts"), ("companies", "/companies/companies"),
    ):  # fmt: skip
        answer = client.get(f"{address}.csv?outcome=any")
        (folder / f"{name}.csv").write_bytes(b"".join(answer.streaming_content))
    return folder


def test_what_was_exported_comes_back_into_an_empty_workspace_as_it_was(
    cast: Cast, reader: Callable[[User], Client], tmp_path: Path
) -> None:
    a_workspace_in_use(cast)
    folder, before = export_all(reader(cast.ada), tmp_path / "all"), told_of()
    Deal.objects.all().delete()
    Contact.objects.all().delete()
    bring(folder, pipeline="New business", now=day(30))
    after = told_of()
    for name, rows in before.items():
        assert (name, after[name]) == (name, rows)


def test_an_export_imported_where_it_came_from_changes_nothing(
    cast: Cast, reader: Callable[[User], Client], tmp_path: Path
) -> None:
    a_workspace_in_use(cast)
    folder, before = export_all(reader(cast.ada), tmp_path / "all"), told_of()
    work = bring(folder, pipeline="New business", now=day(30))
    assert {**work.counts, "unchanged": 0} == counts()
    assert told_of() == before
    assert Pipeline.objects.count() == 2


def test_deals_of_another_pipeline_stay_there_when_their_export_comes_back(
    cast: Cast, reader: Callable[[User], Client], tmp_path: Path
) -> None:
    other = Pipeline.objects.create(name="Care")
    stage = pipelines.add_stage(Stage(pipeline=other, name="Renewing"), now=day(0))
    deal = story(cast.ines, "Oars").deal
    course.enter_stage(deal, stage, turn=Turn.OURS, now=day(2))
    folder = export_all(reader(cast.ada), tmp_path / "all")
    alone = tmp_path / "alone"
    alone.mkdir()
    (alone / "deals.csv").write_bytes((folder / "deals.csv").read_bytes())

    for source in (folder, alone):
        work = bring(source, pipeline="New business", now=day(30))
        assert {**work.counts, "unchanged": 0} == counts()
        deal.refresh_from_db()
        assert deal.stage == stage


def stages_here() -> set[tuple[str, str]]:
    return set(Stage.objects.values_list("pipeline__name", "name"))


def a_workspace_of_two_pipelines(cast: Cast) -> None:
    """Tell stories in two pipelines that share a stage's name, one of which moved between them."""
    a_workspace_in_use(cast)
    care = Pipeline.objects.create(name="Care")
    renewing, proposal = (
        pipelines.add_stage(Stage(pipeline=care, name=name), now=day(0))
        for name in ("Renewing", "Proposal")
    )
    moved = story(cast.ines, "Nets")
    moved.we_write(day(1))
    course.enter_stage(moved.deal, renewing, turn=Turn.OURS, now=day(2))
    closed = Story(make_deal(cast.karl, "Demo", title="Ropes"))
    course.enter_stage(closed.deal, proposal, turn=Turn.THEIRS, now=day(3))
    course.close(closed.deal, "won", now=day(8))


@pytest.mark.parametrize("pipeline", ["New business", "Care", "Brought back"])
def test_deals_of_several_pipelines_come_back_into_an_empty_workspace_as_they_were(
    cast: Cast, reader: Callable[[User], Client], tmp_path: Path, pipeline: str
) -> None:
    a_workspace_of_two_pipelines(cast)
    folder, before = export_all(reader(cast.ada), tmp_path / "all"), told_of()
    entered = set(StageEntry.objects.values_list("stage__pipeline__name", "stage__name"))
    Deal.objects.all().delete()
    Contact.objects.all().delete()
    Pipeline.objects.all().delete()
    foreseen = bring(folder, pipeline=pipeline, now=day(30), writes=False)
    work = bring(folder, pipeline=pipeline, now=day(30))
    assert foreseen.counts == work.counts
    assert told_of() == before
    assert stages_here() == entered

    again = bring(folder, pipeline=pipeline, now=day(31))
    assert again.counts == counts(unchanged=work.counts["created"] + work.counts["unchanged"])
    assert told_of() == before
    assert stages_here() == entered

    back = export_all(reader(cast.ada), tmp_path / "back")
    assert {**bring(back, pipeline=pipeline, now=day(32)).counts, "unchanged": 0} == counts()
    assert told_of() == before


@pytest.mark.parametrize("pipeline", ["New business", "Care", "Elsewhere"])
def test_deals_of_several_pipelines_imported_where_they_came_from_change_nothing(
    cast: Cast, reader: Callable[[User], Client], tmp_path: Path, pipeline: str
) -> None:
    a_workspace_of_two_pipelines(cast)
    before, stages = told_of(), stages_here()
    folder = export_all(reader(cast.ada), tmp_path / "all")
    for part in ("all", "deals", "touches"):
        if part != "all":
            (folder / part).mkdir()
            (folder / part / "deals.csv").write_bytes((folder / "deals.csv").read_bytes())
        if part == "touches":
            (folder / part / "touches.csv").write_bytes((folder / "touches.csv").read_bytes())
        source = folder if part == "all" else folder / part
        work = bring(source, pipeline=pipeline, now=day(30))
        assert {**work.counts, "unchanged": 0} == counts()
        assert told_of() == before
        assert stages_here() == stages


@pytest.mark.parametrize("pipeline", ["Boats", "Oars", "Elsewhere"])
def test_what_two_imports_brought_into_two_pipelines_is_known_again_as_a_whole(
    cast: Cast, reader: Callable[[User], Client], tmp_path: Path, pipeline: str
) -> None:
    for name in ("Boats", "Oars"):  # two programs that number their deals alike
        bring(loan_folder(tmp_path / name), pipeline=name, now=day(29))
    before, stages = told_of(), stages_here()
    folder = export_all(reader(cast.ada), tmp_path / "all")
    work = bring(folder, pipeline=pipeline, now=day(30))
    assert {**work.counts, "unchanged": 0} == counts()
    assert told_of() == before
    assert stages_here() == stages


def test_rows_that_name_no_pipeline_lie_in_the_one_that_is_said_and_only_theirs_is_made(
    cast: Cast, tmp_path: Path
) -> None:
    path = tmp_path / "deals.csv"
    path.write_text(
        "deal,owner,pipeline,stage\n1,Ines,Care,Renewing\n2,Ines,,Sounding\n3,Ines,Care,\n"
    )
    assert bring(path, pipeline="Hunting").counts == counts(created=3)
    made = {("Care", "Renewing"), ("Hunting", "Sounding")}
    assert {pair for pair in stages_here() if pair[0] in ("Care", "Hunting")} == made
    lie = Deal.objects.order_by("external_id").values_list("stage__pipeline__name", "stage__name")
    assert list(lie) == [("Care", "Renewing"), ("Hunting", "Sounding"), ("Care", "Renewing")]


def test_a_stage_that_a_deal_names_beside_its_entries_is_not_made_for_nobody(
    cast: Cast, tmp_path: Path
) -> None:
    (tmp_path / "deals.csv").write_text("deal,owner,stage\n1,Ines,Signed\n")
    (tmp_path / "stages.csv").write_text(
        f"deal,stage,entered_at\n1,Sounding,{day(1).isoformat()}\n"
    )
    bring(tmp_path, pipeline="Hunting")
    assert {pair for pair in stages_here() if pair[0] == "Hunting"} == {("Hunting", "Sounding")}


def test_whose_mailbox_a_reply_reached_is_kept_when_an_export_comes_back(
    cast: Cast, reader: Callable[[User], Client], tmp_path: Path
) -> None:
    a_workspace_in_use(cast)
    assert Touch.objects.filter(direction="inbound").update(user=cast.ines) == 1
    folder = export_all(reader(cast.ada), tmp_path / "all")
    work = bring(folder, pipeline="New business", now=day(30))
    assert {**work.counts, "unchanged": 0} == counts()
    assert Touch.objects.get(direction="inbound").user == cast.ines
