"""Handing in files to be imported."""

from __future__ import annotations

import zoneinfo
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from accounts.models import Workspace
from deals.importing.mapping import ORDERS, load, names
from deals.importing.runs import OWN
from deals.models import ImportRun, Pipeline

ENCODINGS = (
    ("", "UTF-8, as nearly all programs write"),
    ("cp1252", "Western European Windows (cp1252)"),
    ("cp1250", "Central European Windows (cp1250)"),
    ("utf-16", "UTF-16"),
)
DATES = (
    ("", "As the mapping says; else 2026-03-31"),
    *((order, order) for order in ORDERS if order != "iso"),
)


class ManyFilesInput(forms.ClearableFileInput):
    """A file control that takes several at once."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """One or more files."""

    widget = ManyFilesInput

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        files = data if isinstance(data, list) and data else [None]
        return [super(FilesField, self).clean(file, initial) for file in files]


def mappings() -> list[tuple[str, str]]:
    """Return the mappings that can be chosen, in words."""
    shipped = [(name, load(name).about) for name in names()]
    asked = ("", "Ask me, column by column")
    return [asked, *shipped, (OWN, "My own: the TOML file among the files that I choose")]


class ImportForm(forms.ModelForm):
    """Which files, what their columns mean, and into which pipeline they go."""

    uploads = FilesField(
        label="Files",
        help_text="A CSV file or a workbook (XLSX), from HubSpot, Pipedrive, Salesforce, Excel, or "
        "an export of ours. Nothing comes in before you have seen what would.",
    )
    mapping = forms.ChoiceField(choices=mappings, required=False, label="What the columns mean")
    dates = forms.ChoiceField(choices=DATES, required=False, label="How dates are written")
    time_zone = forms.ChoiceField(required=False, label="Time zone of dates that name none")
    encoding = forms.ChoiceField(choices=ENCODINGS, required=False, label="How text is written")

    class Meta:
        model = ImportRun
        fields = ("uploads", "mapping", "pipeline", "dates", "time_zone", "encoding", "known")
        help_texts = {
            "pipeline": "Where the deals go. Its missing stages are made; so is the pipeline "
            "itself if there is none of that name. Import the same files into the same pipeline: "
            "that is how they are known again.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = Workspace.current().time_zone
        zones = [(zone, zone) for zone in sorted(zoneinfo.available_timezones())]
        self.zone_field.choices = [("", f"The mapping’s, else the workspace’s ({own})"), *zones]
        self.fields["known"].label = "Rows that came in before"
        self.fields["known"].required = False
        pipeline = self.fields["pipeline"]
        pipeline.widget.attrs["list"] = "pipelines"
        pipeline.widget.attrs["autocomplete"] = "off"

    def clean(self) -> dict[str, Any]:
        """Ask for a pipeline where no page asks for it later."""
        said = super().clean() or {}
        if said.get("mapping") and not said.get("pipeline"):
            self.add_error("pipeline", "Name the pipeline that the deals go into.")
        said["known"] = said.get("known") or ImportRun.Known.UPDATE
        return said

    @property
    def zone_field(self) -> forms.ChoiceField:
        field = self.fields["time_zone"]
        assert isinstance(field, forms.ChoiceField)
        return field

    @property
    def pipelines(self) -> list[str]:
        """The pipelines that are there, to choose from."""
        return list(Pipeline.objects.values_list("name", flat=True))
