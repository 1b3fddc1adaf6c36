"""What the filing of one mail asks for again and again, asked once: settings, and who has an address.

Only between `once` and its end, which is one mail: a setting that is changed counts for the next.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

from accounts.models import Workspace

Answer = TypeVar("Answer")
_known: ContextVar[dict[Hashable, object] | None] = ContextVar("asked_of_one_mail", default=None)


@contextmanager
def once() -> Iterator[None]:
    """Remember answers until the end of the block; inside another such block nothing changes."""
    if _known.get() is not None:
        yield
        return
    token = _known.set({})
    try:
        yield
    finally:
        _known.reset(token)


def for_(question: Hashable, ask: Callable[[], Answer]) -> Answer:
    """Return the answer to a question, asked at most once inside `once`, else each time."""
    known = _known.get()
    if known is None:
        return ask()
    if question not in known:
        known[question] = ask()
    answer: Answer = known[question]  # type: ignore[assignment]  # a question has one kind of answer
    return answer


def workspace() -> Workspace:
    """Return the workspace with its settings."""
    return for_("workspace", Workspace.current)
