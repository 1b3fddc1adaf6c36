"""How a table is handed out: as CSV, streamed, or as a workbook."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from tempfile import TemporaryFile

from django.http import FileResponse, Http404, StreamingHttpResponse

from deals.exporting import Table
from deals.spreadsheets import Value, csv_lines, write_workbook

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def handed_out(table: Table, form: str) -> StreamingHttpResponse:
    """Answer with a table in one of two forms, "csv" or "xlsx"."""
    return as_file(table.name, table.lines(), form)


def as_file(name: str, rows: Iterable[Sequence[Value]], form: str = "csv") -> StreamingHttpResponse:
    """Answer with rows, the headings first, as a file of that name. Raises Http404 for no form.

    CSV leaves while it is read; a workbook is packed on disk first. Nothing is held in memory.
    """
    if form == "csv":
        answer = StreamingHttpResponse(csv_lines(rows), content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
        return answer
    if form != "xlsx":
        raise Http404
    file = TemporaryFile()  # noqa: SIM115 -- closed by the answer once it is sent
    write_workbook(file, name, rows)
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=f"{name}.xlsx", content_type=WORKBOOK)
