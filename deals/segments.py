"""Kinds of deals within a stage: companies or consumers, prospects or customers, small to large.

Each is read as the deal is today. A deal's size is its third of the stage's amounts, each
currency for itself. Source: docs/thresholds.md, "Segments".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from operator import itemgetter
from typing import Any

import numpy as np
from django.db.models import QuerySet

from contacts.models import Contact
from deals.instants import Micros
from deals.models import Silence
from deals.survival import Bools

UNKNOWN = -1  # the size of a deal without an amount
PARTS = (1 / 3, 2 / 3)
# what tells a deal's traits, as read from its silences
FIELDS = (
    "deal__company_id", "deal__contact__company_id", "deal__contact__kind", "deal__amount",
    "deal__currency",
)  # fmt: skip


class Segment(StrEnum):
    """Part of a stage's silences, as an address names it."""

    B2B = "b2b"
    B2C = "b2c"
    PROSPECT = "prospect"
    CUSTOMER = "customer"
    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"

    @property
    def label(self) -> str:
        """What people call it."""
        return LABELS[self]


LABELS = {
    Segment.B2B: "Companies (B2B)",
    Segment.B2C: "Consumers (B2C)",
    Segment.PROSPECT: "Prospects",
    Segment.CUSTOMER: "Customers",
    Segment.SMALL: "Small deals",
    Segment.MEDIUM: "Middling deals",
    Segment.LARGE: "Large deals",
}
# What parts the silences of a stage, each into all its segments.
PARTINGS: dict[str, tuple[Segment, ...]] = {
    "business": (Segment.B2B, Segment.B2C),
    "kind": (Segment.PROSPECT, Segment.CUSTOMER),
    "size": (Segment.SMALL, Segment.MEDIUM, Segment.LARGE),
}


@dataclass(frozen=True)
class Traits:
    """Of each silence's deal (n,): is it a company's, a customer's, and of which size (0 to 2).

    One that is not known is in no segment.
    """

    is_known: Bools
    is_business: Bools
    is_customer: Bools
    size: Micros

    @classmethod
    def read(cls, rows: Sequence[Sequence[Any]]) -> Traits:
        """Tell the traits of deals from rows of FIELDS (n,)."""
        columns = zip(*rows, strict=True) if rows else [()] * len(FIELDS)
        companies, employers, kinds, amounts, currencies = columns
        return cls(
            np.ones(len(rows), np.bool_),
            np.array([any(pair) for pair in zip(companies, employers, strict=True)], np.bool_),
            np.array([kind == Contact.Kind.CUSTOMER for kind in kinds], np.bool_),
            _sizes(amounts, currencies),
        )

    def spread(self, is_known: Bools, place: Micros) -> Traits:
        """Return them by place (k,) for the k of the deals (n,) that are known."""
        told = Traits(
            is_known, np.zeros_like(is_known), np.zeros_like(is_known),
            np.full(is_known.size, UNKNOWN, np.int64),
        )  # fmt: skip
        told.is_business[is_known] = self.is_business[place]
        told.is_customer[is_known] = self.is_customer[place]
        told.size[is_known] = self.size[place]
        return told

    def among(self, segment: Segment) -> Bools:
        """Return which silences are of a segment (n,)."""
        match segment:
            case Segment.B2B:
                found = self.is_business
            case Segment.B2C:
                found = ~self.is_business
            case Segment.PROSPECT:
                found = ~self.is_customer
            case Segment.CUSTOMER:
                found = self.is_customer
            case _:
                found = self.size == PARTINGS["size"].index(segment)
        return self.is_known & found


def of_deals(silences: QuerySet[Silence, Any], deals: Micros) -> Traits:
    """Return the traits of deals (n,), read for the silences that these are of, in one query.

    The deals were read before: one that has gone since, or whose silence has, is not known.
    """
    rows = sorted(silences.order_by().values_list("deal_id", *FIELDS).distinct(), key=itemgetter(0))
    known = np.array([row[0] for row in rows], np.int64)
    is_known = np.isin(deals, known)
    place = np.searchsorted(known, deals[is_known])
    return Traits.read([row[1:] for row in rows]).spread(is_known, place)


def _sizes(amounts: Sequence[Decimal | None], currencies: Sequence[str]) -> Micros:
    """Return in which third of its currency's amounts each stands: 0 to 2, or UNKNOWN."""
    sums = np.array([np.nan if amount is None else float(amount) for amount in amounts], np.float64)
    codes = np.array(currencies, np.str_)
    sizes = np.full(sums.size, UNKNOWN, np.int64)
    for code in np.unique(codes):
        own = (codes == code) & ~np.isnan(sums)
        if own.any():
            sizes[own] = np.searchsorted(np.quantile(sums[own], PARTS), sums[own])
    return sizes
