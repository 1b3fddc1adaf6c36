"""The main job on real input: imports of others' data, counted exactly."""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Iterator
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from accounts.models import Team, User
from contacts.models import Company, Contact
from deals.models import Deal, Silence, Stage, Touch


def run(*arguments: object) -> dict[str, Any]:
    """Run a command as a person would and return its JSON object."""
    out = StringIO()
    call_command(*map(str, arguments), "--json", stdout=out, stderr=StringIO())
    return json.loads(out.getvalue())


@pytest.fixture
def loan_offers(real_data: Path) -> Path:
    return real_data / "loan_offers"


@pytest.fixture
def crm_sales(real_data: Path) -> Path:
    return real_data / "crm_sales"


def all_silences() -> Iterator[tuple[Any, ...]]:
    """Yield every silence with its deal, in order, without the ids of rows."""
    yield from Silence.objects.order_by("deal__external_id", "started_at", "by").values_list(
        "deal__external_id", "by", "started_at", "ended_at", "ending", "stage__name",
        "clock_from", "attempts", "dark_attempts", "attempted_at", "relit_at",
    )  # fmt: skip


def shuffled(source: Path, folder: Path) -> Path:
    """Copy the files of a folder with their rows in random order."""
    dice = random.Random(2012)
    for path in source.glob("*.csv"):
        head, *rows = path.read_text().splitlines(keepends=True)
        dice.shuffle(rows)
        folder.mkdir(exist_ok=True)
        (folder / path.name).write_text(head + "".join(rows))
    return folder


@pytest.mark.django_db
def test_the_loan_offers_count_exactly_as_expected(loan_offers: Path, tmp_path: Path) -> None:
    expected = json.loads((loan_offers / "expected.json").read_text())
    rows = sum(
        sum(1 for _ in csv.reader(path.open())) - 1 for path in sorted(loan_offers.glob("*.csv"))
    )

    told = run("import_crm", loan_offers, "--pipeline", "Loans")

    assert told == {"created": rows, "updated": 0, "unchanged": 0, "rejected": 0}
    assert (Deal.objects.count(), Touch.objects.count()) == (2569, 20737)
    stages = Stage.objects.filter(pipeline__name="Loans").values_list("name", flat=True)
    assert list(stages) == ["Application", "Offer", "Validation"]

    for stage, patience in expected["thresholds"].items():
        if stage != "clock":
            days = f"{patience.split()[0]}d"
            changed = run("set_threshold", stage, days, "--retroactive")
            assert (changed["before"], changed["after"]) == ("21d", days)
    for moment in expected["states"]:
        said = run("states", "--at", moment["as_of"])
        keys = ("closed", "ours", "waiting", "dark", "dark_amount")
        assert {key: said[key] for key in keys} == {key: moment[key] for key in keys}
    assert run("rebuild_silences", "--check") == {"deals": 2569, "differing": 0}

    before = list(all_silences())
    again = run("import_crm", shuffled(loan_offers, tmp_path / "mixed"), "--pipeline", "Loans")
    assert again == {"created": 0, "updated": 0, "unchanged": rows, "rejected": 0}
    assert list(all_silences()) == before


@pytest.mark.django_db
def test_the_loan_offers_in_random_order_give_the_same_silences(
    loan_offers: Path, tmp_path: Path
) -> None:
    run("import_crm", loan_offers, "--pipeline", "Loans")
    before = list(all_silences())
    Touch.objects.all().delete()
    Silence.objects.all().delete()
    Deal.objects.all().delete()
    run("import_crm", shuffled(loan_offers, tmp_path / "mixed"), "--pipeline", "Loans")
    assert list(all_silences()) == before != []
    assert run("rebuild_silences", "--check")["differing"] == 0


@pytest.mark.django_db
def test_the_sales_pipeline_comes_in_by_its_mapping(crm_sales: Path) -> None:
    told = run("import_crm", crm_sales, "--mapping", "crm_sales")

    assert told == {"created": 8800, "updated": 0, "unchanged": 0, "rejected": 0}
    outcomes = {name: Deal.objects.filter(outcome=name).count() for name in ("won", "lost", "open")}
    assert outcomes == {"won": 4238, "lost": 2473, "open": 2089}
    assert Deal.objects.filter(company=None).count() == 1425
    assert (Company.objects.count(), Contact.objects.count()) == (85, 8800)
    assert (Team.objects.count(), User.objects.filter(role="manager").count()) == (6, 6)
    moses = User.objects.get(name="Moses Frase")
    assert (moses.team.name, moses.team.managers.get().name) == (
        "Central · Dustin Brinkmann",
        "Dustin Brinkmann",
    )
    assert Deal.objects.filter(wanted="GTXPro").count() == 0
    misspelt = Deal.objects.filter(wanted="GTX Pro")
    assert misspelt.count() == 1480
    assert set(misspelt.filter(outcome="open").values_list("amount", flat=True)) == {4821}
    stages = Stage.objects.filter(pipeline__name="crm_sales").values_list("name", flat=True)
    assert list(stages) == ["Prospecting", "Engaging"]
    first = Deal.objects.get(external_id="1C1I7A6R")
    assert first.opened_at == datetime.fromisoformat("2016-10-20T00:00:00+02:00")
    assert first.closed_at == datetime.fromisoformat("2017-03-01T00:00:00+01:00")
    assert (first.title, first.amount, first.currency) == (
        "GTX Plus Basic for Cancity",
        1054,
        "USD",
    )

    pipeline = crm_sales / "sales_pipeline.csv"
    again = run("import_crm", pipeline, "--mapping", "crm_sales")
    assert again == {"created": 0, "updated": 0, "unchanged": 8800, "rejected": 0}


@pytest.mark.django_db
def test_a_wrong_order_of_day_and_month_is_never_silent(crm_sales: Path) -> None:
    told = run(
        "import_crm", crm_sales, "--mapping", "crm_sales", "--dates", "day/month/year", "--dry-run"
    )
    assert told["rejected"] > 5000
    undeclared = run(
        "import_crm", crm_sales, "--mapping", "crm_sales", "--dates", "iso", "--dry-run"
    )
    # 500 rows have no date, and 39 only such as 3/3/2017, which are the same in either order
    assert undeclared == {"created": 539, "updated": 0, "unchanged": 0, "rejected": 8261}
