"""From bytes to text, whatever a mail says of itself: linear in what it is given, never raising.

Only the character sets of mail are decoded by, never another codec of Python's (`zlib`, `rot13`,
`utf-7`, `idna`). Sources: RFC 2045, 6 (encodings); RFC 2047 (words in headers).
"""

from __future__ import annotations

import binascii
import codecs
import re
from encodings.aliases import aliases
from itertools import islice

SINGLE_BYTE = frozenset(
    {"ascii", "koi8_r", "koi8_u", "mac_roman", "mac_latin2", "mac_cyrillic", "mac_greek", "cp874"}
    | {f"cp{page}" for page in (437, 850, 852, 855, 857, 858, 860, 861, 862, 863, 865, 866)}
    | {f"cp125{page}" for page in range(9)}
    | {f"iso8859_{part}" for part in (*range(2, 12), 13, 14, 15, 16)}
)
OTHERS = frozenset({
    "utf_8", "utf_16", "utf_16_le", "utf_16_be", "utf_32", "utf_32_le", "utf_32_be", "gb18030",
    "big5", "big5hkscs", "hz", "cp932", "cp949", "cp950", "johab", "euc_jp", "euc_jis_2004",
    "euc_jisx0213", "iso2022_jp", "iso2022_jp_1", "iso2022_jp_2", "iso2022_jp_3", "iso2022_jp_ext",
    "iso2022_kr",
})  # fmt: skip
MULTI_BYTE = frozenset({
    "gb18030", "big5", "big5hkscs", "cp932", "cp949", "cp950", "johab", "euc_jp", "euc_jis_2004",
    "euc_jisx0213",
})  # fmt: skip
# What people mean by a name, where it is wider than what the name says (WHATWG, Encoding).
MEANT = {
    "latin_1": "cp1252", "iso8859_1": "cp1252", "us_ascii": "ascii", "iso8859_9": "cp1254",
    "iso_8859_8_i": "cp1255", "iso_8859_8_e": "cp1255", "iso8859_8": "cp1255", "gb2312": "gb18030",
    "gbk": "gb18030", "x_gbk": "gb18030", "shift_jis": "cp932", "x_sjis": "cp932",
    "euc_kr": "cp949", "ks_c_5601_1987": "cp949", "tis_620": "cp874", "utf_8_sig": "utf_8",
    "unicode_1_1_utf_8": "utf_8", "utf8mb4": "utf_8", "windows_874": "cp874",
    "iso_2022_jp": "iso2022_jp", "x_mac_roman": "mac_roman",
}  # fmt: skip

# A payload holds no "?": without that, a header of openings without ends takes quadratic time.
WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?]*)\?=")
BETWEEN = re.compile(r"(\?=)\s++(?==\?[^?\s]{1,60}\?[bBqQ]\?)")
LINE = re.compile(rb"[^\r\n]+")
MOST_LINES = 250_000  # of 60 letters; more is no file
UNSTORABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
# Letters that turn the direction of what stands beside them, or are not seen at all.
UNSEEN = re.compile("[\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
NOT_BASE64 = bytes(
    set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
)


def text_of(raw: bytes, charset: str = "") -> str:
    """Return bytes as text in a character set, or in the likeliest where that is wrong."""
    codec = _codec(charset)
    if codec is None or codec in SINGLE_BYTE:  # what is UTF-8 is so by no accident
        try:
            return clean(raw.decode("utf_8"))
        except UnicodeDecodeError:
            fallback = "cp1252" if codec in {None, "ascii"} else codec
            return clean(raw.decode(fallback or "cp1252", "replace"))
    return clean(_mislabelled(raw, codec) or raw.decode(codec, "replace"))


def _mislabelled(raw: bytes, codec: str) -> str:
    """Return bytes as UTF-8 where they are that and not what their label says; "" elsewhere.

    Two letters of a Chinese set may be UTF-8 by accident, a letter of three bytes is none.
    """
    if codec not in MULTI_BYTE or raw.isascii():
        return ""
    try:
        text = raw.decode("utf_8")
    except UnicodeDecodeError:
        return ""
    return text if max(text) > "\u07ff" else ""


def clean(text: str) -> str:
    """Return a text whose lines end in one way and that a database takes."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    return UNSTORABLE.sub("", text)


def header_text(value: str) -> str:
    """Return a header's value on one line, its encoded words decoded (RFC 2047)."""
    if "=?" in value:
        value = WORD.sub(_word, BETWEEN.sub(r"\1", value))
    return " ".join(clean(value).split())


def content(body: bytes | memoryview, encoding: str) -> bytes:
    """Return a body without its transfer encoding; of broken ones what can be had."""
    raw = bytes(body)
    match encoding:
        case "base64":
            return _base64(raw)
        case "quoted-printable":
            return binascii.a2b_qp(raw)
        case "x-uuencode" | "uuencode" | "x-uue" | "uue":
            return _uuencoded(raw)
    return raw


def _codec(charset: str) -> str | None:
    """Return the codec for a character set, None for one that is none."""
    name = charset.strip().strip("'\"").lower()[:60]
    name = re.sub(r"[-. :]+", "_", name)
    name = MEANT.get(name) or aliases.get(name, name)
    name = MEANT.get(name, name)
    return name if name in SINGLE_BYTE or name in OTHERS else None


def _word(found: re.Match[str]) -> str:
    charset, encoding, payload = found.groups()
    packed = payload.encode("utf_8", "replace")
    raw = _base64(packed) if encoding in "bB" else binascii.a2b_qp(packed, header=True)
    return text_of(raw, charset.partition("*")[0])


def _base64(raw: bytes) -> bytes:
    letters = raw.partition(b"=")[0].translate(None, NOT_BASE64)  # what follows was added later
    if len(letters) % 4 == 1:
        letters = letters[:-1]
    return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))


def _uuencoded(raw: bytes) -> bytes:
    found = bytearray()
    for line in islice(LINE.finditer(raw), MOST_LINES):
        if line[0].startswith((b"begin ", b"end")):
            continue
        try:
            found += binascii.a2b_uu(line[0])
        except binascii.Error:
            continue
    return bytes(found)


def _check() -> None:
    for name in SINGLE_BYTE | OTHERS:
        codecs.lookup(name)


_check()  # a name that this Python lacks is found at the start, not in somebody's mail
