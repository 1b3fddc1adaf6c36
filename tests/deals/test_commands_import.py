"""import_crm, states, set_threshold and rebuild_silences, as a person at a shell meets them."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from pytest_django import Settings

from accounts.models import User
from deals import conversation, sweep, thresholds
from deals.models import Deal, Hold, Pipeline, Silence, Stage
from tests.cast import Story, day, make_deal, sweep_at
from tests.deals.files import DEALS, loan_folder, write_csv

pytestmark = pytest.mark.usefixtures("workspace")


def run(*arguments: object) -> tuple[str, str]:
    """Run a command and return what it printed, and what it said besides."""
    out, err = StringIO(), StringIO()
    call_command(*map(str, arguments), stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def refusal(*arguments: object) -> tuple[str, int]:
    with pytest.raises(CommandError) as raised:
        run(*arguments)
    return str(raised.value), raised.value.returncode


@pytest.fixture
def demo(ines: User) -> Story:
    """A deal in Demo: dark after a week."""
    return Story(make_deal(ines, "Demo"))


def test_an_import_is_told_in_a_sentence_or_as_json(tmp_path: Path) -> None:
    folder = loan_folder(tmp_path / "loans")
    assert run("import_crm", folder, "--dry-run") == (
        "Tried out, nothing changed: 9 rows created, 0 updated, 0 unchanged, 0 rejected.\n",
        "",
    )
    assert Deal.objects.count() == 0
    assert run("import_crm", folder)[0] == ("9 rows created, 0 updated, 0 unchanged, 0 rejected.\n")
    out, _ = run("import_crm", folder, "--json")
    assert json.loads(out) == {"created": 0, "updated": 0, "unchanged": 9, "rejected": 0}
    assert Pipeline.objects.filter(name="loans").exists()


def test_rows_set_aside_are_kept_in_a_file_that_is_named(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "deals.csv", DEALS[:3], ("1", "Otto", "-1"), ("2", "Otto", "1"))
    out, err = run("import_crm", path, "--pipeline", "Own: one/two", "--json")
    assert json.loads(out) == {"created": 1, "updated": 0, "unchanged": 0, "rejected": 1}
    kept = Path(err.strip().removeprefix("Rows set aside, with the reasons: "))
    assert kept.parent == settings.VAR / "imports"
    assert kept.name.startswith("Own__one_two-")
    assert kept.read_text(encoding="utf-8-sig").splitlines() == [
        "file,line,reason,row",
        (
            "deals.csv,2,amount “-1”: An amount cannot be negative. Leave it empty if there is none "
            'yet.,"1,Otto,-1"'
        ),
    ]


def test_an_import_that_cannot_be_is_a_sentence(tmp_path: Path) -> None:
    sentence, code = refusal("import_crm", tmp_path / "missing")
    assert (sentence, code) == (
        f"There is no file or folder {tmp_path / 'missing'}. Check the path.",
        1,
    )


def test_a_folder_that_cannot_be_written_to_is_a_sentence(
    tmp_path: Path, settings: Settings
) -> None:
    (tmp_path / "file").write_text("")
    settings.VAR = tmp_path / "file"
    path = write_csv(tmp_path / "deals.csv", ("deal", "owner"), ("", "Otto"))
    sentence, code = refusal("import_crm", path)
    assert code == 1
    assert sentence.endswith(
        "Say another folder with LAMPLIGHTER_VAR, or let this user write there."
    )


def test_states_are_those_of_the_instant(demo: Story) -> None:
    demo.we_write(day(0, 10))
    demo.they_write(day(9))

    def at(number: int, hour: int = 9) -> dict[str, int]:
        return json.loads(run("states", "--at", day(number, hour).isoformat(), "--json")[0])

    nothing = {"ours": 0, "waiting": 0, "dimming": 0, "dark": 0, "closed": 0, "dark_amount": 0}
    assert at(-1) == nothing
    assert at(1) == {**nothing, "waiting": 1}
    assert at(6) == {**nothing, "waiting": 1, "dimming": 1}
    assert at(7, 10) == {**nothing, "dark": 1, "dark_amount": 1000}
    assert at(9) == {**nothing, "ours": 1}
    assert run("states", "--at", day(7, 10).isoformat())[0].splitlines()[3] == "dark: 1"


def test_states_need_an_instant_with_a_zone() -> None:
    assert refusal("states", "--at", "2026-03-02T09:00:00")[0].endswith(
        "“2026-03-02T09:00:00” has no time zone: write 2026-03-02T09:00:00+00:00 for UTC"
    )


def test_a_threshold_is_set_from_a_shell(demo: Story) -> None:
    out, _ = run("set_threshold", "demo", "36h", "--json")
    assert json.loads(out) == {"before": "1w", "after": "36h", "now_dark": 0, "no_longer_dark": 0}
    version = Stage.objects.get(name="Demo").thresholds.last()
    assert version is not None
    assert (version.attempts, version.spacing) == (5, "2wd, 3wd, 5wd, 7wd")
    assert version.counts_from is not None
    assert run("set_threshold", "Demo", "1w")[0] == (
        "before: 36h\nafter: 1w\nnow dark: 0\nno longer dark: 0\n"
    )


def test_a_retroactive_threshold_is_done_when_the_command_is(demo: Story) -> None:
    demo.we_write(day(0, 10))
    demo.they_write(day(3))
    run("set_threshold", "Demo", "1d", "--retroactive")
    assert demo.spells == [(day(1, 10), day(3))]


def test_a_stage_must_be_one(demo: Story) -> None:
    sentence, code = refusal("set_threshold", "Nope", "1w")
    assert (sentence[:40], code) == ("There is no stage “Nope” there. There ar", 1)
    other = Pipeline.objects.create(name="Other", position=7)
    stage = Stage.objects.create(pipeline=other, name="Demo", position=0)
    sentence, _ = refusal("set_threshold", "Demo", "1w")
    assert (
        sentence == "Several pipelines have a stage “Demo”: say --pipeline “New business”, “Other”."
    )
    out, _ = run("set_threshold", "Demo", "1w", "--pipeline", "other", "--json")
    assert json.loads(out)["before"] is None
    assert stage.thresholds.get().dark_after == "1w"


def test_a_duration_must_be_one() -> None:
    assert "is not a span of time" in refusal("set_threshold", "Demo", "soon")[0]


def test_a_check_finds_and_names_what_differs_and_a_rebuild_repairs_it(demo: Story) -> None:
    demo.we_write(day(0, 10))
    assert run("rebuild_silences", "--check")[0] == "1 deal replayed, 0 differed.\n"
    Silence.objects.filter(ended_at=None).update(started_at=day(2))
    sentence, code = refusal("rebuild_silences", "--check")
    assert (sentence, code) == (
        (
            f"These deals differ from their histories: {demo.deal.pk}. “manage.py rebuild_silences” "
            "brings them in line."
        ),
        1,
    )
    assert json.loads(run("rebuild_silences", "--json")[0]) == {"deals": 1, "differing": 1}
    assert demo.silence is not None
    assert demo.silence.started_at == day(0, 10)
    assert json.loads(run("rebuild_silences", "--check", "--json")[0]) == {
        "deals": 1,
        "differing": 0,
    }


def test_what_is_only_left_to_the_sweep_counts_as_equal(demo: Story, ines: User) -> None:
    held = Story(make_deal(ines, "Demo"))
    for story in (demo, held):
        story.we_write(day(0, 10))
    sweep_at(day(8))
    sweep.beat(day(8), marked_dark=2, suggested=0)
    conversation.hold(
        Hold(deal=held.deal, reason="pause", starts_at=day(9), ends_at=day(9000)), now=day(8)
    )
    fields = {"on_entry": "unchanged", "reply_within": "1wd", "attempts": 5, "spacing": "2wd"}
    demo_stage = Stage.objects.get(name="Demo")
    thresholds.change(demo_stage, dark_after="9999d", now=day(9), **fields)
    assert json.loads(run("rebuild_silences", "--check", "--json")[0])["differing"] == 0
