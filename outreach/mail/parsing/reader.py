"""The process in which mail is read: `python -m outreach.mail.parsing.reader SECONDS PATIENCE BYTES`.

It takes mails from its input and lays out what they say on its output, as `frames`. A mail's frame
begins with one byte that says whether its files are wanted. Once it has warmed up it can open
nothing any more, no file and no connection; it ends when its parent does, for then its input ends.
It knows no Django, no settings and no secrets.
"""

from __future__ import annotations

import json
import resource
import signal
import sys
import traceback
from pathlib import Path
from typing import Any

from outreach.mail.parsing import frames, reading
from outreach.mail.parsing.scanning import REMEDY, UnreadableMailError

# Whatever Python loads late (patterns, names of months) is loaded before the doors are shut.
WARM_UP = (
    b"From: =?utf-8?q?Mara?= <mara@example.com>\nTo: ines@example.com\nSubject: Re: Offer\n"
    b"Date: Mon, 06 May 2024 10:00:00 +0200\nMIME-Version: 1.0\n"
    b"Content-Type: multipart/alternative; boundary=b\n\n--b\n\nYes.\n\nOn 5 May 2024, Ines wrote:\n"
    b"> Well?\n--b\nContent-Type: text/html; charset=utf-8\n\n<p>Yes.</p>\n--b--\n"
)


def main() -> None:
    """Read mail after mail until there is no more."""
    seconds, patience, memory_bytes = float(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    reading.read(WARM_UP)
    _shut_the_doors()
    frames.write(sys.stdout.buffer, frames.READY)
    while frame := frames.read(sys.stdin.buffer):
        _set_alarms(seconds, patience)
        answer = _answer(frame[1:], with_files=frame[:1] == b"1")
        frames.write(sys.stdout.buffer, json.dumps(answer).encode())
        _clear_alarms()


def _shut_the_doors() -> None:
    """Open nothing, start nothing and leave no core behind from here on."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))  # input, output and errors are open
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _set_alarms(seconds: float, patience: float) -> None:
    """End this process where a mail takes more work or time, also when nobody is left to end it."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    until = int(used.ru_utime + used.ru_stime + seconds) + 2  # whole seconds, should SIGPROF fail
    resource.setrlimit(resource.RLIMIT_CPU, (until, hard))
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.setitimer(signal.ITIMER_REAL, patience + 1)


def _clear_alarms() -> None:
    signal.setitimer(signal.ITIMER_PROF, 0)
    signal.setitimer(signal.ITIMER_REAL, 0)


def _answer(raw: bytes, *, with_files: bool) -> dict[str, Any]:
    """Return what a mail says, or why it cannot be read. Only want of memory ends this process."""
    try:
        return {"mail": reading.read(raw, with_files=with_files).to_json()}
    except UnreadableMailError as error:
        return {"unreadable": str(error)}
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001  # a fault of ours costs one mail, and is told
        last = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{type(error).__name__} in {Path(last.filename).name}:{last.lineno}"
        return {"unreadable": f"Lamplighter stumbled over it ({where}). {REMEDY}."}


if __name__ == "__main__":
    main()
