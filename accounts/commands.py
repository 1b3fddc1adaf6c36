"""How every command of ours speaks: a sentence for people, or one JSON object with `--json`.

It lives in the lowest app because commands of every other app stand on it.
Source: docs/architecture.md, "What others rely on".
"""

from __future__ import annotations

import json
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, OutputWrapper
from django.db import OperationalError, ProgrammingError

STOPPED = 130  # what shells give for Ctrl-C


class SpokenCommand(BaseCommand):
    """A command whose `answer` returns its result, and whose `say` puts that into words.

    A ValidationError or ValueError on the way is a sentence for people: exit 1.
    """

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, **options: Any) -> None:
        as_json = options.pop("json")
        result = self._answered(options)
        said = json.dumps(result, default=plain, ensure_ascii=False) if as_json else None
        self.stdout.write(said or self.say(result))
        self.conclude(result)

    def answer(self, *args: Any, **options: Any) -> Mapping[str, Any]:
        """Do what the command is for and return its JSON object."""
        raise NotImplementedError

    def say(self, result: Mapping[str, Any]) -> str:
        """Say the result to people; by default one line for each key."""
        return "\n".join(f"{key.replace('_', ' ')}: {value}" for key, value in result.items())

    def conclude(self, result: Mapping[str, Any]) -> None:
        """Raise CommandError where the result, now told, means failure."""

    def _answered(self, options: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            return self.answer(**options)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        except ValueError as error:
            raise CommandError(str(error)) from error
        except (OperationalError, ProgrammingError) as error:
            raise CommandError(
                f"The database cannot be used ({str(error).strip()}). Check DATABASE_URL, and "
                "run “manage.py migrate” if the tables are not there yet."
            ) from error
        except KeyboardInterrupt as error:
            raise CommandError("Stopped. Run it again to go on.", returncode=STOPPED) from error


class ProgressBar:
    """How far a command is, on one line of its error stream; silent where nobody watches."""

    WIDTH = 30

    def __init__(self, stream: OutputWrapper, label: str) -> None:
        self.stream = stream
        self.label = label
        self.said = ""

    def __call__(self, done: int, total: int) -> None:
        """Show how much is done of a total; the same state again writes nothing."""
        share = min(1.0, done / total) if total else 1.0
        full = round(share * self.WIDTH)
        said = f"{self.label} {'█' * full}{'░' * (self.WIDTH - full)} {share:4.0%}"
        if said != self.said and self.stream.isatty():
            self.said = said
            self.stream.write(f"\r{said}", ending="")
            self.stream.flush()

    def close(self) -> None:
        """Leave the line as it stands and go to the next."""
        if self.said:
            self.stream.write("")


def instant(text: str) -> datetime:
    """Read an ISO 8601 instant for argparse and return it in UTC; one without a zone is refused."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(
            f"“{text}” is not an instant: write it as 2026-11-15T12:00:00+00:00"
        ) from error
    if at.tzinfo is None:
        raise ArgumentTypeError(f"“{text}” has no time zone: write {at.isoformat()}+00:00 for UTC")
    try:
        return at.astimezone(UTC)
    except OverflowError as error:
        raise ArgumentTypeError(
            f"“{text}” is out of the calendar: name a year 2 to 9998"
        ) from error


def plain(value: object) -> object:
    """Turn what JSON does not know into what it does: amounts into numbers, the rest into text."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value.isoformat() if isinstance(value, datetime) else str(value)
