"""What an admin says of one file's columns before it is tried out."""

from __future__ import annotations

import zoneinfo
from calendar import month_name
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from django import forms

from accounts.currencies import CURRENCIES
from accounts.models import User, Workspace
from contacts.models import Channel
from deals.forms.column_labels import label_of
from deals.importing import recognising
from deals.importing.detecting import Dates
from deals.importing.instants import full_year
from deals.importing.plans import Plan
from deals.importing.reading import Row
from deals.models import Direction, ImportRun, Pipeline

KINDS = (
    ("deals", "Deals"), ("contacts", "Contacts"), ("companies", "Companies"),
    ("touches", "Touches: mails, calls, meetings that took place"),
)  # fmt: skip
ENCODINGS = (
    ("utf-8-sig", "UTF-8, as nearly all programs write"), ("utf-16", "UTF-16"),
    ("utf-16-le", "UTF-16 without its mark, little-endian"),
    ("utf-16-be", "UTF-16 without its mark, big-endian"),
    ("cp1252", "Western European Windows (cp1252)"), ("iso8859-15", "Latin-9 (ISO 8859-15)"),
    ("cp1250", "Central European Windows (cp1250)"), ("cp1257", "Baltic Windows (cp1257)"),
    ("cp1251", "Cyrillic Windows (cp1251)"), ("mac_roman", "Mac OS Roman"),
)  # fmt: skip
SEPARATORS = ((",", "Comma ,"), (";", "Semicolon ;"), ("\t", "Tab"), ("|", "Bar |"))
DECIMALS = (("", "As each amount makes clear"), (",", "1.234,50"), (".", "1,234.50"))
ORDERS = (
    ("", "2026-03-31"), ("day.month.year", "31.3.2026"), ("day/month/year", "31/3/2026"),
    ("month/day/year", "3/31/2026"), ("year/month/day", "2026/3/31"),
)  # fmt: skip
SPOKE = (
    ("us", "We did: they owe an answer"), ("them", "They did: it is our move"),
    ("both", "Both, as in a call"),
)  # fmt: skip
LEFT_OUT = ("", "Leave out")
WHERE_SILENT = (
    "owner",
    "direction",
    "channel",
    "last_contact_by",
    "currency",
)  # asked for rows in which the file says nothing
MISSING = {
    "title|deal": "Say which column is the deal’s title, or its id.",
    "last_name|name|email|first_name": "Say which column is the contact’s name, or their e-mail.",
    "name": "Say which column is the company’s name.",
    "deal|deal_title|email": "Say which column tells the deal: by its id, its title, or the e-mail "
    "of its contact.",
    "occurred_at": "Say which column tells when it was.",
}


class OpeningForm(forms.Form):
    """How a file is opened, and what its rows are; changed, its columns are recognised anew."""

    file = forms.ChoiceField(label="Which file")
    sheet = forms.ChoiceField(label="Which sheet", required=False)
    kind = forms.ChoiceField(label="What is in this file?", choices=KINDS)
    encoding = forms.ChoiceField(label="How text is written", choices=ENCODINGS, required=False)
    separator = forms.ChoiceField(
        label="What stands between cells", choices=SEPARATORS, required=False
    )
    line = forms.IntegerField(label="The headings stand on line", min_value=1, required=False)

    def __init__(self, *args: Any, plan: Plan, files: list[str], sheets: list[str]) -> None:
        initial = {name: getattr(plan, name) for name in self.base_fields}
        super().__init__(args[0] if args else None, initial=initial)
        self.plan = plan
        _choose(self, "file", files)
        if sheets:
            initial["sheet"] = plan.sheet or sheets[0]
            _choose(self, "sheet", sheets)
            del self.fields["encoding"], self.fields["separator"]
        else:
            del self.fields["sheet"]
            known = {code for code, _ in ENCODINGS}
            if plan.encoding not in known:
                self.fields["encoding"].choices = [*ENCODINGS, (plan.encoding, plan.encoding)]  # type: ignore[attr-defined]

    def is_other(self) -> bool:
        """Whether the file is to be opened otherwise than its plan says."""
        return any(
            (self.cleaned_data.get(name) or "") != (self.initial.get(name) or "")
            for name in self.fields
        )

    def ways(self) -> dict[str, Any]:
        """Return how the same file is to be opened; read otherwise, its headings are found anew."""
        told = {name: self.cleaned_data.get(name) for name in ("sheet", "encoding", "separator")}
        if all(
            (text or "") == (self.initial.get(name) or "")
            for name, text in told.items()
            if name in self.fields
        ):
            told["line"] = self.cleaned_data.get("line")
        return {name: text for name, text in told.items() if text}


