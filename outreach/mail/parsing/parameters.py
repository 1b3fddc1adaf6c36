"""A header's value and its parameters: `text/plain; charset="utf-8"`. RFC 2045, 5.1; RFC 2231."""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

from outreach.mail.parsing import decoding

MOST = 50  # parameters; the rest of a flood is left out
VALUE = re.compile(r"\s*+([^\s;]++)")
PARAMETER = re.compile(r'[;\s]\s*+([^\s=;"]{1,60})\s*+=\s*+("(?:[^"\\]|\\.)*+"?|[^;]*+)')


def split(header: str) -> tuple[str, dict[str, str]]:
    """Return the value in lower case and the parameters by their names in lower case."""
    value = VALUE.match(header)
    if value is None:
        return "", {}
    found = []
    for parameter in PARAMETER.finditer(header, value.end()):
        found.append((parameter[1].lower(), _unquoted(parameter[2])))
        if len(found) == MOST:
            break
    return value[1].lower(), _joined(found)


def _unquoted(value: str) -> str:
    if not value.startswith('"'):
        return value.strip()
    return re.sub(r"\\(.)", r"\1", value[1:].removesuffix('"'))


def _joined(found: list[tuple[str, str]]) -> dict[str, str]:
    """Join what came in numbered sections, and decode what is encoded (RFC 2231, 3 and 4)."""
    whole: dict[str, str] = {}
    sections: dict[str, list[tuple[int, bool, str]]] = {}
    for name, value in found:
        base, star, rest = name.partition("*")
        if star:
            number = rest.rstrip("*")
            at = int(number) if number.isdecimal() and len(number) <= 3 else 0
            sections.setdefault(base, []).append((at, not rest or rest.endswith("*"), value))
        else:
            whole.setdefault(base, decoding.header_text(value))
    return whole | {name: _decoded(sorted(parts)) for name, parts in sections.items()}


def _decoded(sections: list[tuple[int, bool, str]]) -> str:
    charset, raw = "", b""
    for at, is_encoded, value in sections:
        rest = value
        if is_encoded and at == 0 and value.count("'") >= 2:
            charset, _, rest = value.split("'", 2)
        raw += unquote_to_bytes(rest) if is_encoded else rest.encode("utf_8", "replace")
    return " ".join(decoding.text_of(raw, charset).split())
