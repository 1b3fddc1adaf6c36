"""HTML of mail made harmless, and made into text.

What is kept has no script, no style, no picture and nothing that is fetched from elsewhere.
"""

from __future__ import annotations

import re
from collections import Counter

import nh3

from outreach.mail.parsing import decoding

LONGEST = 600_000  # characters
# The cleaner takes quadratic time in the depth and in the "&"s, and repeats what is left open in
# each paragraph: 100,000 nested <div>s take it 49 seconds. No newsletter comes near these limits.
MOST_ENTITIES = 50_000
DEEPEST = 250
MOST_WORK = 1_000_000  # elements times depth
INLINE = frozenset({"a", "abbr", "b", "code", "del", "em", "i", "ins", "s", "small", "span",
                    "strong", "sub", "sup", "u", "q", "cite", "font"})  # fmt: skip
BLOCKS = frozenset({"p", "div", "br", "hr", "blockquote", "pre", "h1", "h2", "h3", "h4", "h5", "h6",
                    "ul", "ol", "li", "dl", "dt", "dd", "table", "thead", "tbody", "tfoot", "tr",
                    "td", "th", "caption"})  # fmt: skip
VANISHING = {"script", "style", "title", "template", "noscript", "textarea", "select"}
TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
NEVER_NESTED = frozenset({"p", "li", "td", "th", "tr", "dt", "dd", "option", "br", "hr", "img",
                          "meta", "link", "input", "col", "area", "base", "wbr"})  # fmt: skip
LINK = re.compile(r"\s*(?:https?://|mailto:)", re.IGNORECASE)
CLEAN_TAG = re.compile(r"<(/?)([a-z0-9]+)[^>]*>")
ENTITIES = {"&lt;": "<", "&gt;": ">", "&quot;": '"', "&nbsp;": " ", "&amp;": "&"}


def clean(html: str) -> str:
    """Return what of a mail's HTML may be shown in a page of ours; "" where it is a trap."""
    html = html[:LONGEST]
    if is_trap(html):
        return ""
    return decoding.clean(
        nh3.clean(
            html,
            tags=set(INLINE | BLOCKS) - {"font"},
            clean_content_tags=VANISHING,
            attributes={"a": {"href"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}},
            url_schemes={"http", "https", "mailto"},
            attribute_filter=_whole_link,
            link_rel="noopener noreferrer nofollow",
            set_tag_attribute_values={"a": {"target": "_blank"}},
        )
    ).strip()


def _whole_link(_tag: str, name: str, value: str) -> str | None:
    """Keep links that name where they lead; in a mail, others lead nowhere but into our own pages.

    A scheme with a control character in it is none to the cleaner, and one again without it.
    """
    return value if name != "href" or LINK.match(value) else None


def text(html: str) -> str:
    """Return HTML as text: a line for each block, "> " before what is quoted."""
    html = html[:LONGEST]
    if is_trap(html):
        return _tidy(re.sub(r"<[^<>]*+>", " ", html).splitlines())
    bare = nh3.clean(html, tags=set(BLOCKS), clean_content_tags=VANISHING, attributes={})
    return _tidy(_lines(decoding.clean(bare)))


def is_trap(html: str) -> bool:
    """Whether HTML is nested so deep, or repeats so much, that cleaning it would take for ever."""
    if html.count("&") > MOST_ENTITIES:
        return True
    opened: Counter[str] = Counter()
    deepest = elements = 0
    now = 0
    for found in TAG.finditer(html):
        name = found[2].lower()
        if name in NEVER_NESTED:
            elements += not found[1]
        elif not found[1]:
            opened[name] += 1
            now, elements = now + 1, elements + 1
            deepest = max(deepest, now)
        elif opened[name]:
            opened[name] -= 1
            now -= 1
    return deepest > DEEPEST or deepest * elements > MOST_WORK


def _lines(html: str) -> list[str]:
    lines, line, quoted, at = [], "", 0, 0
    for found in CLEAN_TAG.finditer(html):
        line += html[at : found.start()]
        at = found.end()
        is_end, name = found[1], found[2]
        if name in {"td", "th"}:
            line += " "
            continue
        if line.strip() or name == "br":
            lines.append((quoted, line))
        line = "- " if name == "li" and not is_end else ""
        outer = quoted - (name == "blockquote" and bool(is_end))
        if name == "blockquote":
            quoted += -1 if is_end else 1
        if name in {"p", "blockquote", "h1", "h2", "h3", "h4", "table", "ul", "ol"}:
            lines.append((outer, ""))
    lines.append((quoted, line + html[at:]))
    return [f"{'> ' * min(depth, 5)}{_plain(words)}" for depth, words in lines]


def _plain(words: str) -> str:
    for entity, letter in ENTITIES.items():
        words = words.replace(entity, letter)
    return " ".join(words.split())


def _tidy(lines: list[str]) -> str:
    """Return lines with never more than one empty one between two."""
    kept: list[str] = []
    for line in map(str.rstrip, lines):
        if line.strip("> ") or (kept and kept[-1].strip("> ")):
            kept.append(line)
        elif kept and len(line) < len(kept[-1]):  # of several empty lines the least quoted
            kept[-1] = line
    return "\n".join(kept).strip()
