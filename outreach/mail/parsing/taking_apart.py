"""Take a mail apart: decode the headers and the pieces that a scan has found."""

from __future__ import annotations

from collections.abc import Iterator

from outreach.mail.parsing import decoding, parameters
from outreach.mail.parsing.scanning import LARGEST_HEADERS, Fields, Part, Toll, scan
from outreach.mail.parsing.structure import Headers, Piece, Structure

LONGEST_TEXT = 1024 * 1024  # bytes of one piece of text that are decoded
LARGEST_CARRIED = 512 * 1024  # bytes of the headers of all mails that are carried inside
# Besides text/*: what machines write for machines to read (RFC 3464, 8098, 5965, 5545).
TEXTS = frozenset({
    "application/ics", "message/delivery-status", "message/disposition-notification",
    "message/feedback-report", "message/global-delivery-status",
    "message/global-disposition-notification", "message/global-headers",
})  # fmt: skip
RETURNED_HEADERS = frozenset({"text/rfc822-headers", "message/global-headers"})


def structure_of(mail: Part, toll: Toll, *, with_files: bool = False) -> Structure:
    """Return the structure of a mail that was scanned; `toll` notes what was left out of it."""
    pieces = tuple(_pieces(mail, toll, with_files=with_files))
    return Structure(headers_of(mail), mail.content_type, mail.parameters, pieces)


def headers_of(part: Part) -> Headers:
    """Return the headers of a part, decoded; what has no character set of its own has the part's."""
    return _decoded(part.fields, part.parameters.get("charset", ""))


def _decoded(fields: Fields, charset: str) -> Headers:
    return tuple(
        (name, decoding.header_text(decoding.text_of(value, charset))) for name, value in fields
    )


def _pieces(part: Part, toll: Toll, *, depth: int = 0, with_files: bool) -> Iterator[Piece]:
    if part.content_type.startswith("multipart/") and part.parts:
        for inner in part.parts:
            yield from _pieces(inner, toll, depth=depth, with_files=with_files)
        return
    yield _piece(part, toll, depth, with_files=with_files)
    for inner in part.parts:
        yield from _pieces(inner, toll, depth=depth + 1, with_files=with_files)


def _piece(part: Part, toll: Toll, depth: int, *, with_files: bool) -> Piece:
    is_text = part.content_type.startswith("text/") or part.content_type in TEXTS
    content = b"" if part.parts else decoding.content(part.body, part.encoding)
    disposition, about = parameters.split(_said(part, "content-disposition"))
    name = about.get("filename") or part.parameters.get("name", "")
    is_file = bool(name) or disposition == "attachment" or not is_text
    return Piece(
        content_type=part.content_type,
        text=_text(part, content, toll) if is_text else "",
        parameters=part.parameters,
        headers=_carried_headers(part, content, toll),
        disposition=disposition if disposition in {"", "inline"} else "attachment",
        name=name,
        size_bytes=len(part.body) if part.parts else len(content),
        depth=depth,
        content=(bytes(part.body) if part.parts else content) if with_files and is_file else None,
    )


def _said(part: Part, name: str) -> str:
    return decoding.text_of(part.field(name))


def _text(part: Part, content: bytes, toll: Toll) -> str:
    if len(content) > LONGEST_TEXT:
        toll.note("Of a very long text the first megabyte was read.")
    return decoding.text_of(content[:LONGEST_TEXT], part.parameters.get("charset", ""))


def _carried_headers(part: Part, content: bytes, toll: Toll) -> Headers:
    """Return the headers of a mail that is carried inside, whole or by its headers alone."""
    if part.content_type in RETURNED_HEADERS:
        carried = scan(content[: LARGEST_HEADERS - 2] + b"\n\n")
    elif part.parts:
        carried = part.parts[0]
    else:
        return ()
    toll.header_bytes += sum(len(value) for _, value in carried.fields)
    if toll.header_bytes > LARGEST_CARRIED:
        toll.note("Of the mails inside it not all headers were read.")
        return ()
    return headers_of(carried)
