"""The page that asks what the columns of a file mean: a file, its plan, and two forms of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.http import QueryDict

from accounts.models import User, Workspace
from deals.forms.column_labels import label_of, plainly
from deals.forms.columns import ColumnsForm, OpeningForm
from deals.importing import plans, runs
from deals.importing.plans import Plan
from deals.importing.previewing import preview
from deals.models import ImportRun, Pipeline

FIRST = 20  # rows from which the first values of a column are taken


class Asking:
    """One run whose columns are being asked about. Raises ValueError for what cannot be read."""

    def __init__(self, run: ImportRun, reader: User, now: datetime) -> None:
        self.run, self.reader, self.now = run, reader, now
        self.folder = runs.folder_of(run)
        self.files = runs.tables_of(run)
        if not self.files:
            raise ValueError("The files are gone: hand them in again.")
        self.plan = Plan.of(run) if run.plan else plans.begin(self.folder, self.files[0])
        self._open()

    def _open(self) -> None:
        self.look = self.plan.look(self.folder)
        self.headings = self.look.headings()
        self.opening = OpeningForm(plan=self.plan, files=self.files, sheets=self.look.sheets())
        self.form = self._form()

    def _form(self, said: QueryDict | None = None) -> ColumnsForm:
        return ColumnsForm(
            said, plan=self.plan, run=self.run, headings=self.headings,
            first=self.look.first(FIRST), dates=self.look.dates(), reader=self.reader,
        )  # fmt: skip

    def reopen(self, said: QueryDict) -> bool:
        """Open the file otherwise, if that is what was said: its columns are recognised anew."""
        opening = OpeningForm(said, plan=self.plan, files=self.files, sheets=self.look.sheets())
        if not opening.is_valid() or not opening.is_other():
            return False
        told = opening.cleaned_data
        is_same_file = told["file"] == self.plan.file
        plan = plans.begin(self.folder, told["file"], opening.ways() if is_same_file else {})
        if plan.kind != told["kind"] and is_same_file:
            plan.kind, plan.constants = told["kind"], {}
            plan = plans.recognise(plan, self.folder, plan.look(self.folder).headings())
        self._keep(plan)
        return True

    def _keep(self, plan: Plan) -> None:
        self.run.plan = plan.to_json()
        self.run.save(update_fields=["plan"])

    def hear(self, said: QueryDict) -> bool:
        """Take what was said of the columns; False where it cannot be, with the errors in the form."""
        heard = {name for name in self.form.fields if name.startswith("column_")} & set(said)
        self.plan.columns = self._columns(said) if heard else self.plan.columns
        self.form = self._form(said)
        if not self.form.is_valid():
            return False
        self.plan = self.form.chosen()
        told = self.form.cleaned_data
        self.run.known = told["known"]
        self.run.pipeline = told.get("pipeline", "")
        self.run.time_zone = told.get("time_zone", "")
        self._keep(self.plan)
        return True

    def _columns(self, said: QueryDict) -> dict[str, str]:
        """Return the columns as they were said, valid or not: the dates in them are looked at."""
        named = ((said.get(f"column_{p}", ""), name) for p, name in enumerate(self.headings))
        return {field: name for field, name in named if field}

    def go_on(self) -> None:
        """Let the file be tried out."""
        runs.decide(self.run, self.plan)

    def _shown(self) -> Plan:
        """Return the plan with what the form offers for rows that do not say it."""
        return replace(self.plan, constants={**self.form.offered(), **self.plan.constants})

    def told(self) -> dict[str, Any]:
        """Return what the page shows."""
        zone = ZoneInfo(self.run.time_zone or Workspace.current().time_zone)
        is_open = self.plan.missing() or (self.form.told.is_asked and not self.plan.dates)
        rows = [] if is_open else preview(self._shown(), self.folder, zone=zone, now=self.now)
        return {
            "run": self.run,
            "opening": self.opening,
            "form": self.form,
            "dates": self.form.told,
            "labels": [label_of(name, self.plan.kind) for name in self.plan.columns],
            "is_open": bool(is_open),
            "rows": [replace(row, refusal=plainly(row.refusal, self.plan.kind)) for row in rows],
            "pipelines": Pipeline.objects.values_list("name", flat=True),
        }
