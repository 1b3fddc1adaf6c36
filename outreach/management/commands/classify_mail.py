import json
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from accounts.commands import STOPPED, SpokenCommand
from outreach.mail.doors import archives
from outreach.mail.parsing.sandbox import Reader, ReaderMissingError
from outreach.mail.parsing.scanning import LARGEST_MAIL, UnreadableMailError

ONE_MAIL = (".eml", ".txt", ".msg", ".mail")  # one mail each, also where it begins as an mbox does


class Command(SpokenCommand):
    help = (
        "Say what kind of mail each is: one JSON line each, with path, verdict, until (the last "
        "day that somebody is away), recipients (dead addresses) and why. Takes files, mbox files, "
        "maildirs and folders. Nothing is stored, no database is needed."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("paths", type=Path, nargs="+", metavar="PATH")

    def handle(self, **options: Any) -> None:
        try:
            with Reader() as reader:
                for path, raw in _mails(options["paths"]):
                    self.stdout.write(json.dumps(_verdict(reader, path, raw), ensure_ascii=False))
        except (ValueError, ReaderMissingError) as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt as error:
            raise CommandError("Stopped.", returncode=STOPPED) from error


def _verdict(reader: Reader, path: str, raw: bytes) -> dict[str, object]:
    """Return what one mail is; one that cannot be read stops nothing."""
    try:
        found = reader.read(raw).verdict
    except UnreadableMailError as error:
        return _line(path, "unreadable", str(error))
    until = found.until.isoformat() if found.until else None
    return _line(path, found.name, found.why, until, list(found.recipients))


def _line(
    path: str, verdict: str, why: str, until: str | None = None, recipients: list[str] | None = None
) -> dict[str, object]:
    return {
        "path": path, "verdict": verdict, "until": until, "recipients": recipients or [],
        "why": why,
    }  # fmt: skip


def _mails(paths: list[Path]) -> Iterator[tuple[str, bytes]]:
    for path in paths:
        for file in archives.files(path, takes=_is_asked_about):
            yield from _of(file)


def _is_asked_about(file: Path) -> bool:
    """Whether a file of a folder is meant: nothing is stored, so that any text may be."""
    return file.suffix.lower() in ONE_MAIL or archives.may_be_mail(file)


def _of(file: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the mails of a file; several are told apart by their number."""
    if file.suffix.lower() in ONE_MAIL:
        with file.open("rb") as stream:
            yield str(file), stream.read(LARGEST_MAIL + 1)
        return
    found = archives.mails([file])
    first = next(found, None)
    if first is None:
        yield str(file), b""
        return
    second = next(found, None)
    yield (f"{file}#1" if second else str(file)), first.raw
    if second:
        yield f"{file}#2", second.raw
        yield from ((f"{file}#{number}", mail.raw) for number, mail in enumerate(found, 3))
