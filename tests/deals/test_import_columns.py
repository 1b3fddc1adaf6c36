"""The mapping page: what is in this file, which column is what, and how it is written."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone
from openpyxl import Workbook

from accounts.models import User
from contacts.models import Company, Contact
from deals import tasks
from deals.importing import runs, undoing
from deals.models import Deal, ImportRun, Stage, Touch
from tests.cast import Cast, day, make_contact, make_deal

pytestmark = pytest.mark.usefixtures("workspace")
PAGE = "/settings/import/"
HUBSPOT = (
    "Record ID,Deal Name,Deal Stage,Close Date,Deal owner,Amount,Associated Contact\r\n"
    "91,Fleet,Qualified To Buy,2026-12-31 00:00,Ines,18000,Mara Lind (mara@example.org)\r\n"
    "92,Light,Closed Won,2026-04-01 12:00,Ines,7200.50,\r\n"
)
SALESFORCE = (
    "Opportunity Name,Account Name,Stage,Close Date,Amount,Created Date,Opportunity Owner\r\n"
    'Roof,Sonne KG,Negotiation,5/6/2026,"10,500.00",3/4/2026,Ines\r\n'
    'Pump,Warm AG,Closed Lost,1/2/2026,"8,200.00",1/2/2026,Ines\r\n'
)
PIPEDRIVE = (
    "Deal - ID,Deal - Title,Deal - Value,Deal - Currency of Value,Deal - Status,Deal - Stage,"
    "Deal - Owner,Deal - Organization,Deal - Deal created,Deal - Deal closed on\r\n"
    "1,Boats,1200,USD,Open,Contact Made,Ines,Reederei,2026-02-01 10:00:00,\r\n"
    "2,Oars,300,USD,Lost,Contact Made,Ines,Reederei,2026-02-02 10:00:00,2026-03-02 10:00:00\r\n"
)
GERMAN = (
    "Bezeichnung;Kunde;Betrag;Währung;Phase;Erstellt am;Verantwortlich;Ansprechpartner;Telefon\r\n"
    "Beleuchtung Süd;Köln AG;1.234,50;EUR;Angebot;13.02.2026;Ines;Jürgen Groß;+49 221 5550\r\n"
)


@pytest.fixture
def admin(client: Client, cast: Cast) -> Client:
    client.force_login(cast.ada)
    return client


def hand_in(client: Client, name: str, content: bytes) -> ImportRun:
    answer = client.post(PAGE, {"uploads": SimpleUploadedFile(name, content)})
    run = ImportRun.objects.latest("pk")
    assert answer.url == f"{PAGE}{run.pk}/columns/"
    return run


def shown(client: Client, run: ImportRun) -> dict[str, Any]:
    """Return what the page has chosen: the fields of its two forms."""
    page = client.get(f"{PAGE}{run.pk}/columns/")
    assert page.status_code == 200
    told = page.context
    fields = [*told["opening"], *told["form"]]
    return {field.name: field.value() or "" for field in fields}


def meant(client: Client, run: ImportRun) -> dict[str, str]:
    """Return which field of ours each column seems to be."""
    form = client.get(f"{PAGE}{run.pk}/columns/").context["form"]
    return {field.label: field.value() for field, _ in form.columns()}


def go_on(client: Client, run: ImportRun, **said: str) -> ImportRun:
    """Say that all is right but for what is `said`, and let it be tried out."""
    answer = client.post(f"{PAGE}{run.pk}/columns/", {**shown(client, run), **said})
    assert answer.status_code == 302, answer.context["form"].errors
    tasks.go_on()
    run.refresh_from_db()
    assert run.state == "previewed", run.failure
    return run


def imported(client: Client, run: ImportRun, **said: str) -> tuple[int, int, int, int]:
    runs.confirm(go_on(client, run, **said))
    tasks.go_on()
    run.refresh_from_db()
    assert run.state == "done"
    return run.created, run.updated, run.unchanged, run.rejected


def workbook(**sheets: Sequence[Sequence[object]]) -> bytes:
    book = Workbook(write_only=True)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


def told() -> list[tuple[Any, ...]]:
    deals = Deal.objects.order_by("external_id")
    return list(deals.values_list("title", "stage__name", "outcome", "amount", "owner__name"))


def test_an_export_of_hubspot_is_recognised(admin: Client) -> None:
    run = hand_in(admin, "all-deals.csv", HUBSPOT.encode("utf-8-sig"))
    assert meant(admin, run) == {
        "Record ID": "deal", "Deal Name": "title", "Deal Stage": "stage",
        "Close Date": "closed_at", "Deal owner": "owner", "Amount": "amount",
        "Associated Contact": "contact_name",
    }  # fmt: skip
    assert imported(admin, run, pipeline="HubSpot") == (2, 0, 0, 0)
    assert told() == [
        ("Fleet", "Qualified To Buy", "open", 18000, "Ines"),
        ("Light", "Qualified To Buy", "won", 7200.5, "Ines"),
    ]
    contact = Deal.objects.get(title="Fleet").contact
    assert (contact.name, contact.addresses.get().value) == ("Mara Lind", "mara@example.org")


def test_an_export_of_pipedrive_is_recognised(admin: Client) -> None:
    run = hand_in(admin, "deals.csv", PIPEDRIVE.encode())
    assert imported(admin, run, pipeline="Pipedrive") == (2, 0, 0, 0)
    assert told() == [
        ("Boats", "Contact Made", "open", 1200, "Ines"),
        ("Oars", "Contact Made", "lost", 300, "Ines"),
    ]
    assert {deal.company.name for deal in Deal.objects.all() if deal.company} == {"Reederei"}


def test_a_german_spreadsheet_is_recognised_with_its_letters_commas_and_dates(
    admin: Client,
) -> None:
    run = hand_in(admin, "angebote.csv", GERMAN.encode("cp1252"))
    chosen = shown(admin, run)
    ways = ("kind", "encoding", "separator", "decimal", "dates")
    assert [chosen[name] for name in ways] == ["deals", "cp1252", ";", ",", "day.month.year"]
    page = admin.get(f"{PAGE}{run.pk}/columns/").content.decode()
    assert "13 February 2026" in page
    assert imported(admin, run) == (1, 0, 0, 0)
    deal = Deal.objects.get()
    assert (deal.title, deal.amount, deal.contact.last_name) == ("Beleuchtung Süd", 1234.5, "Groß")
    assert deal.opened_at.isoformat() == "2026-02-12T23:00:00+00:00"  # midnight in Berlin


ANGEBOTE = (
    "Angebots-Nr.;Datum;Kunde;Firma;Ort;E-Mail;Produkt;Angebotssumme (netto);Status;Bearbeiter;"
    "Letzter Kontakt;Auftragsdatum\r\n"
    "A-17;13.02.2026;Jürgen Groß;Köln Licht GmbH;Köln;j@koeln.example;Beleuchtung;1.234,56 €;offen;"
    "Ines;02.03.2026;\r\n"
    "A-18;1.3.26;Frau Sömmer;Müller & Söhne;Leipzig;;Strahler;12.500 €;gewonnen;Ines;"
    "15.03.2026;20.03.2026\r\n"
    "A-19;31.02.2026;;;;;Notlicht;900;offen;Ines;;\r\n;;;;;;;;;;;\r\nSumme:;;;;;;;14.634,56 €;;;;\r\n"
)


def test_a_messy_list_of_offers_comes_in_but_for_what_nobody_can_read(admin: Client) -> None:
    run = hand_in(admin, "angebote.csv", ANGEBOTE.encode("cp1252"))
    assert meant(admin, run) == {
        "Angebots-Nr.": "deal", "Datum": "opened_at", "Kunde": "contact_name", "Firma": "company",
        "Ort": "", "E-Mail": "email", "Produkt": "title", "Angebotssumme (netto)": "amount",
        "Status": "outcome", "Bearbeiter": "owner", "Letzter Kontakt": "last_contact_at",
        "Auftragsdatum": "closed_at",
    }  # fmt: skip
    assert imported(admin, run, pipeline="Angebote") == (2, 0, 0, 2)
    page = admin.get(f"{PAGE}{run.pk}/").content.decode()
    assert "seems to be a total of the others" in page
    won = Deal.objects.get(external_id="A-18")
    assert (won.amount, won.opened_at) == (12500, datetime(2026, 2, 28, 23, tzinfo=UTC))
    assert (won.outcome, won.closed_at) == ("won", datetime(2026, 3, 19, 23, tzinfo=UTC))
    deal = Deal.objects.get(external_id="A-17")
    assert (deal.title, deal.amount, deal.contact.name, str(deal.company)) == (
        "Beleuchtung", Decimal("1234.56"), "Jürgen Groß", "Köln Licht GmbH",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("said", "direction"), [("us", "outbound"), ("them", "inbound"), ("both", "two_way")]
)
def test_who_spoke_at_the_last_contact_is_asked_where_the_file_does_not_say(
    admin: Client, said: str, direction: str
) -> None:
    rows = b"Deal Name,Last Contacted\r\nFleet,2026-03-02 10:00\r\nLight,\r\n"
    run = hand_in(admin, "deals.csv", rows)
    assert shown(admin, run)["last_contact_by"] == "us"
    assert imported(admin, run, last_contact_by=said) == (2, 0, 0, 0)
    assert [touch.direction for touch in Touch.objects.all()] == [direction]


def test_notes_are_no_errors(admin: Client) -> None:
    run = go_on(admin, hand_in(admin, "all-deals.csv", HUBSPOT.encode()), column_5="")
    assert run.notes[0] == "all-deals.csv: these columns are left out: Amount."
    page = admin.get(f"{PAGE}{run.pk}/").content.decode()
    assert f'<div class="notice"><p>{run.notes[0]}</p>' in page
    assert 'class="notice" data-level' not in page


def test_the_order_of_day_and_month_is_asked_where_nobody_can_tell(admin: Client) -> None:
    run = hand_in(admin, "report.csv", SALESFORCE.encode())
    answer = admin.post(f"{PAGE}{run.pk}/columns/", shown(admin, run))
    assert answer.status_code == 422
    assert "Say which number is the day" in answer.content.decode()
    assert "3 April 2026: the day stands first" in answer.content.decode()
    assert "4 March 2026: the month stands first" in answer.content.decode()
    assert imported(admin, run, dates="month/day/year") == (2, 0, 0, 0)
    opened = Deal.objects.get(title="Roof").opened_at
    assert opened.isoformat() == "2026-03-03T23:00:00+00:00"  # midnight in Berlin


def test_no_first_rows_are_shown_before_the_order_of_day_and_month_is_said(admin: Client) -> None:
    run = hand_in(admin, "report.csv", SALESFORCE.encode())
    page = f"{PAGE}{run.pk}/columns/"
    assert admin.get(page).context["rows"] == []
    assert "Once the columns and the order of day and month are told" in (
        admin.get(page).content.decode()
    )
    said = {**shown(admin, run), "dates": "day/month/year", "again": "1"}
    assert "3 April 2026" in str(admin.post(page, said).context["rows"])


def test_deals_that_name_their_pipelines_land_there_and_nowhere_else(admin: Client) -> None:
    rows = (
        "Deal,Title,Owner,Pipeline,Stage\r\n1,Boats,Ines,Care,Renewing\r\n"
        "2,Oars,Ines,New business,Demo\r\n3,Sails,Ines,,Sounding\r\n"
    )
    before = set(Stage.objects.values_list("pipeline__name", "name"))
    run = hand_in(admin, "deals.csv", rows.encode())
    assert imported(admin, run, pipeline="Hunting") == (3, 0, 0, 0)
    lie = Deal.objects.values_list("title", "stage__pipeline__name", "stage__name")
    assert set(lie) == {
        ("Boats", "Care", "Renewing"), ("Oars", "New business", "Demo"),
        ("Sails", "Hunting", "Sounding"),
    }  # fmt: skip
    after = set(Stage.objects.values_list("pipeline__name", "name"))
    assert after - before == {("Care", "Renewing"), ("Hunting", "Sounding")}
    assert "as each row says" in admin.get(PAGE).content.decode()

    again = hand_in(admin, "deals.csv", rows.encode())
    assert imported(admin, again, pipeline="Hunting") == (0, 0, 3, 0)

    assert undoing.begin(run, timezone.now())
    tasks.go_on()
    assert not Deal.objects.exists()
    assert set(Stage.objects.values_list("pipeline__name", "name")) == before


def test_what_was_said_of_columns_is_known_at_the_next_file_with_the_same(admin: Client) -> None:
    rows = "Ref,Was,Wer\r\n7,Boote,Ines\r\n"
    first = hand_in(admin, "a.csv", rows.encode())
    assert meant(admin, first) == {"Ref": "", "Was": "", "Wer": ""}
    imported(admin, first, column_0="deal", column_1="title", column_2="owner", pipeline="Boats")
    again = hand_in(admin, "b.csv", b"Wer,Ref,Was\r\nInes,8,Ruder\r\n")
    assert meant(admin, again) == {"Ref": "deal", "Was": "title", "Wer": "owner"}
    assert imported(admin, again, pipeline="Boats") == (1, 0, 0, 0)


def test_columns_that_say_nothing_needed_are_refused_with_the_remedy(admin: Client) -> None:
    run = hand_in(admin, "a.csv", b"x,y\r\n1,2\r\n")
    answer = admin.post(f"{PAGE}{run.pk}/columns/", {**shown(admin, run), "kind": "deals"})
    assert answer.status_code == 422
    assert "Say which column is the deal’s title, or its id." in answer.content.decode()
    twice = {**shown(admin, run), "column_0": "title", "column_1": "title"}
    answer = admin.post(f"{PAGE}{run.pk}/columns/", twice)
    assert answer.context["form"].errors["column_1"] == [
        "“x” is that already. Leave one of them out."
    ]


def test_a_file_of_contacts_comes_in_and_corrects_whom_it_knows(admin: Client) -> None:
    known = make_contact("Asa", "Berg", addresses={"email": "asa@example.org"})
    rows = (
        "Record ID,First Name,Last Name,Email,Phone Number,Contact owner,Company Name\r\n"
        "501,Åsa,Öberg,asa@example.org,+46 31 5,Ines,Fjord AB\r\n"
        "502,Li,,li@example.org,,,Fjord AB\r\n503,,,,,,\r\n504,,,no address,,,x\r\n"
    )
    run = hand_in(admin, "contacts.csv", rows.encode())
    assert shown(admin, run)["kind"] == "contacts"
    assert imported(admin, run) == (1, 1, 0, 2)
    known.refresh_from_db()
    assert (known.name, str(known.company)) == ("Åsa Öberg", "Fjord AB")
    assert sorted(known.addresses.values_list("value", flat=True)) == [
        "+46 31 5",
        "asa@example.org",
    ]
    assert Company.objects.get().name == "Fjord AB"
    again = hand_in(admin, "contacts.csv", rows.encode())
    assert imported(admin, again) == (0, 0, 2, 2)
    assert Contact.objects.filter(addresses__value="li@example.org").count() == 1


def test_a_file_of_companies_comes_in(admin: Client) -> None:
    rows = b"Company name,Company Domain Name,Industry,Company owner\r\nFjord AB,https://www.fjord.example/,Boats,Ines\r\n"
    run = hand_in(admin, "companies.csv", rows)
    assert imported(admin, run) == (1, 0, 0, 0)
    fjord = Company.objects.get()
    assert (fjord.name, fjord.domain, fjord.sector, str(fjord.owner)) == (
        "Fjord AB", "fjord.example", "Boats", "Ines",
    )  # fmt: skip


def test_activities_find_their_deals_by_title_or_by_address(admin: Client, cast: Cast) -> None:
    make_deal(cast.ines, "Demo", title="Fleet")
    mara = make_contact("Mara", "Lind", addresses={"email": "mara@example.org"})
    make_deal(cast.ines, "Demo", title="Boats", contact=mara)
    rows = (
        "Activity type,Activity date,Subject,Associated deals,Email,Activity assigned to\r\n"
        f"Call,{day(1):%Y-%m-%d %H:%M},Intro,Fleet,,Ines\r\n"
        f"INCOMING_EMAIL,{day(2):%Y-%m-%d %H:%M},Re,,MARA@example.org,Ines\r\n"
        f"Email,{day(3):%Y-%m-%d %H:%M},Re,Nobody knows,,Ines\r\n"
    )
    run = hand_in(admin, "activities.csv", rows.encode())
    assert shown(admin, run)["kind"] == "touches"
    assert imported(admin, run) == (2, 0, 0, 1)
    assert list(
        Touch.objects.order_by("occurred_at").values_list("deal__title", "channel", "direction")
    ) == [("Fleet", "phone", "outbound"), ("Boats", "email", "inbound")]


def test_a_workbook_offers_its_sheets_and_reads_cells_as_they_are_meant(admin: Client) -> None:
    opened = datetime(2026, 2, 3)  # noqa: DTZ001 -- a spreadsheet knows no zones
    book = workbook(
        Notes=[["written by hand"]],
        Deals=[["Deal", "Title", "Amount", "Opened at"], [7, "Boats", 1234.5, opened]],
    )
    run = hand_in(admin, "Deals.xlsx", book)
    page = f"{PAGE}{run.pk}/columns/"
    chosen = shown(admin, run)
    assert chosen["sheet"] == "Deals"  # which has headings that are known
    assert admin.post(page, {**chosen, "sheet": "Notes", "again": "1"}).url == page
    assert list(meant(admin, run)) == ["written by hand"]
    assert admin.post(page, {**shown(admin, run), "sheet": "Deals", "again": "1"}).url == page
    assert imported(admin, run) == (1, 0, 0, 0)
    deal = Deal.objects.get()
    assert (deal.external_id, deal.amount, deal.owner.name) == ("7", 1234.5, "Ada")
    assert deal.opened_at.isoformat() == "2026-02-02T23:00:00+00:00"


def test_a_wrong_guess_of_the_letters_is_corrected_by_hand(admin: Client) -> None:
    run = hand_in(admin, "x.csv", "Title;Owner\r\nŁódź;Ines\r\n".encode("cp1250"))
    page = f"{PAGE}{run.pk}/columns/"
    admin.post(page, {**shown(admin, run), "encoding": "cp1252", "again": "1"})
    assert "£ódŸ" in admin.get(page).content.decode()
    admin.post(page, {**shown(admin, run), "encoding": "cp1250", "again": "1"})
    assert imported(admin, run) == (1, 0, 0, 0)
    assert Deal.objects.get().title == "Łódź"


def test_what_was_tried_out_can_be_read_anew_with_other_columns(admin: Client) -> None:
    run = hand_in(admin, "all-deals.csv", HUBSPOT.encode())
    go_on(admin, run)
    page = admin.get(f"{PAGE}{run.pk}/").content.decode()
    assert "Change the columns" in page
    assert imported(admin, run, column_5="") == (2, 0, 0, 0)
    assert {deal.amount for deal in Deal.objects.all()} == {None}


def test_only_admins_are_asked(client: Client, cast: Cast, admin: Client) -> None:
    run = hand_in(admin, "all-deals.csv", HUBSPOT.encode())
    client.force_login(cast.maud)
    answer = client.get(f"{PAGE}{run.pk}/columns/")
    assert answer.status_code == 403
    assert "all-deals.csv" not in answer.content.decode()


def test_a_file_that_is_no_workbook_is_told(admin: Client) -> None:
    run = hand_in(admin, "deals.xlsx", b"PK\x03\x04 nothing of the kind")
    answer = admin.get(f"{PAGE}{run.pk}/columns/")
    assert answer.status_code == 422
    assert "save it anew as XLSX" in answer.content.decode()
    assert User.objects.count() == 5


def test_the_first_look_counts_the_owner_that_the_form_offers(admin, cast):
    run = hand_in(admin, "deals.csv", b"Title;Stage;Created\r\nFleet;Demo;13.02.2026\r\n")
    rows = admin.get(f"{PAGE}{run.pk}/columns/").context["rows"]
    assert [row.refusal for row in rows] == [""]


def test_why_a_row_is_set_aside_is_said_in_the_words_of_the_page(admin, cast):
    content = b"Title;Stage;Created\r\nFleet;Demo;13.02.2026\r\nVans;Demo;31.02.2026\r\n"
    run = hand_in(admin, "deals.csv", content)
    rows = admin.get(f"{PAGE}{run.pk}/columns/").context["rows"]
    assert [row.refusal.partition(" is no date")[0] for row in rows] == [
        "",
        "“Opened on” “31.02.2026”",
    ]


def test_what_was_thrown_away_is_not_told_as_created(admin, cast):
    run = hand_in(admin, "deals.csv", b"Title;Stage;Created\r\nFleet;Demo;13.02.2026\r\n")
    ImportRun.objects.filter(pk=run.pk).update(state="dropped", created=7_351)
    page = admin.get(PAGE).content.decode()
    assert "7,351" not in page
    ImportRun.objects.filter(pk=run.pk).update(state="done")
    assert "7,351" in admin.get(PAGE).content.decode()


def test_a_file_of_companies_that_are_here_already_is_foreseen(admin: Client) -> None:
    rows = b"Name,Domain\r\nSonne KG,sonne.example\r\nWarm AG,warm.example\r\n"
    assert imported(admin, hand_in(admin, "companies.csv", rows), kind="companies")[0] == 2
    again = go_on(admin, hand_in(admin, "companies.csv", rows), kind="companies")
    assert (again.created, again.updated, again.unchanged) == (0, 0, 2)


def test_an_import_that_breaks_keeps_no_other_waiting(admin: Client) -> None:
    broken = hand_in(admin, "first.csv", b"Title;Stage;Created\r\nFleet;Demo;13.02.2026\r\n")
    run = hand_in(admin, "second.csv", b"Title;Stage;Created\r\nVans;Demo;13.02.2026\r\n")
    admin.post(f"{PAGE}{run.pk}/columns/", shown(admin, run))
    ImportRun.objects.filter(pk=broken.pk).update(state="read", plan={"not": "a plan"})

    with pytest.raises(TypeError):
        tasks.go_on()

    run.refresh_from_db()
    assert run.state == "previewed"
    broken.refresh_from_db()
    assert broken.state == "failed"
    tasks.go_on()  # it is not tried again
    page = admin.get(f"{PAGE}{broken.pk}/").content.decode()
    assert "Lamplighter broke at this file" in page
    assert f"tell whoever runs Lamplighter that it was import {broken.pk}" in page
    assert "can be undone" not in page
    assert not runs.folder_of(broken).exists()


def test_an_import_that_breaks_while_it_is_written_can_be_undone(
    admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deals.importing.importer.BATCH", 1)
    run = go_on(admin, hand_in(admin, "deals.csv", HUBSPOT.encode()), pipeline="HubSpot")
    runs.confirm(run)
    run.refresh_from_db()
    work = runs.Work(run, day(400))
    assert work.step()
    (runs.folder_of(run) / runs.STAGED).unlink()
    assert work.work is not None
    work.work.staging.base.execute("UPDATE deal SET said = '{' WHERE id = 2")
    with pytest.raises(ValueError, match="Expecting"):
        work.step()
    run.refresh_from_db()
    assert (run.state, run.created) == ("failed", 1)
    page = admin.get(f"{PAGE}{run.pk}/").content.decode()
    assert "What had come in by then stays, and can be undone." in page
    assert "Undo the import" in page


def test_what_ends_its_workers_is_not_read_for_ever(admin: Client) -> None:
    run = hand_in(admin, "deals.csv", HUBSPOT.encode())
    admin.post(f"{PAGE}{run.pk}/columns/", {**shown(admin, run), "pipeline": "HubSpot"})
    (runs.folder_of(run) / runs.TRIES).write_bytes(b"x" * runs.MOST_TRIES)
    tasks.go_on()
    run.refresh_from_db()
    assert (run.state, run.failure) == (
        "failed",
        (
            "10 workers began to read it, and none came to the end. Split the file, or bring it in from "
            "a shell: manage.py import_crm."
        ),
    )


def test_an_import_whose_database_is_away_goes_on_later(admin: Client) -> None:
    run = go_on(admin, hand_in(admin, "deals.csv", HUBSPOT.encode()), pipeline="HubSpot")
    runs.confirm(run)

    def lose_it(execute: Callable[..., Any], sql: str, *said: Any) -> Any:
        if 'INSERT INTO "deals_deal"' in sql:
            raise OperationalError("server closed the connection unexpectedly")
        return execute(sql, *said)

    with connection.execute_wrapper(lose_it), pytest.raises(OperationalError):
        tasks.go_on()
    run.refresh_from_db()
    assert (run.state, run.created) == ("write", 0)
    tasks.go_on()
    run.refresh_from_db()
    assert (run.state, run.created) == ("done", 2)