def _choose(form: forms.Form, name: str, values: list[str]) -> None:
    """Offer some values; of a single one there is nothing to choose."""
    form.fields[name].choices = [(value, value) for value in values]  # type: ignore[attr-defined]
    if len(values) < 2:
        form.fields[name].widget = forms.HiddenInput()


class ColumnsForm(forms.Form):
    """Which column is what, and how dates and amounts are written."""

    pipeline = forms.CharField(
        max_length=120, widget=forms.TextInput({"list": "pipelines", "autocomplete": "off"}),
        help_text="Of rows that name none. Made if there is none of that name. Import the same "
        "program’s deals into the same pipeline: that is how they are known again.",
    )  # fmt: skip
    owner = forms.ChoiceField(label="Owner, where the file names none")
    direction = forms.ChoiceField(
        label="Which way, where the file does not say", choices=Direction.choices,
        initial=Direction.OUTBOUND,
    )  # fmt: skip
    channel = forms.ChoiceField(
        label="Channel, where the file does not say", choices=Channel.choices, initial=Channel.OTHER
    )
    last_contact_by = forms.ChoiceField(
        label="Who spoke at the last contact, where the file does not say", choices=SPOKE
    )
    currency = forms.ChoiceField(
        label="Currency, where the file names none", required=False,
        choices=[(code, code) for code in sorted(CURRENCIES)],
    )  # fmt: skip
    dates = forms.ChoiceField(label="How dates are written", choices=ORDERS, required=False)
    time_zone = forms.ChoiceField(label="Time zone of dates that name none", required=False)
    decimal = forms.ChoiceField(label="How amounts are written", choices=DECIMALS, required=False)
    known = forms.ChoiceField(label="Rows that came in before", choices=ImportRun.Known.choices)

    def __init__(
        self, *args: Any, plan: Plan, run: ImportRun, headings: list[str], first: list[Row],
        dates: Dates, reader: User,
    ) -> None:  # fmt: skip
        super().__init__(args[0] if args else None, initial=_initial(plan, run, reader))
        self.plan, self.headings, self.first, self.told = plan, headings, first, dates
        self._offer_columns()
        self._drop_what_is_not_asked()
        own = Workspace.current().time_zone
        zones = [(zone, zone) for zone in sorted(zoneinfo.available_timezones())]
        _offer(self, "time_zone", [("", f"The workspace’s ({own})"), *zones])
        if "owner" in self.fields:
            _offer(self, "owner", _people())
        if dates.is_asked:
            self._ask_for_the_order(dates)

    def _offer_columns(self) -> None:
        kind = self.plan.kind
        fields = [(name, label_of(name, kind)) for name in recognising.fields(kind)]
        meant = {heading: name for name, heading in self.plan.columns.items()}
        for place, heading in enumerate(self.headings):
            self.fields[f"column_{place}"] = forms.ChoiceField(
                label=heading, choices=[LEFT_OUT, *fields], required=False,
                initial=meant.get(heading, ""),
            )  # fmt: skip

    def _drop_what_is_not_asked(self) -> None:
        kind = self.plan.kind
        asked = {"deals": {"owner", "pipeline"}, "touches": {"direction", "channel", "pipeline"}}
        for name in ("owner", "pipeline", "direction", "channel"):
            if name not in asked.get(kind, ()):
                del self.fields[name]
        if kind != "deals" or "last_contact_at" not in self.plan.columns:
            del self.fields["last_contact_by"]
        if kind != "deals" or "amount" not in self.plan.columns:
            del self.fields["currency"]
        if kind in ("contacts", "companies"):
            del self.fields["dates"], self.fields["time_zone"], self.fields["decimal"]
        elif kind == "touches":
            del self.fields["decimal"]

    def _ask_for_the_order(self, dates: Dates) -> None:
        """Show both readings of a date that can be read in two ways; nothing is chosen for people."""
        if "dates" not in self.fields:
            return
        self.fields["dates"] = forms.ChoiceField(
            label=f"Is “{dates.example}” …", choices=readings(dates.example),
            widget=forms.RadioSelect, initial=self.plan.dates or None,
            error_messages={"required": "Say which number is the day: nobody can tell from the file."},
        )  # fmt: skip

    def columns(self) -> Iterator[tuple[forms.BoundField, list[str]]]:
        """Yield each column's field with the first values that are not empty."""
        for place, heading in enumerate(self.headings):
            cells = (row.fields.get(heading, "").strip() for row in self.first)
            yield self[f"column_{place}"], [text[:60] for text in cells if text][:3]

    def rest(self) -> list[forms.BoundField]:
        """Return the fields that are no columns."""
        return [self[name] for name in self.fields if not name.startswith("column_")]

    def clean(self) -> dict[str, Any]:
        """Refuse two columns for one field, and a plan without what every row needs."""
        said = super().clean() or {}
        meant = self._meant(said)
        for name in {name for name in meant if meant.count(name) > 1}:
            places = [place for place, field in enumerate(meant) if field == name and name]
            for place in places[1:]:
                other = self.headings[places[0]]
                self.add_error(
                    f"column_{place}", f"“{other}” is that already. Leave one of them out."
                )
        for need in self.chosen().missing():
            self.add_error(None, MISSING[need])
        return said

    def _meant(self, said: dict[str, Any]) -> list[str]:
        return [said.get(f"column_{place}", "") for place in range(len(self.headings))]

    def offered(self) -> dict[str, str]:
        """Return what is chosen beforehand for rows in which the file says nothing."""
        return {name: self.initial[name] for name in WHERE_SILENT if name in self.fields}

    def chosen(self) -> Plan:
        """Return the plan as it was said here."""
        said = self.cleaned_data
        pairs = zip(self._meant(said), self.headings, strict=True)
        constants = {name: said[name] for name in WHERE_SILENT if said.get(name)}
        columns: dict[str, str] = {}
        for name, heading in pairs:
            if name:
                columns.setdefault(name, heading)
        return replace(
            self.plan, columns=columns, constants=constants,
            dates=said.get("dates", ""), decimal=said.get("decimal", ""),
        )  # fmt: skip


