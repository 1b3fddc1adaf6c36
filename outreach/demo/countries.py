"""Where the people of the demo live: `data/countries.toml`, read once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from outreach.demo.words import read


@dataclass(frozen=True, eq=False)
class Country:
    """What a person or a company of a country is made of; # in a number stands for any digit."""

    code: str
    name: str
    language: str
    time_zone: str
    currency: str
    phone: str
    mobile: str
    hours: list[list[str]]
    first_names: list[str]
    last_names: list[str]
    towns: list[str]
    roots: list[str]
    forms: list[str]


@cache
def countries() -> dict[str, Country]:
    """Return the countries by code."""
    return {told["code"]: Country(**told) for told in read("countries.toml")["countries"]}
