"""Read the fields of a form as the bytes they are: what a provider posts holds mail of any kind.

A form is flat, and so is the look at it: what a field holds is never taken apart here, however deep
a mail in it is nested. Sources: RFC 7578 (multipart/form-data); RFC 2046, 5.1.1 (boundaries).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qsl

from django.http import HttpRequest

MOST_FIELDS = 1000  # SendGrid posts some twenty, and one for each file
LONGEST_HEAD = 16 * 1024  # bytes before a field's value
BOUNDARY = re.compile(r';\s*boundary=(?:"([^"]{1,200})"|([^\s";]{1,200}))', re.IGNORECASE)
NAME = re.compile(
    rb'^content-disposition:[^\r\n]*?;[ \t]*name="([^"\r\n]{1,200})"', re.IGNORECASE | re.MULTILINE
)


def form_of(request: HttpRequest) -> dict[str, bytes]:
    """Return the fields of a form by name; of a name that comes twice, the last one.

    Raises ValueError for what is no form, or has too many fields.
    """
    if request.content_type == "multipart/form-data":
        found = BOUNDARY.search(request.headers["Content-Type"])
        if found is None:
            raise ValueError("a form without a boundary")
        return dict(_fields(request.body, (found[1] or found[2]).encode()))
    said = request.body.decode("ascii", "replace")
    fields = parse_qsl(said, True, encoding="latin-1", max_num_fields=MOST_FIELDS)
    return {name: value.encode("latin-1") for name, value in fields}


def _fields(body: bytes, boundary: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the fields between the boundaries, each of which begins a line."""
    delimiter = re.compile(rb"(?:\A|\r?\n)--" + re.escape(boundary) + rb"(--)?[ \t]*(?=\r?\n|\Z)")
    start = None
    for count, mark in enumerate(delimiter.finditer(body)):
        if count > MOST_FIELDS:
            raise ValueError("too many fields")
        if start is not None and (field := _field(body[start : mark.start()])):
            yield field
        start = None if mark[1] else mark.end()
    if start is not None and (field := _field(body[start:])):
        yield field


def _field(part: bytes) -> tuple[str, bytes] | None:
    """Return name and value of a field; None for what names none."""
    end = re.compile(rb"\r?\n\r?\n").search(part, 0, LONGEST_HEAD)
    if end is None:
        return None
    name = NAME.search(part[: end.start()])
    return (name[1].decode(errors="replace"), part[end.end() :]) if name else None
