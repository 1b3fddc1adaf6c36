"""What our fields are called on the pages of an import."""

from __future__ import annotations

import re

LABELS = {
    "deal": "Deal: its id", "title": "Title", "owner": "Owner", "contact": "Contact: their id",
    "contact_name": "Contact’s name", "email": "E-mail", "company": "Company",
    "wanted": "What they want", "outcome": "Outcome: open, won, lost", "closed_at": "Closed on",
    "opened_at": "Opened on", "entered_at": "In this stage since", "reason": "Reason of the outcome",
    "last_contact_at": "Last contact on", "last_contact_by": "Last contact by us or them",
    "last_contact_channel": "Channel of the last contact",
    "last_contact_note": "Note of the last contact", "name": "Whole name", "kind": "Prospect or customer",
    "deal_title": "Deal: its title", "touch": "Touch: its id", "occurred_at": "When",
    "direction": "Which way", "by": "Who of us", "turn": "Whose move it leaves",
    "won_at": "Won on", "lost_at": "Lost on", "is_won": "Is won: yes or no",
    "is_closed": "Is closed: yes or no", "done": "Done, or still to do",
    "other_email": "Another e-mail", "other_phone": "Another phone",
    "no_email": "Wants no e-mail: yes or no", "no_phone": "Wants no calls: yes or no",
    "heard": "Counts as heard", "delivered": "Arrived", "opted_out": "Wants to hear nothing",
}  # fmt: skip
COMPANY_LABELS = {"company": "Company: its id", "name": "Name"}


def label_of(field: str, kind: str) -> str:
    """Return what a field of ours is called on the page."""
    labels = {**LABELS, **COMPANY_LABELS} if kind == "companies" else LABELS
    return labels.get(field) or field.replace("_", " ").capitalize()


def plainly(refusal: str, kind: str) -> str:
    """Return why a row is set aside with our fields called as the page calls them."""
    named = re.compile(r"\b(?:{})\b".format("|".join(name for name in LABELS if "_" in name)))
    return named.sub(lambda found: f"“{label_of(found[0], kind)}”", refusal)
