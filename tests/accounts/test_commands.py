"""How commands speak: results, errors and instants."""

from __future__ import annotations

import json
from argparse import ArgumentTypeError
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.core.management.base import CommandError, OutputWrapper
from django.db import OperationalError

from accounts.commands import ProgressBar, SpokenCommand, instant


class Greeting(SpokenCommand):
    """Answers with what it was made with, or raises it."""

    def __init__(self, result: Mapping[str, Any] | BaseException) -> None:
        super().__init__(stdout=StringIO())
        self.result = result

    def answer(self, **options: Any) -> Mapping[str, Any]:
        if isinstance(self.result, BaseException):
            raise self.result
        return self.result


def told(command: Greeting, *arguments: str) -> str:
    call_command(command, *arguments)
    return command.stdout.getvalue()


def test_a_result_is_told_in_lines_or_as_one_json_object() -> None:
    result = {
        "dark": 3,
        "dark_amount": Decimal("12.50"),
        "value": Decimal("7.00"),
        "at": datetime(2026, 3, 2, tzinfo=UTC),
    }
    assert told(Greeting({"dark": 3, "now_dark": 4})) == "dark: 3\nnow dark: 4\n"
    assert json.loads(told(Greeting(result), "--json")) == {
        "dark": 3,
        "dark_amount": 12.5,
        "value": 7,
        "at": "2026-03-02T00:00:00+00:00",
    }


@pytest.mark.parametrize(
    ("error", "code", "sentence"),
    [
        (ValidationError("Name a stage."), 1, "Name a stage."),
        (ValueError("Not a span."), 1, "Not a span."),
        (KeyboardInterrupt(), 130, "Stopped. Run it again to go on."),
        (
            OperationalError("no such table: deals_deal"),
            1,
            (
                "The database cannot be used (no such table: deals_deal). Check DATABASE_URL, "
                "and run “manage.py migrate” if the tables are not there yet."
            ),
        ),
    ],
)
def test_what_goes_wrong_is_a_sentence_with_its_exit_code(
    error: BaseException, code: int, sentence: str
) -> None:
    with pytest.raises(CommandError) as raised:
        told(Greeting(error))
    assert (str(raised.value), raised.value.returncode) == (sentence, code)


def test_an_instant_is_read_into_utc() -> None:
    assert instant("2026-03-02T10:00:00+01:00") == datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert instant("2026-03-02T09:00:00Z") == datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.mark.parametrize("text", ["yesterday", "2026-03-02T10:00:00", "0001-01-01T00:00:00+14:00"])
def test_an_instant_that_could_be_another_one_is_refused(text: str) -> None:
    with pytest.raises(ArgumentTypeError):
        instant(text)


class Terminal(StringIO):
    """A stream that somebody watches."""

    def isatty(self) -> bool:
        return True


def test_a_progress_bar_shows_each_state_once_to_who_watches() -> None:
    watched, piped = Terminal(), StringIO()
    for stream in (watched, piped):
        bar = ProgressBar(OutputWrapper(stream), "Reading")
        for done in (0, 100, 100, 200):
            bar(done, 200)
        bar(0, 0)
        bar.close()
    shown = [line for line in watched.getvalue().split("\r") if line]
    assert [line.rstrip()[-4:] for line in shown] == ["  0%", " 50%", "100%"]
    assert piped.getvalue() == ""
