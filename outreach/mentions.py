"""What a text is about, by lists of words: a price, or somebody else's offer. Pure.

The words are data: `data/mentions.toml`, in English and German, both looked for in every text.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path

WORDS = Path(__file__).parent / "data" / "mentions.toml"


class Topic(StrEnum):
    """What is looked for."""

    PRICE = "price"
    COMPETITOR = "competitor"


def find(text: str) -> dict[Topic, str]:
    """Return the topics that a text mentions, each with the first word that tells.

    Quoted lines ("> …") are somebody's words of before and are passed over.
    """
    own = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith(">"))
    hits = {topic: pattern.search(own) for topic, pattern in _patterns().items()}
    return {topic: " ".join(hit[0].lower().split()) for topic, hit in hits.items() if hit}


@cache
def _patterns() -> Mapping[Topic, re.Pattern[str]]:
    told = tomllib.loads(WORDS.read_text(encoding="utf-8"))
    return {
        topic: re.compile(
            "|".join(_pattern(word) for words in told[topic].values() for word in words),
            re.IGNORECASE,
        )
        for topic in Topic
    }


def _pattern(word: str) -> str:
    spelled = re.escape(word).replace(r"\*", r"\w*").replace(r"\ ", r"\s+")
    return rf"\b{spelled}\b"
