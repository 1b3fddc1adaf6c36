"""Mail is read in a process of its own: what that may do, and what its death costs."""

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Timer
from time import monotonic, sleep

import pytest

from outreach.mail.parsing import reading, sandbox
from outreach.mail.parsing.sandbox import Reader, ReaderMissingError
from outreach.mail.parsing.scanning import UnreadableMailError
from tests.conftest import missing

PLAIN = (
    b"From: Mara <mara@yard.example>\nMessage-ID: <1@yard.example>\nSubject: Re: Offer\n\nYes.\n"
)
WITH_FILE = (
    b"From: mara@yard.example\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nSee there.\n--b\n"
    b"Content-Type: application/pdf; name=plan.pdf\nContent-Transfer-Encoding: base64\n\nUERG\n--b--\n"
)


@pytest.fixture
def reader() -> Iterator[Reader]:
    """Return a reader, and end its process."""
    with Reader() as reader:
        yield reader


def child_of(reader: Reader) -> subprocess.Popen[bytes]:
    """Return the process of a reader that has read something."""
    assert reader._child is not None
    return reader._child


def test_the_reader_understands_a_mail_as_the_worker_itself_would(reader):
    assert reader.read(PLAIN) == reading.read(PLAIN)
    assert reader.read(b"") == reading.read(b"")


def test_a_file_crosses_only_where_it_is_asked_for(reader):
    [listed] = reader.read(WITH_FILE).attachments
    [fetched] = reader.read(WITH_FILE, with_files=True).attachments

    assert (listed.name, listed.size_bytes, listed.content) == ("plan.pdf", 3, None)
    assert (fetched.name, fetched.size_bytes, fetched.content) == ("plan.pdf", 3, b"PDF")


def test_one_process_reads_many_mails(reader):
    reader.read(PLAIN)
    first = child_of(reader).pid
    for _ in range(20):
        reader.read(PLAIN)

    assert child_of(reader).pid == first


def test_a_process_is_replaced_after_so_many_mails(reader, monkeypatch):
    monkeypatch.setattr(sandbox, "MAILS_EACH", 3)
    seen = set()
    for _ in range(7):
        reader.read(PLAIN)
        seen.add(child_of(reader).pid)

    assert len(seen) == 3


def test_a_process_that_died_between_two_mails_costs_none_of_them(reader):
    reader.read(PLAIN)
    child_of(reader).kill()
    child_of(reader).wait()

    assert reader.read(PLAIN).text == "Yes."


def test_the_mail_after_a_death_is_read(reader):
    reader.read(PLAIN)
    child = child_of(reader)
    os.kill(child.pid, signal.SIGSTOP)  # the mail is in its hands when it dies
    Timer(0.5, child.kill).start()

    with pytest.raises(UnreadableMailError, match="or broke its reader"):
        reader.read(PLAIN)
    assert reader.read(PLAIN).text == "Yes."


def test_a_mail_that_takes_too_long_is_given_up_and_the_next_one_is_read():
    with Reader(patience=1) as reader:
        reader.read(PLAIN)
        os.kill(child_of(reader).pid, signal.SIGSTOP)

        with pytest.raises(UnreadableMailError, match="took over 1 seconds"):
            reader.read(PLAIN)
        assert reader.read(PLAIN).text == "Yes."


def test_a_mail_that_takes_too_much_work_is_given_up_and_the_next_one_is_read():
    costly = b"Content-Type: text/html\n\n" + b"<" * 1_000_000
    with Reader(seconds=0.05, patience=60) as reader:
        with pytest.raises(UnreadableMailError, match=r"took over 0\.05 seconds"):
            reader.read(costly)
        assert reader.read(PLAIN).text == "Yes."


def test_a_mail_that_takes_too_much_memory_is_given_up_and_the_next_one_is_read():
    with Reader(memory_bytes=48 * 1024 * 1024) as reader:  # enough for an ordinary mail
        large = PLAIN + b"All of it. " * 900_000

        with pytest.raises(UnreadableMailError, match="took over 48 MB"):
            reader.read(large)
        assert reader.read(PLAIN).text == "Yes."


def test_a_mail_that_is_too_large_is_refused_with_what_to_do(reader):
    with pytest.raises(UnreadableMailError) as refusal:
        reader.read(PLAIN + b"x" * 10 * 1024 * 1024)

    assert str(refusal.value) == (
        "It has 10.0 MB, and 10 are read. "
        "Open it in your mail program and note by hand what it says."
    )


def test_a_reader_that_does_not_start_is_no_fault_of_the_mail():
    with Reader(memory_bytes=1024 * 1024) as reader, pytest.raises(ReaderMissingError):
        reader.read(PLAIN)


def test_the_reader_has_its_limits_and_nothing_of_ours(reader):
    reader.read(PLAIN)
    pid = child_of(reader).pid
    if not Path("/proc").is_dir():
        missing("/proc (Linux)")

    assert resource.prlimit(pid, resource.RLIMIT_AS) == (256 * 1024 * 1024,) * 2
    assert resource.prlimit(pid, resource.RLIMIT_NOFILE) == (3, 3)
    open_now = Path(f"/proc/{pid}/fd").iterdir()
    assert sorted(entry.name for entry in open_now) == ["0", "1", "2"]
    environment = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    assert {entry.split(b"=")[0] for entry in environment} <= {b"", b"LD_LIBRARY_PATH"}


def test_the_reader_knows_no_django_and_no_settings():
    said = subprocess.run(
        [sys.executable, "-c", "import sys, outreach.mail.parsing.reader; print(*sorted(sys.modules))"],
        cwd=sandbox.PROJECT, capture_output=True, check=True, text=True,
    )  # fmt: skip

    assert {"django", "config", "accounts", "celery"} & set(said.stdout.split()) == set()


def test_the_reader_ends_with_its_parent():
    if not Path("/proc").is_dir():
        missing("/proc (Linux)")
    parent = subprocess.Popen(
        [sys.executable, "-c", f"""
import time
from outreach.mail.parsing.sandbox import Reader
reader = Reader()
reader.read({PLAIN!r})
print(reader._child.pid, flush=True)
time.sleep(60)
"""],
        cwd=sandbox.PROJECT, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.kill()
    parent.wait()

    assert has_ended(child)


def has_ended(pid: int) -> bool:
    """Wait for the end of a process that is not ours to wait for."""
    until = monotonic() + 20
    while monotonic() < until:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":
            return True
        sleep(0.05)
    return False


def test_workers_with_threads_read_side_by_side():
    def read(number: int) -> str:
        with Reader() as reader:
            return reader.read(PLAIN + b"%d" % number).text

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(read, range(8))) == [f"Yes.\n{number}" for number in range(8)]
