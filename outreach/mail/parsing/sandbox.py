"""Read mail in a process of its own, so that one that does harm harms nobody else.

The process (`reader`) gets so much memory and time and nothing else of ours: no environment, no
files, no connections. It reads many mails; the next one after its death starts another. It is
started afresh instead of forked, so that workers with threads may use it as well.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from signal import SIGALRM, SIGPROF, SIGXCPU
from threading import Event, Timer
from typing import Any, Self

from outreach.mail.parsing import frames, scanning
from outreach.mail.parsing.parsed import ParsedMail
from outreach.mail.parsing.scanning import REMEDY, UnreadableMailError

SECONDS = 10  # for one mail
MEMORY_BYTES = 256 * 1024 * 1024
SECONDS_TO_START = 60  # on a machine that is busy
MAILS_EACH = 1000  # then another process: whatever grows in one does not grow for ever
READER = "outreach.mail.parsing.reader"
PROJECT = Path(__file__).resolve().parent.parent.parent.parent
NEEDED = ("LD_LIBRARY_PATH", "SYSTEMROOT")  # without these some Pythons do not start


class ReaderMissingError(OSError):
    """The process that reads mail does not start; the mail has nothing to do with it."""


class Reader:
    """A reader of mail, to be used in a `with`. One thread may use it at a time.

    A mail may take `seconds` of work; it is waited for `patience` seconds, on a busy machine too.
    """

    def __init__(
        self,
        *,
        seconds: float = SECONDS,
        patience: float = SECONDS,
        memory_bytes: int = MEMORY_BYTES,
    ) -> None:
        self.seconds, self.patience, self.memory_bytes = seconds, patience, memory_bytes
        self._child: subprocess.Popen[bytes] | None = None
        self._read = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process; the next read starts another."""
        child, self._child, self._read = self._child, None, 0
        if child is None:
            return
        child.kill()
        child.wait()
        for stream in (child.stdin, child.stdout):
            # what is left of a mail that nobody reads any more is not worth an error
            with suppress(BrokenPipeError):
                if stream is not None:
                    stream.close()

    def read(self, raw: bytes, *, with_files: bool = False) -> ParsedMail:
        """Return a mail as it was understood; the bytes of its files only where asked for.

        Raises UnreadableMailError, with a sentence for the admin, for a mail that is over the
        limits or took the reader down; ReaderMissingError where no reader starts.
        """
        scanning.refuse_too_large(len(raw))
        if self._read >= MAILS_EACH or (self._child is not None and self._child.poll() is not None):
            self.close()  # the mail is not to blame for a process that died before it
        self._read += 1
        answer = self._ask(b"%d" % with_files + raw)
        if "unreadable" in answer:
            raise UnreadableMailError(answer["unreadable"])
        return ParsedMail.from_json(answer["mail"])

    def _ask(self, frame: bytes) -> dict[str, Any]:
        child = self._child = self._child or self._started()
        said, was_late = _exchange(child, frame, self.patience)
        if said:
            answer: dict[str, Any] = json.loads(said)
            return answer
        self.close()
        if was_late or child.returncode in {-SIGXCPU, -SIGPROF, -SIGALRM}:
            limit = self.patience if was_late else self.seconds
            raise UnreadableMailError(f"Reading it took over {limit:g} seconds. {REMEDY}.")
        megabytes = self.memory_bytes // 1024 // 1024
        raise UnreadableMailError(
            f"Reading it took over {megabytes} MB, or broke its reader. {REMEDY}."
        )

    def _started(self) -> subprocess.Popen[bytes]:
        """Start the process and wait until it is ready. Raises ReaderMissingError."""
        limits = (self.seconds, self.patience, self.memory_bytes)
        child = subprocess.Popen(  # noqa: S603  # ourselves
            [sys.executable, "-sE", "-m", READER, *map(str, limits)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=PROJECT,
            env={name: os.environ[name] for name in NEEDED if name in os.environ},
            start_new_session=True,  # Ctrl-C is for the worker: it decides
        )  # fmt: skip
        said, _ = _exchange(child, b"", SECONDS_TO_START)
        if said == frames.READY:
            return child
        self._child = child
        self.close()
        raise ReaderMissingError(
            f"The reader of mail does not start; see what `python -m {READER}` says in a shell."
        )


def _exchange(child: subprocess.Popen[bytes], frame: bytes, seconds: float) -> tuple[bytes, bool]:
    """Hand a frame over and return the answer, b"" where the child died, and whether it was late.

    A child that takes too long is killed; whatever waits for it then returns.
    """
    late = Event()

    def end() -> None:
        late.set()
        child.kill()

    timer = Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        assert child.stdin is not None
        assert child.stdout is not None
        if frame:
            frames.write(child.stdin, frame)
        return frames.read(child.stdout), late.is_set()
    except BrokenPipeError:
        return b"", late.is_set()
    finally:
        timer.cancel()
