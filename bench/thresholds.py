"""Compare ways to foresee a threshold in a crowded stage, side by side in one run, on PostgreSQL.

Needs a database of its own without deals, migrated, in DATABASE_URL; leaves it full.
Usage, from the project's root: python -m bench.thresholds [--deals 100000]
"""

import argparse
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from time import perf_counter

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.utils import timezone  # noqa: E402

from accounts.models import User  # noqa: E402
from bench import crowd  # noqa: E402
from deals import histories, silence, thresholds  # noqa: E402
from deals.cutoffs import Cutoffs  # noqa: E402
from deals.models import Deal, Silence, Stage, Threshold  # noqa: E402
from deals.policies import Rulebook, Versions  # noqa: E402
from deals.spans import Span  # noqa: E402
from deals.whatif import WhatIf  # noqa: E402

TRIED = [Span(days, "d") for days in range(1, 41)]
SOME = 2000  # deals replayed, from which the time for all is reckoned


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deals", type=int, default=100_000, help="how many open deals")
    count = parser.parse_args().deals
    now = timezone.now()
    stage = Stage.objects.get(name="Demo")
    owner, _ = User.objects.get_or_create(email="bench@example.com", defaults={"name": "Bench"})
    began = [now - timedelta(hours=8 + hour % 120) for hour in range(498)]
    crowd.fill(stage, owner, [*began, now - timedelta(days=8), now - timedelta(days=15)], count)
    print(f"{count:,} open deals in one stage")

    foreseen = _best(lambda: thresholds.effect(stage, "10d", now))
    compared = _best(lambda: _by_comparing(stage, now))
    _say("what changes: between the cutoffs, against all dark compared", foreseen, compared)

    change = _best(lambda: thresholds.change_span(stage, "10d", now=now), times=1)
    rewrite = _best(lambda: Silence.objects.filter(stage=stage).update(told_at=None), times=1)
    _say("changing: one row written, against rewriting each open silence", change, rewrite)

    read = _best(lambda: WhatIf.of(stage.pk, now))
    whatif = WhatIf.of(stage.pk, now)
    whatif.would(TRIED[0], Span(7, "d"))
    tried = _best(lambda: [whatif.would(span, Span(7, "d")) for span in TRIED], times=1)
    replayed = _best(lambda: _replayed(now), times=1) * count / SOME
    _say("what-if: one more threshold, against a replay", tried / len(TRIED), replayed)
    worth = read * len(TRIED) / tried
    print(f"reading the past once, before the first: {1000 * read:.0f} ms, worth {worth:.0f} tries")


def _by_comparing(stage: Stage, now: datetime) -> int:
    """Count what is dark now and would not be, one set of silences taken from the other."""
    rulebook = Rulebook.load()
    versions = Versions([Threshold(stage=stage, dark_after="10d")])
    changed = replace(rulebook, thresholds={**rulebook.thresholds, stage.pk: versions})
    here = Silence.objects.filter(stage=stage).order_by()
    before, after = (here.filter(Cutoffs(now, book).dark()) for book in (rulebook, changed))
    gone, new = (
        some.exclude(pk__in=others.values("pk"))
        for some, others in ((before, after), (after, before))
    )
    return gone.count() + new.count() + before.count()


def _replayed(now: datetime) -> None:
    ids = list(Deal.objects.order_by("pk").values_list("pk", flat=True)[:SOME])
    for history in histories.load(ids, Rulebook.load()).values():
        silence.replay(history, now)


def _best(run: Callable[[], object], times: int = 3) -> float:
    durations = []
    for _ in range(times):
        began = perf_counter()
        run()
        durations.append(perf_counter() - began)
    return min(durations)


def _say(what: str, quick: float, slow: float) -> None:
    print(f"{what:<70}{1000 * quick:9.1f} ms{1000 * slow:12.1f} ms{slow / quick:9.1f} times")


if __name__ == "__main__":
    main()
