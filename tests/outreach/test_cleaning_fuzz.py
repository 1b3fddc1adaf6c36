"""HTML of mail, broken in every way: what is shown of it runs nothing and leads nowhere unsaid."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from outreach.mail.parsing import cleaning

SHOWN = cleaning.INLINE | cleaning.BLOCKS
PIECES = (
    "<a href=", '"javascript:alert(1)"', "'https://yard.example/'", ">", "</a>", "<", "</", "/>",
    "<img src=x onerror=alert(1)>", "<script>", "</script>", "<style>", "<svg>", "<math>", "<!--",
    "-->", "<table>", "<td colspan=", "<noscript>", "&#1;", "&#0;", "&lt;", "&", "\x00", "\x01",
    "java", "script:", "data:", "onclick=", "style=", "<iframe srcdoc=", "<![CDATA[", '"', "'", " ",
)  # fmt: skip


class Looking(HTMLParser):
    """Fails at whatever is more than text, structure and links that say where they lead."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in SHOWN
        for name, value in attrs:
            assert name in {"href", "target", "rel", "colspan", "rowspan"}
            assert name != "href" or re.match(r"\s*(https?://|mailto:)", value or "", re.IGNORECASE)


@given(st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=5)), max_size=30))
@example(['<a href="java\x01script:alert(1)">y</a>'])
@example(['<a href="java&#1;script:alert(1)">y</a>'])
@example(['<a href="/deals/1/">y</a>'])
def test_whatever_comes_nothing_runs(pieces: list[str]) -> None:
    shown = cleaning.clean("".join(pieces))
    looking = Looking()
    looking.feed(shown)
    looking.close()


@pytest.mark.parametrize("address", ["https://yard.example/a?b=c", "mailto:mara@example.org"])
def test_links_that_say_where_they_lead_are_kept(address: str) -> None:
    assert f'href="{address}"' in cleaning.clean(f'<a href="{address}">y</a>')
