from __future__ import annotations

from collections.abc import Mapping
from time import monotonic
from typing import Any

from django.utils import timezone

from accounts.commands import SpokenCommand
from outreach import learning
from outreach.models import StageChance


class Command(SpokenCommand):
    help = "Learn now how likely answers are, from the whole history; beat does it once a day."

    def answer(self, **_options: Any) -> Mapping[str, Any]:
        began = monotonic()
        learning.learn(timezone.now(), by_hand=True)
        silences = sum(StageChance.objects.values_list("silences", flat=True))
        return {"silences": silences, "elapsed_ms": round(1000 * (monotonic() - began))}

    def say(self, result: Mapping[str, Any]) -> str:
        return f"Learned from {result['silences']:,} silences in {result['elapsed_ms']:,} ms."
