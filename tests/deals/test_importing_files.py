"""What a file gives away about how it was written, and workbooks as others make them."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from deals.importing import archives, detecting, recognising
from deals.importing.detecting import Dates
from deals.importing.workbooks import WorkbookSheet, sheet_names

BROKEN = (
    "x.xlsx is damaged, locked with a password, or no workbook (XLSX) at all. Open it in a "
    "spreadsheet and save it anew as XLSX without a password, or as CSV."
)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Titel;Größe & Söhne", "cp1252"),
        ("Crème brûlée;Société Générale;España", "cp1252"),
        ("Łódź;Świętosław Źdźbło", "cp1250"),
        ("Příliš žluťoučký kůň", "cp1250"),
        ("Rīga;Jānis Bērziņš", "cp1257"),
        ("Сделка;Контакт;Привет мир", "cp1251"),
        ("deal;Größe", "utf-16-le"),
        ("deal;Größe", "utf-16-be"),
        ("deal;Größe", "utf-8-sig"),
        ("deal;plain", "utf-8-sig"),
    ],
)
def test_the_encoding_is_told_from_the_letters(tmp_path: Path, text: str, encoding: str) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(text.encode(encoding))
    assert detecting.encoding(path) == encoding


def test_a_letter_cut_in_two_at_the_end_of_the_sample_is_no_other_encoding(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(b"x" * (detecting.SAMPLE - 1) + "ö".encode())
    assert detecting.encoding(path) == "utf-8-sig"


@pytest.mark.parametrize(
    ("text", "separator"),
    [
        ("a,b\n1,2\n", ","),
        ("a;b\n1,5;2,5\n3,5;x\n", ";"),
        ("Name, Vorname;Ort\nBerg;Kiel\n", ";"),
        ("a\tb\n1\t2\n", "\t"),
        ("a|b,c\n1|2\n", "|"),
        ("alone\nx\n", ","),
    ],
)
def test_the_separator_is_the_one_that_cuts_rows_alike(
    tmp_path: Path, text: str, separator: str
) -> None:
    path = tmp_path / "x.csv"
    path.write_text(text)
    assert detecting.separator(path, "utf-8") == separator


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        (["3/4/2025", "5/6/2025"], Dates("", "3/4/2025", is_asked=True)),
        (["3/4/2025", "25/3/2025"], Dates("day/month/year", "25/3/2025")),
        (["3/4/2025", "3/25/2025 2:30 PM"], Dates("month/day/year", "3/25/2025 2:30 PM")),
        (["25/3/2025", "3/25/2025"], Dates("", "25/3/2025", is_asked=True)),
        (["3.4.2025"], Dates("day.month.year", "3.4.2025")),
        (["2025/3/4"], Dates("year/month/day", "2025/3/4")),
        (["4/4/2025"], Dates()),
        (["2025-03-04", "soon", ""], Dates()),
    ],
)
def test_the_order_of_day_and_month_is_told_or_asked(texts: list[str], told: Dates) -> None:
    assert detecting.dates(texts) == told


@pytest.mark.parametrize(
    ("texts", "sign"),
    [
        (["1.234,50", "12"], ","), (["1,234.50"], "."), (["12,5"], ","), (["1.000"], ""),
        (["1.000.000"], ","), (["1,000"], "."), ([], ""), (["1.234,50 €", "2.000 €"], ","),
        (["USD 1,234.50"], "."),
    ],
)  # fmt: skip
def test_the_decimal_sign_is_told_from_the_amounts(texts: list[str], sign: str) -> None:
    assert detecting.decimal(texts) == sign


@pytest.mark.parametrize("kind", recognising.KINDS)
def test_our_own_headings_are_recognised_as_what_they_are(kind: str) -> None:
    fields = recognising.fields(kind)
    headings = [field.replace("_", " ").capitalize() for field in fields]
    assert recognising.kind_of(headings) == kind
    assert recognising.recognised(kind, headings) == dict(zip(fields, headings, strict=True))


@pytest.mark.parametrize(
    ("headings", "company", "contact"),
    [
        (["Titel", "Kunde"], "Kunde", None),
        (["Titel", "Firma", "Kunde"], "Firma", "Kunde"),
        (["Titel", "Kunde", "Firma"], "Firma", "Kunde"),
        (["Titel", "Kunde", "Ansprechpartner"], "Kunde", "Ansprechpartner"),
        (["Titel", "Kunde", "Firma", "Ansprechpartner"], "Firma", "Ansprechpartner"),
        (["Title", "Customer"], "Customer", None),
        (["Title", "Customer", "Company"], "Company", "Customer"),
    ],
)
def test_a_customer_is_the_contact_beside_a_company_and_the_company_alone(
    headings: list[str], company: str, contact: str | None
) -> None:
    found = recognising.recognised("deals", headings)
    assert (found.get("company"), found.get("contact_name")) == (company, contact)


@pytest.mark.parametrize("kind", ["contacts", "companies"])
def test_a_customer_is_a_name_where_rows_are_contacts_or_companies(kind: str) -> None:
    headings = ["Kunde", "Telefon", "Ort"]
    assert recognising.recognised(kind, headings)["name"] == "Kunde"


def sheet(tmp_path: Path, *rows: list[Any], **formats: str) -> WorkbookSheet:
    """Save rows as a workbook; `formats` name cells and how their numbers are shown."""
    book = Workbook()
    for row in rows:
        book.active.append(row)
    for cell, form in formats.items():
        book.active[cell].number_format = form
    book.save(tmp_path / "x.xlsx")
    return WorkbookSheet(tmp_path / "x.xlsx")


def test_cells_are_read_as_they_are_meant(tmp_path: Path) -> None:
    found = sheet(
        tmp_path, ["n", "day", "at", "share", "is", "text", "hour"],
        [1234.5, date(2026, 2, 3), datetime(2026, 2, 3, 14, 30), 0.075, True, " x ", time(9, 5)],  # noqa: DTZ001
        [7.0, None, None, 1, False, "", timedelta(hours=30)],
        D2="0.0%", D3="0%",
    )  # fmt: skip
    assert [row.cells for row in found.rows()] == [
        ["1234.5", "2026-02-03", "2026-02-03 14:30:00", "7.5%", "true", " x ", "09:05:00"],
        ["7", "", "", "100%", "false", "", "1 day, 6:00:00"],
    ]


def test_merged_cells_formulas_errors_and_ragged_rows_say_what_they_can(tmp_path: Path) -> None:
    book = Workbook()
    page = book.active
    for row in ([None, None], ["a", "b", "c"], ["merged", None, 1], ["=1+1", "#N/A", None, "more"]):
        page.append(row)
    page.merge_cells("A3:B3")
    page["B4"].data_type = "e"
    book.save(tmp_path / "x.xlsx")
    found = WorkbookSheet(tmp_path / "x.xlsx")
    assert found.headings() == ["a", "b", "c"]
    first, second = found.rows()
    assert (first.line, first.fields) == (3, {"a": "merged", "b": "", "c": "1"})
    assert second.refusal.startswith("has 4 fields where the headings name 3")


def test_the_first_sheet_with_rows_is_taken_unless_one_is_named(tmp_path: Path) -> None:
    book = Workbook()
    book.active.title = "Empty"
    for name in ("One", "Two"):
        page = book.create_sheet(name)
        page.append([name])
        page.append(["x"])
    book.save(tmp_path / "x.xlsx")
    path = tmp_path / "x.xlsx"
    assert sheet_names(path) == ["Empty", "One", "Two"]
    assert WorkbookSheet(path).headings() == ["One"]
    assert WorkbookSheet(path, "Two").headings() == ["Two"]
    with pytest.raises(ValueError, match=r"has no sheet “Three”\. It has Empty, One, Two"):
        WorkbookSheet(path, "Three").headings()
    with pytest.raises(ValueError, match=r"x\.xlsx is empty"):
        WorkbookSheet(path, "Empty").headings()


def rewritten(tmp_path: Path, part: str, content: bytes) -> Path:
    """Save a workbook with one part of it replaced."""
    found, packed = sheet(tmp_path, ["a"], ["x"]), io.BytesIO()
    with (
        zipfile.ZipFile(found.path) as old,
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(name, content if name == part else old.read(name))
    found.path.write_bytes(packed.getvalue())
    return found.path


def test_a_workbook_that_unpacks_to_far_more_than_its_size_is_not_opened(tmp_path: Path) -> None:
    path = rewritten(tmp_path, "xl/worksheets/sheet1.xml", b" " * 20_000_000)
    with pytest.raises(ValueError, match="unpacks to far more than its size"):
        WorkbookSheet(path).headings()


@pytest.mark.parametrize("name", ["xl/texts.bin", "xl/worksheets/sheet2.xml"])
def test_texts_that_hide_under_another_name_are_not_held_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    found = sheet(tmp_path, ["a"], *(["x"] for _ in range(2000)))
    monkeypatch.setattr(archives, "MOST_IN_MEMORY", 20_000)
    assert found.headings() == ["a"]  # a sheet is read row by row, however large
    with zipfile.ZipFile(found.path) as book:
        kinds = book.read("[Content_Types].xml").decode()
    path = rewritten(
        tmp_path, "[Content_Types].xml", kinds.replace("xl/sharedStrings.xml", name).encode()
    )
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as book:
        book.writestr(name, "".join(f"<si><t>{place}</t></si>" for place in range(2000)))
    with pytest.raises(ValueError, match="unpacks to far more than its size"):
        WorkbookSheet(path).headings()


def test_a_workbook_that_defines_entities_is_not_opened(tmp_path: Path) -> None:
    bomb = '<?xml version="1.0"?>{}<!DOCTYPE l [<!ENTITY a "ha">]><worksheet>&a;</worksheet>'
    for part, encoding, before in (
        ("xl/worksheets/sheet1.xml", "utf-8", ""),
        ("xl/worksheets/sheet1.xml", "utf-16", ""),
        ("xl/worksheets/sheet1.xml", "utf-8", f"<!--{'x' * 100_000}-->"),
        ("xl/styles.xml", "utf-8", f"<!--{'x' * 3000}-->"),
        ("[Content_Types].xml", "utf-8", f"<!--{'x' * 3000}-->"),
    ):
        path = rewritten(tmp_path, part, bomb.format(before).encode(encoding))
        with pytest.raises(ValueError, match="contains a document type"):
            WorkbookSheet(path).headings()


@pytest.mark.parametrize(
    "part", ["xl/worksheets/sheet1.xml", "xl/workbook.xml", "[Content_Types].xml"]
)
def test_a_damaged_workbook_is_told_in_a_sentence(tmp_path: Path, part: str) -> None:
    path = rewritten(tmp_path, part, b"<oops")
    with pytest.raises(ValueError, match=r"x\.xlsx") as raised:
        list(WorkbookSheet(path).rows())
    assert str(raised.value) == BROKEN


def test_what_is_no_workbook_is_told_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "x.xlsx"
    for content in (b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0 an old workbook"):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"x\.xlsx") as raised:
            WorkbookSheet(path).headings()
        assert str(raised.value) == BROKEN
