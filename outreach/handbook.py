"""The pages of docs/ that everyone may read inside the app, as HTML.

Only the pages named here, only Markdown: raw HTML in them stays text. Links from page to page lead
to the page inside the app; links to what is not shown here keep their words and lose the link.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import count, pairwise
from pathlib import Path

from django.conf import settings
from django.urls import reverse
from markdown_it import MarkdownIt
from markdown_it.token import Token

PAGES = ("re-engaging", "connecting", "tone", "figures", "thresholds", "glossary")
LINK = re.compile(r"(?P<page>[\w-]+)\.md(?P<anchor>#[\w-]*)?")
# A wide table scrolls by itself (docs/look.md, ".table"); raw tags in a text are escaped by then.
EXAMPLE = '<pre tabindex="0" role="region" aria-label="Example {}">'
WRAP = (
    '<div class="table-wrap" tabindex="0" role="region" aria-label="Table {}"><table class="table">'
)


@dataclass(frozen=True, slots=True)
class Heading:
    """A section of a page: its words and its anchor."""

    text: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Page:
    """One page, ready to be shown: `html` without its title, and its sections."""

    name: str
    title: str
    html: str
    headings: tuple[Heading, ...]


def read(name: str) -> Page:
    """Return a page; raises KeyError for one that is not among `PAGES`."""
    if name not in PAGES:
        raise KeyError(name)
    path = _folder() / f"{name}.md"
    return _page(name, path, path.stat().st_mtime_ns)


def titles() -> list[tuple[str, str]]:
    """Return all pages in order: name and title."""
    return [(name, read(name).title) for name in PAGES]


def _folder() -> Path:
    return Path(settings.BASE_DIR) / "docs"


@cache
def _page(name: str, path: Path, changed: int) -> Page:
    """Render a page once for each version of its file."""
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = markdown.parse(path.read_text(encoding="utf-8"))
    title = tokens[1].content
    body = tokens[3:]
    headings = tuple(_anchored(body))
    for token in body:
        _lead_inside(token)
    html = markdown.renderer.render(body, markdown.options, {})
    return Page(name, title, _wrapped(html), headings)


def _wrapped(html: str) -> str:
    """Let each table and each example scroll by itself, in a region with a name of its own."""
    html = _numbered(_numbered(html, "<table>", WRAP), "<pre>", EXAMPLE)
    return html.replace("</table>", "</table></div>")


def _numbered(html: str, tag: str, wrap: str) -> str:
    number = count(1)
    return re.sub(tag, lambda _: wrap.format(next(number)), html)


def _anchored(tokens: list[Token]) -> Iterator[Heading]:
    """Give every heading its anchor; yield those of the second level."""
    taken: set[str] = set()
    for opening, inside in pairwise(tokens):
        if opening.type != "heading_open":
            continue
        anchor = anchor_of(inside.content, taken)
        opening.attrSet("id", anchor)
        if opening.tag == "h2":
            yield Heading(_plain(inside), anchor)


def anchor_of(text: str, taken: set[str]) -> str:
    """Return the anchor of a heading: its words in small letters with hyphens, told apart by a number."""
    words = re.sub(r"[^\w\s-]", "", text.lower()).strip()
    anchor = base = re.sub(r"\s+", "-", words) or "section"
    number = 1
    while anchor in taken:
        anchor, number = f"{base}-{number}", number + 1
    taken.add(anchor)
    return anchor


def _plain(inside: Token) -> str:
    """Return a heading's words without marks."""
    return "".join(child.content for child in inside.children or ())


def _lead_inside(token: Token) -> None:
    """Let the links of a paragraph lead to pages inside the app, or nowhere."""
    leads: list[bool] = []
    kept: list[Token] = []
    for child in token.children or ():
        if child.type == "link_open":
            url = _address(str(child.attrGet("href") or ""))
            leads.append(bool(url))
            child.attrSet("href", url)
        if child.type in ("link_open", "link_close"):
            stays = leads[-1] if child.type == "link_open" else leads.pop()
            if not stays:
                continue
        kept.append(child)
    if token.children:
        token.children = kept


def _address(url: str) -> str:
    """Return where a link of the docs leads inside the app, "" where nowhere."""
    if url.startswith(("#", "https://")):
        return url
    hit = LINK.fullmatch(url)
    if hit is None or hit["page"] not in PAGES:
        return ""
    return reverse("outreach:help", args=[hit["page"]]) + (hit["anchor"] or "")
