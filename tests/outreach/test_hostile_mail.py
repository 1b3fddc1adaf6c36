"""Mail that was made to break its reader, and real mail that breaks others: each is accounted for."""

import re
from collections import Counter
from collections.abc import Iterator

import pytest

from outreach.mail.parsing import cleaning, reading
from outreach.mail.parsing.sandbox import Reader
from outreach.mail.parsing.scanning import UnreadableMailError
from tests.outreach import hostile

PLAIN = b"From: Mara <mara@yard.example>\nSubject: Re: Offer\n\nYes, send it.\n"
UNSTORABLE = re.compile("[\0\ud800-\udfff]")  # PostgreSQL refuses them
OVER_LIMITS = {
    "It has more than 100 parts.", "Its parts are nested over 10 deep.",
    "Its headers have over 64 KB.",
}  # fmt: skip


@pytest.fixture(scope="module")
def strict_reader() -> Iterator[Reader]:
    """Return a reader that gives each mail two seconds of work and 256 MB."""
    with Reader(seconds=2, patience=120, memory_bytes=256 * 1024 * 1024) as reader:
        yield reader


def verdict_of(reader: Reader, raw: bytes) -> str:
    """Return "read", or the first sentence of why a mail was not."""
    try:
        mail = reader.read(raw, with_files=True)
    except UnreadableMailError as error:
        return f"{str(error).partition('. ')[0]}."
    said = "".join([mail.text, mail.reply, mail.html, mail.subject, *map(str, mail.headers)])
    assert UNSTORABLE.findall(said) == []
    return "read"


def test_two_hundred_hostile_mails_cost_the_next_one_nothing(strict_reader):
    strict_reader.read(PLAIN)
    process = strict_reader._child
    verdicts = Counter(verdict_of(strict_reader, raw) for _, raw in hostile.mails(2024, 200))

    assert verdicts.total() == 200
    refused = {verdict for verdict in verdicts if not verdict.startswith(("read", "It has 1"))}
    assert refused <= OVER_LIMITS, verdicts  # none for its time or memory, and no fault of ours
    assert verdicts["read"] > 100
    assert strict_reader._child is process  # nor did any end the process
    assert strict_reader.read(PLAIN).text == "Yes, send it."


def test_hostile_mails_are_the_same_for_the_same_seed():
    first, again = (list(hostile.mails(7, 12)) for _ in range(2))

    assert first == again


def test_every_real_mail_is_read_as_it_would_be_without_limits(strict_reader, real_data):
    paths = [path for path in (real_data / "mail").rglob("*") if path.suffix in {".txt", ".eml"}]
    read = {path: strict_reader.read(path.read_bytes(), with_files=True) for path in paths}

    assert len(read) == len(paths) == 187
    differing = [
        path.name
        for path, mail in read.items()
        if mail != reading.read(path.read_bytes(), with_files=True)
    ]
    assert differing == []


@pytest.mark.parametrize("name", ["msg_02.txt", "msg_15.txt", "msg_33.txt", "msg_38.txt"])
def test_broken_structure_still_gives_its_parts(real_data, name):
    raw = (real_data / "mail" / "malformed" / "cpython" / name).read_bytes()

    assert reading.read(raw).text != ""


DANGERS = ("<script", "onerror", "onload", "javascript:", "<img", "<iframe", "style=", "<form",
           "<svg", "<base", "<input", "//evil.example/track")  # fmt: skip


@pytest.mark.parametrize(
    "page",
    [
        "<script>alert(1)</script>", "<img src=//evil.example/track>", "<p onload=x>a</p>",
        "<a href='javascript:alert(1)'>a</a>", "<a href='JaVa\tscript:alert(1)'>a</a>",
        "<p style='background:url(//evil.example/track)'>a</p>", "<svg onload=alert(1)>",
        "<iframe srcdoc='<script>alert(1)</script>'>", "<base href=//evil.example/track>",
        "<form action=//evil.example/track><input>", "<a href='data:text/html,<script>'>a</a>",
        "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img onerror=1&gt;'>",
        "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
        "<table background=//evil.example/track><td>a</table>", "<link rel=stylesheet href=//x>",
        "<video poster=//evil.example/track>", "<meta http-equiv=refresh content=0>",
    ],
)  # fmt: skip
def test_html_is_cleaned_of_whatever_acts_or_fetches(page):
    cleaned = cleaning.clean(page)

    assert [danger for danger in DANGERS if danger in cleaned.lower()] == []


def test_html_keeps_what_is_read():
    page = (
        '<div class="x"><p>Dear <b>Ines</b>,</p><ul><li>one</li></ul><blockquote>old</blockquote>'
        '<a href="https://yard.example/x" onclick="y()">link</a></div>'
    )

    assert cleaning.clean(page) == (
        "<div><p>Dear <b>Ines</b>,</p><ul><li>one</li></ul><blockquote>old</blockquote>"
        '<a href="https://yard.example/x" target="_blank" rel="noopener noreferrer nofollow">'
        "link</a></div>"
    )


def test_html_is_made_into_text_with_its_quotes_marked():
    page = (
        "<html><head><title>x</title><style>p{}</style></head><body><p>Yes,&nbsp;it &lt; 5.</p>"
        "<ul><li>one<li>two</ul><blockquote><p>old</p><blockquote>older</blockquote></blockquote>"
        "<table><tr><td>a</td><td>b</td></tr></table>end"
    )

    assert cleaning.text(page) == (
        "Yes, it < 5.\n\n- one\n- two\n\n> old\n>\n> > older\n\na b\n\nend"
    )


@pytest.mark.parametrize("page", ["<div>" * 300, "<b>" * 200 + "<p>x</p>" * 10_000, "&" * 60_000])
def test_html_that_is_a_trap_is_not_shown_but_its_words_are_kept(page):
    assert cleaning.is_trap(page)
    assert cleaning.clean(page + "Hello") == ""
    assert cleaning.text(page + "Hello").endswith("Hello")


def test_no_newsletter_is_taken_for_a_trap():
    row = "<tr><td><table><tr><td><p><font size=1><b>Offer</b></font>&nbsp;</p></td></tr></table></td>"
    page = "<html><body>" + "<table>" * 8 + row * 800 + "</table>" * 8

    assert not cleaning.is_trap(page)
    assert cleaning.text(page).count("Offer") == 800
