"""A mail's headers and pieces, decoded, whatever is wrong with them."""

import pytest

from outreach.mail.parsing import addresses, decoding, parameters
from outreach.mail.parsing.parsed import Party
from tests.incoming import take_apart


@pytest.mark.parametrize(
    ("said", "means"),
    [
        ("Re: Offer", "Re: Offer"),
        ("=?utf-8?q?Gr=C3=BC=C3=9Fe_aus_K=C3=B6ln?=", "Grüße aus Köln"),
        ("=?UTF-8?B?R3LDvMOfZQ==?= aus", "Grüße aus"),
        ("=?utf-8?q?a?= =?utf-8?q?b?=", "ab"),
        ("=?iso-8859-1*de?q?=FC?=", "ü"),
        ("=?nonsense?q?=FC?=", "ü"),
        ("=?rot13?q?uryyb?=", "uryyb"),
        ("=?utf-8?b?R3LDvMOf?", "=?utf-8?b?R3LDvMOf?"),
        ("=?utf-8?q?with a space?=", "with a space"),
        ("a\x00b\ud800c", "abc"),
        ("=?utf-16?b?ANg=?=", "\ufffd"),
    ],
)
def test_words_in_headers_are_decoded(said, means):
    assert decoding.header_text(said) == means


@pytest.mark.parametrize(
    ("raw", "charset", "text"),
    [
        ("Grüße".encode(), "utf-8", "Grüße"),
        ("Grüße".encode("latin_1"), "iso-8859-1", "Grüße"),
        ("Grüße".encode(), "iso-8859-1", "Grüße"),  # mislabelled, as so often
        ("Grüße".encode(), "us-ascii", "Grüße"),
        ("Grüße – „gut“".encode("cp1252"), "iso-8859-1", "Grüße – „gut“"),
        ("Grüße".encode("cp1252"), "", "Grüße"),
        ("Zażółć".encode("iso8859_2"), "ISO-8859-2", "Zażółć"),
        ("Привет".encode("koi8_r"), "koi8-r", "Привет"),
        ("日本".encode("iso2022_jp"), "ISO-2022-JP", "日本"),
        ("联通".encode("gb18030"), "gb2312", "联通"),
        ("日本の".encode(), "gb2312", "日本の"),  # mislabelled, too
        ("日本の".encode("cp932"), "shift_jis", "日本の"),
        (b"x\x9c", "zlib", "xœ"),
        (b"+ADw-", "utf-7", "+ADw-"),
        (b"\\u0041", "unicode_escape", "\\u0041"),
        (b"a\xffb", "utf-8", "a\ufffdb"),
        (b"a\r\nb\rc\x00", "utf-8", "a\nb\nc"),
    ],
)
def test_text_is_decoded_by_its_charset_or_by_the_likeliest(raw, charset, text):
    assert decoding.text_of(raw, charset) == text


@pytest.mark.parametrize(
    ("body", "encoding", "content"),
    [
        (b"SGVs\r\nbG8=\r\n", "base64", b"Hello"),
        (b"SGVs!!bG8", "base64", b"Hello"),
        (b"SGVsbG8=\n-- \nfooter", "base64", b"Hello"),
        (b"S", "base64", b""),
        (b"a=3Db=\r\nc=ZZ", "quoted-printable", b"a=bc=ZZ"),
        (b"begin 644 x\n%:&5L;&\\ \n\nend\n", "x-uuencode", b"hello"),
        (b"as it is", "8bit", b"as it is"),
        (b"as it is", "nonsense", b"as it is"),
    ],
)
def test_a_broken_encoding_gives_what_can_be_had(body, encoding, content):
    assert decoding.content(body, encoding) == content


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ('text/Plain; Charset="UTF-8"', ("text/plain", {"charset": "UTF-8"})),
        ("text/plain; charset=utf-8; format=flowed",
         ("text/plain", {"charset": "utf-8", "format": "flowed"})),
        (r'a/b; name="a \"b\" c"', ("a/b", {"name": 'a "b" c'})),
        ("a/b; name=my plan.pdf", ("a/b", {"name": "my plan.pdf"})),
        ("a/b; name*=utf-8''Gr%C3%BC%C3%9Fe.pdf", ("a/b", {"name": "Grüße.pdf"})),
        ("a/b; name*1=b.pdf; name*0=a", ("a/b", {"name": "ab.pdf"})),
        ("a/b; name*0*=iso-8859-1'de'a%FC; name*1=b", ("a/b", {"name": "aüb"})),
        ('a/b; name="=?utf-8?q?Gr=C3=BC=C3=9Fe?="', ("a/b", {"name": "Grüße"})),
        ("text/plain charset=utf-8", ("text/plain", {"charset": "utf-8"})),
        (";;;", ("", {})),
        ('a/b; name="never closed', ("a/b", {"name": "never closed"})),
    ],
)  # fmt: skip
def test_parameters_are_joined_and_decoded(header, said):
    assert parameters.split(header) == said


