"""One look at a mail for all rules: its folded subject and words, worked out once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from outreach.mail.parsing.structure import Structure
from outreach.mail.sorting import automatic, bounces
from outreach.mail.sorting.words import flat, fold, has_quote, own_words, text_of, words

SENTENCE_END = re.compile(r"[.!?:](?=\s|$)|\n\s*\n")


@dataclass(frozen=True)
class Look:
    """A mail as the rules of `classify` see it; folded texts are as patterns expect them."""

    structure: Structure

    @cached_property
    def subject(self) -> str:
        """The folded subject, without what gateways put in front of it."""
        return automatic.subject_of(self.structure)

    @property
    def shown(self) -> str:
        """The subject as a sentence about it quotes it."""
        return self.structure.header("subject")[:60]

    @cached_property
    def text(self) -> str:
        """All that it says, as plain text."""
        return text_of(self.structure)

    @cached_property
    def folded(self) -> str:
        return fold(self.text)

    @cached_property
    def note(self) -> str:
        """What stands above the first quote, folded, on one line."""
        return flat(own_words(self.folded))

    @cached_property
    def sentences(self) -> list[str]:
        """The folded sentences above the first quote."""
        found = SENTENCE_END.split(own_words(self.folded))
        return [said for one in found if (said := flat(one).strip())]

    @cached_property
    def prose(self) -> str:
        """What stands above a mail that is sent back, as it is written."""
        return bounces.prose_of(self.text)

    @cached_property
    def refusal(self) -> str:
        """The same, folded, on one line."""
        return flat(fold(self.prose))

    @cached_property
    def answers(self) -> bool:
        """Whether it says that it answers another mail."""
        return automatic.answers(self.structure)

    @cached_property
    def is_titled_as_answer(self) -> bool:
        """Whether somebody answers or passes something on, by its subject."""
        return bool(words("subject", "answers").match(self.subject))

    @cached_property
    def is_discussion(self) -> bool:
        return automatic.is_discussion(self.structure)

    @cached_property
    def is_personal(self) -> bool:
        return automatic.is_personal(self.structure)

    @cached_property
    def quotes_ours(self) -> bool:
        """Whether it names the mail that it answers, and quotes one as people's programs do."""
        return self.answers and has_quote(self.folded)

    @property
    def is_by_hand(self) -> bool:
        """Whether somebody answers as people do: “Re:”, a mail named, and it quoted."""
        return self.is_titled_as_answer and self.quotes_ours

    @cached_property
    def returns_mail(self) -> bool:
        return bounces.returned_mail(self.structure)

    def titled(self, *names: str) -> bool:
        """Tell whether the subject begins with one of some lists of words."""
        return any(words("subject", name).match(self.subject) for name in names)

    def names_in_subject(self, name: str) -> bool:
        """Tell whether one of a list of words stands anywhere in the subject."""
        return bool(words("subject", name).search(self.subject))
