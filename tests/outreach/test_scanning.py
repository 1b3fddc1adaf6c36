"""Where the parts of a mail are, and which limits it has to keep."""

import pytest

from outreach.mail.parsing.scanning import Part, Toll, UnreadableMailError, scan


def mail(content_type: str, body: bytes) -> bytes:
    return b"From: mara@yard.example\nContent-Type: " + content_type.encode() + b"\n\n" + body


def bodies(part: Part) -> list[bytes]:
    """Return the bodies of all parts that hold no others."""
    if not part.parts:
        return [bytes(part.body)]
    return [body for inner in part.parts for body in bodies(inner)]


def test_headers_are_unfolded_and_kept_in_order():
    part = scan(b"Received: by x\n\tfrom y\nSUBJECT : Hello\nReceived: by z\n\nText\n")

    assert part.fields == (
        ("received", b"by x from y"),
        ("subject", b"Hello"),
        ("received", b"by z"),
    )
    assert bytes(part.body) == b"Text\n"


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r", b"\r\r\n"])
def test_lines_may_end_in_any_way(end):
    raw = end.join([b"Subject: Hello", b"Content-Type: multipart/mixed; boundary=b", b"", b"--b",
                    b"X: y", b"", b"one", b"--b", b"", b"two", b"--b--", b""])  # fmt: skip

    assert [body.strip() for body in bodies(scan(raw))] == [b"one", b"two"]


@pytest.mark.parametrize(
    ("raw", "fields", "body"),
    [
        (b"", [], b""),
        (b"Only text, no headers.\n", [], b"Only text, no headers.\n"),
        (b"\n\nSubject: late\n\nText", [("subject", b"late")], b"Text"),
        (b"From mara@x Mon May  6\nSubject: x\n\nText", [("subject", b"x")], b"Text"),
        (b">From mara\nSubject: x\n\nText", [("subject", b"x")], b"Text"),
        (b" folded too early\nSubject: x\n\nText", [("subject", b"x")], b"Text"),
        (b"Subject: x\nno header\nX: y\n", [("subject", b"x")], b"no header\nX: y\n"),
        (b"\xef\xbb\xbfSubject: x\n\nText", [("subject", b"x")], b"Text"),
        (b"Subject:\n\nText", [("subject", b"")], b"Text"),
    ],
)
def test_what_is_broken_is_taken_as_it_is(raw, fields, body):
    part = scan(raw)

    assert (list(part.fields), bytes(part.body)) == (fields, body)


def test_the_line_end_before_a_boundary_belongs_to_it():
    part = scan(
        mail("multipart/mixed; boundary=b", b"--b\r\n\r\none\r\n\r\n--b\r\n\r\ntwo\r\n--b--")
    )

    assert bodies(part) == [b"one\r\n", b"two"]


def test_a_boundary_that_begins_like_another_is_not_it():
    body = b"--a\n\none\n--ab\nstill one\n--a\n\ntwo\n--a--\n"

    assert bodies(scan(mail("multipart/mixed; boundary=a", body))) == [
        b"one\n--ab\nstill one",
        b"two",
    ]


def test_the_boundary_of_the_outer_part_ends_the_inner_one():
    body = (
        b"--outer\nContent-Type: multipart/alternative; boundary=inner\n\n"
        b"--inner\n\none\n--outer\n\ntwo\n--outer--\n"
    )

    assert bodies(scan(mail("multipart/mixed; boundary=outer", body))) == [b"one", b"two"]


def test_what_stands_before_the_first_and_after_the_last_part_is_left_out():
    body = b"This is MIME.\n--b\n\none\n--b--\nGoodbye\n--b\n\nnever\n"

    assert bodies(scan(mail("multipart/mixed; boundary=b", body))) == [b"one"]


def test_a_part_that_consists_of_headers_alone_is_empty():
    part = scan(mail("multipart/mixed; boundary=b", b"--b\nContent-Type: text/html\n--b\n\ntwo\n"))

    assert [(inner.content_type, bytes(inner.body)) for inner in part.parts] == [
        ("text/html", b""),
        ("text/plain", b"two\n"),
    ]


def test_a_multipart_without_its_boundary_is_text():
    assert scan(mail("multipart/mixed; boundary=b", b"Hello\n")).content_type == "text/plain"
    assert scan(mail("multipart/mixed", b"Hello\n")).content_type == "text/plain"


def test_a_boundary_that_nobody_declared_is_read_from_the_first_line():
    assert bodies(scan(mail("multipart/mixed", b"--x1\n\none\n--x1\n\ntwo\n--x1--\n"))) == [
        b"one",
        b"two",
    ]


def test_a_carried_mail_is_scanned_also_where_it_is_encoded():
    plain = scan(mail("message/rfc822", b"Subject: inner\n\nHello"))
    encoded = scan(
        b"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n"
        b"U3ViamVjdDogaW5uZXIKCkhlbGxv"
    )

    for part in (plain, encoded):
        [inner] = part.parts
        assert (inner.field("subject"), bytes(inner.body)) == (b"inner", b"Hello")


def test_the_parts_of_a_digest_are_mails():
    [part] = scan(mail("multipart/digest; boundary=b", b"--b\n\nSubject: x\n\nHello\n--b--")).parts

    assert (part.content_type, part.parts[0].field("subject")) == ("message/rfc822", b"x")


def nested(depth: int) -> bytes:
    opened = "".join(
        f"Content-Type: multipart/mixed; boundary=b{level}\n\n--b{level}\n"
        for level in range(depth)
    )
    return opened.encode() + b"\nHello\n"


@pytest.mark.parametrize(
    ("within", "over", "sentence"),
    [
        (b"x" * 10_485_760, b"x" * 10_485_761, "It has 10.0 MB, and 10 are read."),
        (b"X: y\n" * 13_107, b"X: y\n" * 13_200, "Its headers have over 64 KB."),
        (
            mail("multipart/mixed; boundary=b", b"--b\n\n\n" * 99),
            mail("multipart/mixed; boundary=b", b"--b\n\n\n" * 100),
            "It has more than 100 parts.",
        ),
        (nested(10), nested(11), "Its parts are nested over 10 deep."),
        (
            b"Content-Type: message/rfc822\n\n" * 10,
            b"Content-Type: message/rfc822\n\n" * 11,
            "Its parts are nested over 10 deep.",
        ),
    ],
)
def test_a_mail_over_a_limit_is_refused_with_what_to_do(within, over, sentence):
    scan(within)
    with pytest.raises(UnreadableMailError) as refusal:
        scan(over)

    assert str(refusal.value) == (
        f"{sentence} Open it in your mail program and note by hand what it says."
    )


def test_one_very_long_header_is_cut_and_noted():
    toll = Toll()
    chain = b" ".join(b"<%d@x.example>" % number for number in range(1_000))
    part = scan(b"X-Long: " + b"x" * 9_000 + b"\nReferences: " + chain + b"\n\nHello", toll)

    assert part.field("x-long") == b"x" * 8_192
    assert part.field("references") == chain[-8_192:]  # what it answers stands last
    assert toll.notes == [
        "A header of 9000 bytes (x-long) was cut.",
        f"A header of {len(chain)} bytes (references) was cut.",
    ]
