"""How two processes hand each other whole things: four bytes of length (big-endian), then those."""

from __future__ import annotations

from typing import IO

LENGTH_BYTES = 4
READY = b"ready"  # the first frame that a reader sends


def read(stream: IO[bytes]) -> bytes:
    """Return what the next frame holds, b"" at the end, also at one that comes too early."""
    head = stream.read(LENGTH_BYTES)
    length = int.from_bytes(head) if len(head) == LENGTH_BYTES else 0
    content = stream.read(length)
    return content if len(content) == length else b""


def write(stream: IO[bytes], content: bytes) -> None:
    """Write a frame and hand it over. Raises BrokenPipeError where nobody reads."""
    stream.write(len(content).to_bytes(LENGTH_BYTES))
    stream.write(content)
    stream.flush()
