"""Forms of the pipelines and their stages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from deals.models import Pipeline, Stage


class PipelineForm(forms.ModelForm):
    """A pipeline's name, and for whom it is."""

    class Meta:
        model = Pipeline
        fields = ("name", "kind")
        labels = {"kind": "For"}
        error_messages = {"name": {"unique": "Another pipeline is called so. Choose another name."}}


class StageForm(forms.ModelForm):
    """A stage's name and its chance."""

    class Meta:
        model = Stage
        fields = ("name", "chance")
        labels = {"chance": "Chance, in %"}
        help_texts = {"chance": "How many of 100 deals in this stage are won."}

    def __init__(self, *args: Any, pipeline: Pipeline, **options: Any) -> None:
        super().__init__(*args, **options)
        self.instance.pipeline = pipeline

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        others = self.instance.pipeline.stages.exclude(pk=self.instance.pk)
        if others.filter(name__iexact=name).exists():
            raise ValidationError(
                "Another stage of this pipeline is called so. Choose another name."
            )
        return name
