"""Files in the shapes that programs and people give them: other headings, titles, totals, remarks."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from openpyxl import Workbook

from contacts.models import Company, Contact
from deals.importing import detecting, recognising
from deals.models import Deal
from tests.cast import Cast
from tests.deals.test_import_columns import PAGE, go_on, hand_in, imported, meant, shown

pytestmark = pytest.mark.usefixtures("workspace")


@pytest.fixture
def admin(client: Client, cast: Cast) -> Client:
    client.force_login(cast.ada)
    return client


def aside(client: Client, run: Any) -> dict[int, str]:
    """Return the reason for each line that was set aside."""
    rows = client.get(f"{PAGE}{run.pk}/").context["rejected"]
    return {int(row["line"]): row["reason"] for row in rows}


def told(*names: str) -> list[tuple[Any, ...]]:
    return list(Deal.objects.order_by("pk").values_list(*names))


def workbook(*rows: list[object], before: list[list[object]] | None = None) -> bytes:
    book = Workbook()
    if before is not None:
        for row in before:
            book.active.append(row)
        sheet = book.create_sheet("List")
    else:
        sheet = book.active
    for row in rows:
        sheet.append(row)
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


ENDED = [("Roof", 18000.5, "open", None), ("Pump", 8200, "won", 13), ("Well", 1200, "lost", 14)]
ABROAD = {
    "fr": (
        "Nom de la transaction;Société;Étape;Montant;Date de création;Date de clôture;Propriétaire",
        ["Négociation", "Gagné", "Fermée perdue"], "18\u00a0000,50 €", "cp1252",
    ),
    "es": (
        ("Nombre del negocio;Empresa;Etapa del negocio;Importe;Fecha de creación;Fecha de cierre;"
        "Propietario del negocio"),
        ["Negociación", "Cierre ganado", "Cierre perdido"], "18.000,50 €", "utf-8",
    ),
    "it": (
        "Nome affare;Azienda;Fase;Importo;Data di creazione;Data di chiusura;Proprietario",
        ["Trattativa", "Chiuso vinto", "Chiuso perso"], "€ 18.000,50", "cp1252",
    ),
    "nl": (
        "Dealnaam;Bedrijf;Dealfase;Bedrag;Aanmaakdatum;Sluitingsdatum;Deal-eigenaar",
        ["Onderhandeling", "Gewonnen", "Verloren"], "€ 18.000,50", "utf-8-sig",
    ),
    "pl": (
        "Nazwa szansy;Firma;Etap;Kwota;Data utworzenia;Data zamknięcia;Właściciel",
        ["Negocjacje", "Wygrana", "Przegrana"], "18 000,50", "cp1250",
    ),
    "de": (
        ("Thema;Potenzieller Kunde;Pipelinephase;Gesch. Umsatz;Erstellt am;"
        "Tatsächliches Abschlussdatum;Besitzer"),
        ["2-Entwickeln", "4. Gewonnen", "Geschlossen - verloren"], "18.000,50", "cp1252",
    ),
}  # fmt: skip


@pytest.mark.parametrize("language", ABROAD)
def test_exports_in_other_languages_are_recognised_with_their_words(
    admin: Client, language: str
) -> None:
    headings, (first, won, lost), amount, encoding = ABROAD[language]
    rows = (
        f"{headings}\r\nRoof;Sól SA;{first};{amount};04/03/2026;31/12/2026;Ines\r\n"
        f"Pump;Sól SA;{won};8.200,00;04/01/2026;13/02/2026;Ines\r\n"
        f"Well;Sól SA;{lost};1.200,00;04/01/2026;14/02/2026;Ines\r\n"
    )
    run = hand_in(admin, "export.csv", rows.encode(encoding))
    assert set(meant(admin, run).values()) == {
        "title", "company", "stage", "amount", "opened_at", "closed_at", "owner",
    }  # fmt: skip
    assert imported(admin, run, pipeline="Abroad") == (3, 0, 0, 0)
    found = [
        (*row, at and at.astimezone().day and (at.day + 1))
        for *row, at in told("title", "amount", "outcome", "closed_at")
    ]
    assert found == ENDED
    assert {deal.owner.name for deal in Deal.objects.select_related("owner")} == {"Ines"}


HEADINGS = {
    "Zoho": (
        ("Record Id,Deal Owner,Amount,Deal Name,Closing Date,Account Name,Stage,Contact Name,"
        "Created Time,Last Activity Time,Reason For Loss"),
        "deal owner amount title closed_at company stage contact_name opened_at last_contact_at reason",
    ),
    "Salesforce, by its API": (
        ("ID,NAME,STAGENAME,AMOUNT,CLOSEDATE,ISCLOSED,ISWON,CREATEDDATE,OWNER.NAME,ACCOUNT.NAME,"
        "CURRENCYISOCODE"),
        "deal title stage amount closed_at is_closed is_won opened_at owner company currency",
    ),
    "Dynamics": (
        ("(Do Not Modify) Opportunity,Topic,Potential Customer,Account,Est. Revenue,Pipeline Phase,"
        "Actual Close Date,Created On,Status,Owner"),
        "deal title contact_name company amount stage closed_at opened_at outcome owner",
    ),
    "Odoo": (
        "External ID,Opportunity,Customer,Contact Name,Salesperson,Sales Team,Expected Revenue,Stage",
        "deal title company contact_name owner team amount stage",
    ),
    "Close": (
        ("id,lead_name,contact_name,status_type,status_label,value,value_formatted,value_currency,"
        "user_name,date_created,date_won,date_lost"),
        "deal company contact_name outcome stage - amount currency owner opened_at won_at lost_at",
    ),
    "Copper": (
        "Copper ID,Name,Primary Contact,Company,Value,Close Date,Created At,Loss Reason",
        "deal title contact_name company amount closed_at opened_at reason",
    ),
    "Freshsales": (
        "Id,Deal name,Deal value,Deal stage,Deal pipeline,Sales owner,Account name,Closed date",
        "deal title amount stage pipeline owner company closed_at",
    ),
    "a report with sorted columns": (
        "Opportunity Owner  ↑,Stage  ↓,Opportunity Name,Amount (converted)",
        "owner stage title amount",
    ),
}  # fmt: skip


@pytest.mark.parametrize("program", HEADINGS)
def test_headings_of_other_programs_are_recognised(program: str) -> None:
    headings, fields = HEADINGS[program]
    columns = headings.split(",")
    expected = {name: column for name, column in zip(fields.split(), columns, strict=True)}  # noqa: C416
    expected.pop("-", None)
    assert recognising.kind_of(columns) == "deals"
    assert recognising.recognised("deals", columns) == expected


@pytest.mark.parametrize(
    ("headings", "kind"),
    [
        (
            (
                "Record ID,Company name,Company owner,Create Date,Phone Number,Last Activity Date,City,"
                "Industry,Company Domain Name"
            ),
            "companies",
        ),
        ("Name,Email,Phone,Company", "contacts"),
        ("Name,Title,Company,Email", "contacts"),
        ("Title,Owner", "deals"),
        ("Subject,Date,Status,Task Subtype,Opportunity", "touches"),
        ("Prénom,Nom,Adresse e-mail,Société", "contacts"),
    ],
)
def test_what_the_rows_are_is_told_by_what_such_rows_need(headings: str, kind: str) -> None:
    assert recognising.kind_of(headings.split(",")) == kind


@pytest.mark.parametrize(
    ("text", "ours"),
    [
        ("Closed Won", "won"), ("6. Closed Won (100 %)", "won"), ("CLOSED_WON", "won"),
        ("Closed—lost", "lost"), ("Closed Lost to Competition", "lost"), ("Verloren!", "lost"),
        ("Wonder", None), ("Lost contact", None), ("Contract", None), ("✅ Won", "won"),
    ],
)  # fmt: skip
def test_the_word_of_an_ending_is_known_however_it_is_written(text: str, ours: str | None) -> None:
    assert recognising.words("outcome").get(text) == ours


REPORT: list[list[object]] = [
    [None, "Open opportunities by owner"], [], [None, "Filtered by"], [None, "Show: all"], [],
    [None, "Opportunity Owner", "Stage", "Opportunity Name", "Account Name", "Amount", "Created Date"],
    [None, "Ines", "Qualification", "Roof", "Sonne KG", 10500, "2026-03-04"],
    [None, "Subtotal", None, None, "Sum of Amount", 10500],
    [None, "Karl", "Qualification", "Well", "Brunn AG", 900, "2026-03-05"],
    [None, "Total", None, None, "Sum of Amount", 11400], [],
    [None, "Confidential Information - Do Not Distribute"],
    [None, "Copyright © 2000-2026 Example, Inc. All rights reserved."],
]  # fmt: skip


def test_a_report_with_titles_totals_and_remarks_comes_in_without_them(admin: Client) -> None:
    run = hand_in(admin, "report.xlsx", workbook(*REPORT))
    assert shown(admin, run)["line"] == 6
    assert imported(admin, run, pipeline="Report") == (2, 0, 0, 4)
    assert "the headings stand on line 6; what is above is left out" in run.notes[0]
    assert [name for _, name in told("pk", "title")] == ["Roof", "Well"]
    total, remark = "seems to be a total of the others", "seems to be a remark below the list"
    found = {line: reason.split(":")[0] for line, reason in aside(admin, run).items()}
    assert found == {8: total, 10: total, 12: remark, 13: remark}


def test_the_sheet_with_known_headings_is_taken_and_the_line_can_be_corrected(
    admin: Client,
) -> None:
    book = workbook(
        ["Deals of 2026"], ["Name of ours", "Worth", "Who"], ["Roof", 100, "Ines"],
        before=[["What this is"], ["A list of deals"]],
    )  # fmt: skip
    run = hand_in(admin, "deals.xlsx", book)
    page = f"{PAGE}{run.pk}/columns/"
    admin.post(page, {**shown(admin, run), "sheet": "List", "again": "1"})
    chosen = shown(admin, run)
    assert (chosen["sheet"], chosen["line"]) == ("List", 2)
    admin.post(page, {**chosen, "line": "1", "again": "1"})
    assert next(iter(meant(admin, run))) == "Deals of 2026"
    admin.post(page, {**shown(admin, run), "line": "2", "again": "1"})
    assert list(meant(admin, run)) == ["Name of ours", "Worth", "Who"]
    assert imported(admin, run, column_0="title", column_1="amount") == (1, 0, 0, 0)


def test_a_line_that_says_the_separator_is_no_heading(admin: Client) -> None:
    rows = "sep=;\r\nDeal;Kunde;Betrag\r\nDach, groß;Sonne KG;1.234,56 €\r\n"
    run = hand_in(admin, "deals.csv", rows.encode("utf-8-sig"))
    assert meant(admin, run) == {"Deal": "title", "Kunde": "company", "Betrag": "amount"}
    assert imported(admin, run) == (1, 0, 0, 0)
    assert float(Deal.objects.get().amount or 0) == 1234.56


GROUPED = (
    "My board\r\n\r\nActive\r\nName,Stage,Owner,Deal Value,Accounts\r\nRoof,Proposal,Ines,18000,Sonne\r\n"
    ",,,18000,\r\nLater\r\nName,Stage,Owner,Deal Value,Accounts\r\nWell,Proposal,Ines,900,Brunn\r\n"
    "Total (2),,,18900,\r\nExported by Ines on 20 November 2026,,,,\r\n"
)


def test_groups_with_headings_of_their_own_are_one_list(admin: Client) -> None:
    run = hand_in(admin, "board.csv", GROUPED.encode())
    assert (shown(admin, run)["separator"], shown(admin, run)["line"]) == (",", 4)
    assert imported(admin, run, pipeline="Board") == (2, 0, 0, 5)
    assert told("title", "stage__name") == [("Roof", "Proposal"), ("Well", "Proposal")]
    assert aside(admin, run) == {
        6: "has no title: fill it in",
        7: "seems to be the name of a group, “Later”: nothing of it is lost",
        8: "repeats the headings",
        10: "seems to be a total of the others: remove it, or call it otherwise",
        11: "seems to be a remark below the list: remove it, or call it otherwise",
    }


@pytest.mark.parametrize(
    ("rows", "line"),
    [
        ([["Deal Name", "Amount"], ["Roof", "1"]], 1),
        ([["A report"], ["Deal Name", "Amount"], ["Roof", "1"]], 2),
        ([["A", "B", "C"], ["Roof", "1", "2"]], 1),
        ([["A title"], ["Was", "Wer", "Wieviel"], ["Roof", "I", "1"]], 2),
        ([["Company", "", "Deal"], ["Name", "City", "Title", "Amount", "Owner"], ["x"] * 5], 2),
        ([["name"], ["Roof"], ["Email"]], 1),
    ],
)
def test_the_headings_are_found_below_titles(rows: list[list[str]], line: int) -> None:
    assert detecting.headings_line(list(enumerate(rows, start=1)))[0] == line


def test_two_deals_of_one_name_are_told_apart_by_their_company(admin: Client) -> None:
    rows = (
        "Deal name,Company,Amount\r\nRenewal,Sonne KG,1000\r\nRenewal,Warm AG,2000\r\n"
        "Renewal,Warm AG,3000\r\n,Warm AG,1\r\n"
    )
    run = hand_in(admin, "deals.csv", rows.encode())
    assert imported(admin, run) == (2, 0, 0, 2)
    assert [int(amount or 0) for (amount,) in told("amount")] == [1000, 2000]
    assert aside(admin, run)[5] == "has no title: fill it in"
    assert Contact.objects.filter(last_name="Contact of Renewal").count() == 2
    assert imported(admin, hand_in(admin, "deals.csv", rows.encode())) == (0, 0, 2, 2)


def test_cells_say_what_a_heading_leaves_open(admin: Client) -> None:
    rows = (
        "Deal,Contact,Status,Opened,Closed,Owner\r\nRoof repair,Mara Lind,Proposal,3/14/26,,Ines\r\n"
        "Pump,Tom Berg,Closed - Won,1/4/26,2/13/26,Ines\r\n"
    )
    run = hand_in(admin, "deals.csv", rows.encode())
    assert meant(admin, run) == {
        "Deal": "title", "Contact": "contact_name", "Status": "stage", "Opened": "opened_at",
        "Closed": "closed_at", "Owner": "owner",
    }  # fmt: skip
    assert imported(admin, run) == (2, 0, 0, 0)
    assert told("title", "outcome", "opened_at") == [
        ("Roof repair", "open", datetime(2026, 3, 13, 23, tzinfo=UTC)),
        ("Pump", "won", datetime(2026, 1, 3, 23, tzinfo=UTC)),
    ]
    assert Deal.objects.get(title="Pump").contact.name == "Tom Berg"


def test_how_stages_were_read_is_told(admin: Client) -> None:
    rows = (
        "Deal name,Stage,Close date\r\nRoof,Contract signed,2026-01-01\r\n"
        "Pump,Closed Won,2026-01-02\r\nWell,Closed Lost to nobody,2026-01-03\r\n"
    )
    run = hand_in(admin, "deals.csv", rows.encode())
    page = admin.get(f"{PAGE}{run.pk}/columns/").content.decode()
    assert "won: the stage stays as it was" in page
    run = go_on(admin, run)
    assert run.notes[:3] == [
        "Stages that were read as won: Closed Won.",
        "Stages that were read as lost: Closed Lost to nobody.",
        "Deals in any other stage are open: Contract signed.",
    ]


ENDINGS = (
    "Deal Name,Stage,Is Closed,Is Won,Close Date\r\nRoof,Signed,true,true,2026-02-01\r\n"
    "Pump,Dropped,true,false,2026-02-02\r\nWell,Talking,false,false,2026-12-31\r\n"
)
TIMES = (
    "ID,Title,Status,Won time,Lost time\r\n1,Roof,Won,2026-02-01 10:00:00,\r\n"
    "2,Pump,Lost,2026-01-01 10:00:00,2026-02-02 10:00:00\r\n3,Well,Open,,\r\n"
)


@pytest.mark.parametrize("rows", [ENDINGS, TIMES, TIMES.replace("Status", "Label")])
def test_an_ending_is_told_by_yes_and_no_or_by_its_time(admin: Client, rows: str) -> None:
    run = hand_in(admin, "deals.csv", rows.encode())
    both = "Label" in rows  # then nothing says which of two times counts
    assert imported(admin, run) == ((2, 0, 0, 1) if both else (3, 0, 0, 0))
    found = {
        title: (outcome, at and at.month)
        for title, outcome, at in told("title", "outcome", "closed_at")
    }
    assert found["Roof"][0] == "won"
    assert found["Well"] == ("open", None)
    if both:
        assert "has both “Won on” and “Lost on”" in admin.get(f"{PAGE}{run.pk}/").content.decode()
    else:
        assert found["Pump"] == ("lost", 2)


def test_owners_and_companies_as_hubspot_writes_them(admin: Client, cast: Cast) -> None:
    rows = (
        "Record ID,Deal Name,Deal owner,Associated Company,Associated Contact IDs\r\n"
        f"1,Roof,Ines Ode ({cast.ines.email}),Sonne KG;Warm AG,551;552\r\n"
        "2,Pump,ines,Warm AG,552\r\n3,Well,Olga Ny (olga@example.org),,\r\n"
    )
    run = hand_in(admin, "deals.csv", rows.encode())
    assert imported(admin, run) == (3, 0, 0, 0)
    assert [name for _, name in told("pk", "owner__name")] == ["Ines", "Ines", "Olga Ny"]
    assert {company.name for company in Company.objects.all()} == {"Sonne KG", "Warm AG"}
    assert Deal.objects.get(title="Roof").contact.external_id == "contact/551"
    assert "Rows that name several companies (1): the first of them counts." in run.notes


CONTACTS = (
    "First Name,Last Name,E-mail Address,E-mail 2 Address,Business Phone,Mobile Phone,Email Opt Out\r\n"
    "Mara,Lind,mara@example.org,mara2@example.org,+46 31 555,+46 70 555,1\r\n"
    "Tom,Berg,tom@example.org,,,,0\r\n"
)


def test_second_addresses_and_refusals_of_mail_come_in(admin: Client) -> None:
    run = hand_in(admin, "contacts.csv", CONTACTS.encode())
    assert imported(admin, run) == (2, 0, 0, 0)
    mara, tom = Contact.objects.order_by("pk")
    assert sorted(address.value for address in mara.addresses.all()) == [
        "+46 31 555", "+46 70 555", "mara2@example.org", "mara@example.org",
    ]  # fmt: skip
    assert [out.channel for out in mara.opt_outs.all()] == ["email"]
    assert not tom.opt_outs.exists()


def test_what_is_still_to_be_done_is_no_touch(admin: Client) -> None:
    deals = "ID,Deal name,Amount\r\n1,Boats,100\r\n"
    imported(admin, hand_in(admin, "deals.csv", deals.encode()))
    rows = (
        "Subject,Date,Status,Task Subtype,Opportunity\r\nCall,2026-02-03,Completed,Call,Boats\r\n"
        "Call again,2026-02-04,Not Started,Call,Boats\r\nWrite,2026-02-05,,Email,Boats\r\n"
    )
    run = hand_in(admin, "tasks.csv", rows.encode())
    assert imported(admin, run) == (2, 0, 0, 1)
    assert aside(admin, run) == {3: "is still to be done: only what has happened comes in"}


def test_cells_that_are_merged_below_one_another_all_say_what_the_first_does(
    admin: Client,
) -> None:
    book = Workbook()
    rows = (
        ["Deal name", "Owner", "Stage"], ["Roof", "Karl", "Demo"], ["Pump", None, "Demo"],
        ["Well", None, "Offer"], ["Mill", None, None],
    )  # fmt: skip
    for row in rows:
        book.active.append(row)
    book.active.merge_cells("B2:B4")
    book.active.merge_cells("B5:C5")
    packed = io.BytesIO()
    book.save(packed)
    run = hand_in(admin, "deals.xlsx", packed.getvalue())
    assert imported(admin, run) == (4, 0, 0, 0)
    assert [name for _, name in told("pk", "owner__name")] == ["Karl", "Karl", "Karl", "Ada"]
    assert "Rows that name no owner (1) come in under ada@example.com." in run.notes


MESSY = (
    'Name,Email,Phone,Company\r\n"Lind, Mara",Mara Lind <mara@example.org>,"=""0046""",Nord\r\n'
    'Tom Berg,"tom@example.org, berg@example.org",-,N/A,,\r\n"Ny, Jr.",mailto:ny@example.org,,\r\n'
    "Eve,,\r\n"
)


