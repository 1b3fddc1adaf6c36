"""What the demo's house sells, and what people ask about it: `data/offers.toml`, read once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from outreach.demo.words import GERMAN, read


@dataclass(frozen=True, eq=False)
class Offer:
    """One thing that is sold: to whom, for how much apiece, and the talk it causes.

    `counts` and `price` are the least and the most; `asked` pairs their questions with our answers.
    """

    thing: str
    units: str
    counts: tuple[int, int]
    price: tuple[int, int]
    titles: list[str]
    wanted: list[str]
    wanted_de: list[str]
    asked: list[tuple[str, str]]
    sector: str = ""
    branch: str = ""
    jobs: tuple[str, ...] = ("",)
    is_for_homes: bool = False
    is_for_any_branch: bool = False

    def wanted_in(self, language: str) -> list[str]:
        """Return what people want of it, as one says it to them; as much in each language."""
        return self.wanted_de if language == GERMAN else self.wanted


@cache
def offers() -> list[Offer]:
    """Return all that is sold."""
    return [Offer(**told) for told in read("offers.toml")["offers"]]


def for_companies() -> list[Offer]:
    """Return what companies buy."""
    return [offer for offer in offers() if not offer.is_for_homes]


def for_any_branch() -> list[Offer]:
    """Return what a company of any branch may want besides."""
    return [offer for offer in offers() if offer.is_for_any_branch]


def for_homes() -> list[Offer]:
    """Return what people buy for themselves."""
    return [offer for offer in offers() if offer.is_for_homes]