def readings(example: str) -> list[tuple[str, str]]:
    """Return both readings of a date such as 3/4/2025, the day first and the month first."""
    numbers = [
        int(part) for part in example.replace(".", "/").replace("-", "/").split(" ")[0].split("/")
    ]
    first, second, year = numbers[0], numbers[1], full_year(str(numbers[2]))
    names = [f"{_month(number)}" for number in (second, first)]
    return [
        ("day/month/year", f"{first} {names[0]} {year}: the day stands first"),
        ("month/day/year", f"{second} {names[1]} {year}: the month stands first"),
    ]


def _month(number: int) -> str:
    return month_name[number] if 1 <= number <= 12 else "?"


def _initial(plan: Plan, run: ImportRun, reader: User) -> dict[str, Any]:
    first = Pipeline.objects.first()
    return {
        "dates": plan.dates, "decimal": plan.decimal, "known": run.known,
        "time_zone": run.time_zone, "pipeline": run.pipeline or (first.name if first else ""),
        "currency": plan.constants.get("currency", Workspace.current().currency),
        "owner": plan.constants.get("owner", reader.email or reader.name),
        "direction": plan.constants.get("direction", Direction.OUTBOUND),
        "channel": plan.constants.get("channel", Channel.OTHER),
        "last_contact_by": plan.constants.get("last_contact_by", "us"),
    }  # fmt: skip


def _people() -> list[tuple[str, str]]:
    return [(user.email or user.name, str(user)) for user in User.objects.active()]


def _offer(form: forms.Form, name: str, choices: list[tuple[str, str]]) -> None:
    if name in form.fields:
        form.fields[name].choices = choices  # type: ignore[attr-defined]