@pytest.mark.parametrize(
    ("header", "people"),
    [
        ("Mara Lind <Mara@Yard.example>", [Party("mara@yard.example", "Mara Lind")]),
        ('"Lind, Mara" <m@x.example>, b@x.example',
         [Party("m@x.example", "Lind, Mara"), Party("b@x.example")]),
        ("m@x.example (Mara (the boss))", [Party("m@x.example", "Mara the boss")]),
        ("=?utf-8?q?J=C3=B6rg?= <j@x.example>", [Party("j@x.example", "Jörg")]),
        ("Team: a@x.example, b@x.example;", [Party("a@x.example"), Party("b@x.example")]),
        ("undisclosed-recipients:;", []),
        ("", []),
        ("Mara", [Party("", "Mara")]),
        ("<>", []),
        ("Mara <no address>", [Party("", "Mara")]),
        ("((((", []),
        ('"never closed <m@x.example>', [Party("", "never closed <m@x.example>")]),
    ],
)  # fmt: skip
def test_people_are_read_from_headers(header, people):
    assert addresses.parties(header) == people


def test_an_encoded_word_cannot_pose_as_an_address():
    said = "=?utf-8?q?=3Cines=40example=2Ecom=3E=2C?= <eve@evil.example>"

    assert addresses.parties(said) == [Party("eve@evil.example", "<ines@example.com>,")]


WHOLE = b"""From: mara@yard.example
Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain; charset=iso-8859-1

Gr\xfc\xdfe
--b
Content-Type: message/rfc822
Content-Disposition: attachment; filename=older.eml

Subject: older
Message-ID: <1@x.example>

Older words.
--b
Content-Type: application/pdf; name=plan.pdf
Content-Transfer-Encoding: base64

UERG
--b
Content-Type: text/rfc822-headers

Subject: returned
Message-ID: <2@x.example>
--b--
"""


def test_a_mail_is_taken_apart_into_pieces_with_what_each_carries():
    structure = take_apart(WHOLE, with_files=True)

    assert structure.header("Subject") == "Grüße"
    assert structure.content_type == "multipart/mixed"
    assert [
        (piece.content_type, piece.text, piece.name, piece.content, piece.depth, piece.headers)
        for piece in structure.pieces
    ] == [
        ("text/plain", "Grüße", "", None, 0, ()),
        ("message/rfc822", "", "older.eml",
         b"Subject: older\nMessage-ID: <1@x.example>\n\nOlder words.", 0,
         (("subject", "older"), ("message-id", "<1@x.example>"))),
        ("text/plain", "Older words.", "", None, 1, ()),
        ("application/pdf", "", "plan.pdf", b"PDF", 0, ()),
        ("text/rfc822-headers", "Subject: returned\nMessage-ID: <2@x.example>", "", None, 0,
         (("subject", "returned"), ("message-id", "<2@x.example>"))),
    ]  # fmt: skip
    assert [piece.size_bytes for piece in structure.of_type("application/pdf")] == [3]


def test_the_bytes_of_files_are_left_out_unless_asked_for():
    assert {piece.content for piece in take_apart(WHOLE).pieces} == {None}
