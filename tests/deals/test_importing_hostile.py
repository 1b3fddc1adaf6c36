"""Files as they should not be: each refusal is a sentence, and good rows come in all the same."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError

from deals.importing import mapping
from deals.importing.importer import Order
from deals.importing.reading import Sheet
from deals.models import Deal, Touch
from tests.cast import day
from tests.deals.files import DEALS, TOUCHES, bring, counts, loan_folder, reasons, write_csv

pytestmark = pytest.mark.usefixtures("workspace")


def rejected(
    tmp_path: Path, headings: tuple[str, ...], row: tuple[object, ...], **said: str
) -> str:
    """Import that row beside a good one and return why it was set aside."""
    good = {"deal": "good", "owner": "Otto"}
    path = write_csv(tmp_path / "deals.csv", headings, [good.get(h, "") for h in headings], row)
    work = bring(path, **said)
    assert work.counts == counts(created=1, rejected=1)
    assert Deal.objects.get().external_id == "good"
    [(file, line, reason)] = reasons(work)
    assert (file, line) == ("deals.csv", 3)
    return reason


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("amount", "-5", "amount “-5”: An amount cannot be negative. Leave it empty if there is none yet."),
        ("amount", "1.000", "amount “1.000”: “1.000” can be read in two ways: write 1000, or 1.00."),
        ("currency", "XYZ", "currency “XYZ” is no currency in use: write its code, such as EUR"),
        ("opened_at", "soon", "opened_at “soon” is no date: write it as 2026-03-31T14:30:00+02:00"),
        ("opened_at", "0001-01-01", "opened_at is in the year 1: leave it empty where the date is not known"),
        ("opened_at", "9999-12-31", "opened_at is in the year 9999, which is to come: correct it"),
        (
            "opened_at", "2027-01-01T00:00:00+00:00",
            "opened_at “2027-01-01T00:00:00+00:00” is in the future: only what has happened comes in",
        ),
        (
            "opened_at", "3/4/2025",
            ("opened_at “3/4/2025” could be read with the day or the month first: say how dates are "
            "written, day/month/year or month/day/year"),
        ),
        ("outcome", "maybe", "outcome “maybe” is not known: write one of open, won, lost, archived, resting"),
        ("outcome", "won", "is won without a date: fill in closed_at"),
        ("title", "x" * 201, "title is 201 characters long: at most 200 can be kept"),
        ("title", "a\x00b", "contains a NUL byte: remove it"),
        ("email", "no address", "email “no address” is no e-mail address: correct it or empty it"),
        ("last_contact_by", "me", "last_contact_by “me” is not known: write one of us, them, both"),
    ],
)  # fmt: skip
def test_a_bad_value_sets_its_row_aside(
    tmp_path: Path, column: str, value: str, reason: str
) -> None:
    assert rejected(tmp_path, ("deal", "owner", column), ("bad", "Otto", value)) == reason


@pytest.mark.parametrize(
    ("headings", "row", "reason"),
    [
        (("deal", "owner"), ("", "Otto"), "has no deal: fill it in"),
        (("deal", "owner"), ("bad", " "), "has no owner: fill it in"),
        (
            ("deal", "owner"), ("bad", "Otto", "more"),
            ("has 3 fields where the headings name 2: put texts that contain the separator in "
            "quotation marks"),
        ),
        (
            ("deal", "owner", "opened_at", "outcome", "closed_at"),
            ("bad", "Otto", day(4), "lost", day(3)),
            "closed_at is before opened_at: correct one of them",
        ),
        (
            ("deal", "owner", "last_contact_at", "last_contact_by"), ("bad", "Otto", day(3), ""),
            "last_contact_by is empty: say who spoke last, us, them or both",
        ),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_is_set_aside(
    tmp_path: Path, headings: tuple[str, ...], row: tuple[object, ...], reason: str
) -> None:
    assert rejected(tmp_path, headings, row) == reason


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (
            ("L1", "x", day(1), "sideways", "web"),
            "direction “sideways” is not known: write one of inbound, outbound, two_way",
        ),
        (
            ("L1", "x", day(1), "inbound", "fax"),
            ("channel “fax” is not known: write one of email, phone, sms, chat, social, meeting, "
             "letter, web, other"),
        ),
        (("L1", "x", "", "inbound", "web"), "has no occurred_at: fill it in"),
    ],
)  # fmt: skip
def test_a_bad_touch_is_set_aside(tmp_path: Path, row: tuple[object, ...], reason: str) -> None:
    loan_folder(tmp_path)
    write_csv(tmp_path / "touches.csv", TOUCHES, (*row, "", ""))
    work = bring(tmp_path)
    assert reasons(work) == [("touches.csv", 2, reason)]
    assert Touch.objects.count() == 0


@pytest.mark.parametrize(
    ("dates", "text", "expected"),
    [
        ("month/day/year", "3/1/2025", (2025, 3, 1, 0)),
        ("day/month/year", "3/1/2025", (2025, 1, 3, 0)),
        ("day.month.year", "03.01.2025 14:30", (2025, 1, 3, 14)),
        ("day.month.year", "3.1.25", (2025, 1, 3, 0)),
        ("day.month.year", "3.1.98", (1998, 1, 3, 0)),
        ("year/month/day", "2025/3/1", (2025, 3, 1, 0)),
        ("%d %b %Y", "3 Jan 2025", (2025, 1, 3, 0)),
        ("month/day/year", "2025-03-01T12:00:00Z", (2025, 3, 1, 12)),
    ],
)
def test_dates_are_read_as_declared(
    tmp_path: Path, dates: str, text: str, expected: tuple[int, ...]
) -> None:
    path = write_csv(tmp_path / "deals.csv", ("deal", "owner", "opened_at"), ("1", "Otto", text))
    bring(path, dates=dates, time_zone="UTC")
    opened_at = Deal.objects.get().opened_at
    assert (opened_at.year, opened_at.month, opened_at.day, opened_at.hour) == expected


def test_dates_that_fit_the_other_order_only_are_set_aside_and_told(tmp_path: Path) -> None:
    path = write_csv(
        tmp_path / "deals.csv", ("deal", "owner", "opened_at"),
        ("1", "Otto", "25/3/2025"), ("2", "Otto", "3/4/251"), ("3", "Otto", "3/4/25"),
    )  # fmt: skip
    work = bring(path, dates="month/day/year", time_zone="UTC")
    assert reasons(work) == [
        (
            "deals.csv",
            2,
            (
                "opened_at “25/3/2025” is no date as month/day/year: correct it, or the order of day "
                "and month that was declared"
            ),
        ),
        ("deals.csv", 3, "opened_at “3/4/251” has no year of four digits"),
    ]
    assert work.notes[-1] == (
        "Some dates (1) make no sense as month/day/year, but do with day and month the other way round: "
        "check the order before you trust the others."
    )


def test_a_time_without_a_zone_is_read_in_the_workspaces_and_told(tmp_path: Path) -> None:
    path = write_csv(
        tmp_path / "deals.csv", ("deal", "owner", "opened_at"), ("1", "Otto", "2025-07-01 12:00")
    )
    work = bring(path)
    assert Deal.objects.get().opened_at.hour == 10
    assert work.notes == [
        "Dates without a time zone (1) were read as Europe/Berlin: if that is wrong, name another time zone."
    ]
    bring(path, time_zone="America/New_York")
    assert Deal.objects.get().opened_at.hour == 16


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "deals.csv is empty. Its first line must name the columns."),
        (b"\n\n", "deals.csv is empty. Its first line must name the columns."),
        (
            b"name,amount\nx,1\n",
            (
                "deals.csv has no column “deal”, which the mapping “native” reads. It has: name, amount. "
                "Rename the column, or take another mapping (docs/importing.md)."
            ),
        ),
        (
            b"deal,owner,Deal\n1,x,2\n",
            "deals.csv has two columns “Deal”. Rename or remove one of them.",
        ),
        (
            "deal,owner\n1,Jürgen\n".encode("cp1252"),
            (
                "deals.csv is not UTF-8 (byte 0xfc near line 1). Save it as UTF-8, or say which "
                "encoding it has, for example cp1252."
            ),
        ),
        (
            b'deal,owner\n1,"Otto\n2,Ines\n',
            (
                "deals.csv: a quotation mark opened on line 2 is never closed. Close it, or double it "
                "where it is part of the text."
            ),
        ),
        (
            b'deal,owner\n1,"' + b"x" * 1_000_001 + b'"\n',
            (
                "deals.csv: a quotation mark opened on line 2 is never closed. Close it, or double it "
                "where it is part of the text."
            ),
        ),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_whole(
    tmp_path: Path, content: bytes, sentence: str
) -> None:
    (tmp_path / "deals.csv").write_bytes(content)
    with pytest.raises(ValueError, match=r"deals\.csv") as raised:
        bring(tmp_path)
    assert str(raised.value) == sentence
    assert Deal.objects.count() == 0


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("\ufeffdeal;owner\r\n1;J\u00fcrgen\r\n".encode(), {}),
        ("deal\towner\n1\tJürgen\n".encode(), {}),
        ("Deal , OWNER\r1,Jürgen\r".encode(), {}),
        ('"deal"|"owner"\n"1"|"Jürgen"\n\n||\n|\n'.encode(), {}),
        ("deal,owner\n1,Jürgen\n".encode("utf-16"), {}),
        ("deal,owner\n1,Jürgen\n".encode("cp1252"), {"encoding": "cp1252"}),
    ],
)
def test_separators_byte_order_marks_and_encodings_are_understood(
    tmp_path: Path, content: bytes, said: dict[str, str]
) -> None:
    (tmp_path / "deals.csv").write_bytes(content)
    bring(tmp_path, **said)
    assert (Deal.objects.get().external_id, Deal.objects.get().owner.name) == ("1", "Jürgen")


def test_a_quotation_mark_amid_a_text_sets_only_its_row_aside(tmp_path: Path) -> None:
    (tmp_path / "deals.csv").write_text('deal,owner\n1,"Ot"to\n2,Ines\n')
    work = bring(tmp_path)
    assert work.counts == counts(created=1, rejected=1)
    [(_, line, reason)] = reasons(work)
    assert line == 2
    assert reason.startswith("cannot be read as CSV")


def test_columns_that_nothing_reads_are_named(tmp_path: Path) -> None:
    write_csv(tmp_path / "deals.csv", (*DEALS, "mood"), ("1", "Otto", *("",) * 6))
    assert bring(tmp_path).notes == ["deals.csv: these columns are left out: mood."]


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"mapping": "nope"}, "There is no mapping “nope”."),
        ({"dates": "backwards"}, "Dates cannot be written as “backwards”."),
        ({"encoding": "klingon"}, "“klingon” is no encoding."),
        ({"pipeline": "x" * 121}, "A pipeline needs a name of at most 120 characters"),
    ],
)
def test_a_wrong_order_is_a_sentence(tmp_path: Path, said: dict[str, str], sentence: str) -> None:
    loan_folder(tmp_path)
    with pytest.raises(ValueError, match="^" + sentence.replace("?", r"\?")):
        bring(tmp_path, **said)


def test_a_time_zone_must_exist(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="Mars"):
        Order.of(tmp_path, mapping="native", time_zone="Mars/Phobos")


def test_a_folder_without_deals_says_what_it_has(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="It has no CSV file at all: choose the mapping"):
        bring(tmp_path)
    write_csv(tmp_path / "sales_pipeline.csv", ("opportunity_id",))
    with pytest.raises(ValueError, match=r"It has sales_pipeline.csv: choose .*native, crm_sales"):
        bring(tmp_path)
    with pytest.raises(ValueError, match="There is no file or folder"):
        bring(tmp_path / "missing")


TOML = """
dates = "month/day/year"
[deals]
{more}
[deals.columns]
deal = "id"
owner = "rep"
{columns}
"""


@pytest.mark.parametrize(
    ("more", "columns", "sentence"),
    [
        ("flie = 'x.csv'", "", "“flie” is not known"),
        ("", "colour = 'c'", "“colour” is not known"),
        ("", "= oops", "is not TOML"),
        ("", "amount = 'price'", "has no column “price”"),
        ("joins.p = {file='p.csv', key='k', column='id'}", "", "p.csv is missing"),
    ],
)
def test_a_mapping_that_cannot_be_is_a_sentence(
    tmp_path: Path, more: str, columns: str, sentence: str
) -> None:
    toml = tmp_path / "mine.toml"
    toml.write_text(TOML.format(more=more, columns=columns))
    path = write_csv(tmp_path / "export.csv", ("id", "rep"), ("1", "Otto"))
    with pytest.raises(ValueError, match=sentence):
        bring(path, mapping=str(toml))


def test_a_mapping_needs_deals_with_an_id_and_an_owner(tmp_path: Path) -> None:
    toml = tmp_path / "mine.toml"
    for text, sentence in (
        ("dates = 'iso'", "has no .deals."),
        ("[deals.columns]\ndeal = 'id'", "does not say which column is the owner"),
    ):
        toml.write_text(text)
        with pytest.raises(ValueError, match=sentence):
            mapping.load(str(toml))


def test_what_a_joined_file_does_not_know_sets_the_row_aside(tmp_path: Path) -> None:
    toml = tmp_path / "mine.toml"
    toml.write_text(
        TOML.format(
            more="joins.p = {file='p.csv', key='k', column='product'}", columns="amount = 'p.price'"
        )
    )
    write_csv(tmp_path / "p.csv", ("k", "price"), ("A", "10"), ("ragged",))
    path = write_csv(
        tmp_path / "export.csv", ("id", "rep", "product"),
        ("1", "Otto", "A"), ("2", "Otto", "B"), ("3", "Otto", ""),
    )  # fmt: skip
    work = bring(path, mapping=str(toml))
    assert reasons(work) == [
        (
            "export.csv",
            3,
            (
                "product “B” is not in p.csv: add it there, or say what it means under "
                "[deals.corrections.product] in the mapping"
            ),
        )
    ]
    assert list(Deal.objects.order_by("external_id").values_list("amount", flat=True)) == [10, None]


def test_the_torture_files_of_others_are_read_as_expected(real_data: Path) -> None:
    folder = real_data / "csv" / "csv_spectrum"
    paths = sorted((folder / "csvs").glob("*.csv"))
    assert len(paths) == 11
    for path in paths:
        text = (folder / "json" / f"{path.stem}.json").read_text().replace("\\r\\n", "\\n")
        read = [row.fields for row in Sheet(path).rows(())]
        assert (path.name, read) == (path.name, json.loads(text))
