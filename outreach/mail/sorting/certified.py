"""Receipts of certified mail, as Italy's providers of PEC write them: taken on, delivered, refused.

Source: the technical rules annexed to the decree of 2 November 2005, 6.3 to 6.5. What a person
sends by certified mail comes from the same addresses, in an envelope that says X-Trasporto.
"""

from __future__ import annotations

from outreach.mail.parsing.parsed import Verdict, VerdictName
from outreach.mail.parsing.structure import Structure
from outreach.mail.sorting import bounces
from outreach.mail.sorting.recipients import in_prose
from outreach.mail.sorting.words import text_of

FATES: dict[str, VerdictName] = {
    "accettazione": "receipt", "presa-in-carico": "receipt", "avvenuta-consegna": "receipt",
    "preavviso-errore-consegna": "delay",
    "errore-consegna": "bounce", "non-accettazione": "bounce", "rilevazione-virus": "bounce",
}  # fmt: skip


def receipt(structure: Structure) -> Verdict | None:
    """Return the verdict on a provider's receipt; only an error of delivery is about an address."""
    said = structure.header("x-ricevuta").strip().lower()
    name = FATES.get(said)
    if name is None:
        return None
    dead = in_prose(structure, text_of(structure)) if said == "errore-consegna" else []
    named = bounces.MESSAGE_ID.findall(structure.header("x-riferimento-message-id"))
    why = f"It is a receipt of certified mail: {said}."
    about = tuple(named) or bounces.ids(structure)
    return Verdict(name, why, recipients=tuple(dead), about=about)