def test_contacts_as_mail_programs_and_spreadsheets_leave_them(admin: Client) -> None:
    run = hand_in(admin, "people.csv", MESSY.encode())
    assert imported(admin, run) == (3, 0, 0, 1)
    people = Contact.objects.order_by("pk").prefetch_related("addresses", "company")
    found = [
        (p.first_name, p.last_name, sorted(a.value for a in p.addresses.all())) for p in people
    ]
    assert found == [
        ("Mara", "Lind", ["0046", "mara@example.org"]),
        ("Tom", "Berg", ["berg@example.org", "tom@example.org"]),
        ("Ny,", "Jr.", ["ny@example.org"]),
    ]
    assert [company.name for company in Company.objects.all()] == ["Nord"]
    assert aside(admin, run)[5].startswith("has 3 fields where the headings name 4: fill in those")


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"<html><table><tr><td>Deal</td></tr></table>", "a web page or XML"),
        (b'[{"deal": "Roof"}]', "JSON"), (b"\xd0\xcf\x11\xe0\xa1\xb1", "an old workbook (XLS)"),
        (b"PK\x03\x04", "a workbook or a zip file"), (b"%PDF-1.7", "a PDF"),
    ],
)  # fmt: skip
def test_what_is_no_table_is_called_what_it_is(admin: Client, content: bytes, kind: str) -> None:
    run = hand_in(admin, "export.csv", content)
    page = admin.get(f"{PAGE}{run.pk}/columns/")
    assert f"export.csv is {kind} by what is in it, not CSV." in page.content.decode()


def test_letters_that_no_windows_has_are_those_of_a_mac(admin: Client) -> None:
    rows = "Nom de l'affaire;Société;Étape\r\nToiture été;Épée à côté;Négociation\r\n"
    assert (
        shown(admin, hand_in(admin, "x.csv", rows.encode("mac_roman")))["encoding"] == "mac_roman"
    )
    assert shown(admin, hand_in(admin, "y.csv", rows.encode("cp1252")))["encoding"] == "cp1252"


def test_headings_of_calls_say_the_channel(admin: Client) -> None:
    rows = (
        "Activity date,Call direction,Call notes,Associated Deals\r\n2026-03-04,INBOUND,Hi,Roof\r\n"
    )
    assert shown(admin, hand_in(admin, "calls.csv", rows.encode()))["channel"] == "phone"
