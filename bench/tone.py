"""Measure the tone check on the texts of tests/outreach/tone_corpus, by language and by half.

Usage, from the project's root: python -m bench.tone [--misses]
"""

import argparse
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from outreach import tone

CORPUS = Path(__file__).parent.parent / "tests/outreach/tone_corpus"
HALVES = {"tuned on": slice(0, None, 2), "held out": slice(1, None, 2), "all": slice(None)}
LATER = "later"  # texts written after the phrases


@dataclass(frozen=True)
class Score:
    """How often blame was found where it is, and only there."""

    found: int
    missed: Sequence[str]
    false: Sequence[str]

    @property
    def precision(self) -> float:
        """Return which share of the texts found are guilty."""
        return self.found / (self.found + len(self.false))

    @property
    def recall(self) -> float:
        """Return which share of the guilty texts are found."""
        return self.found / (self.found + len(self.missed))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--misses", action="store_true", help="list the texts judged wrongly")
    with_misses = parser.parse_args().misses
    print(f"{'language':<10}{'half':<10}{'precision':>10}{'recall':>10}")
    for language in languages():
        for half in (*HALVES, LATER):
            result = score(language, half)
            print(f"{language:<10}{half:<10}{result.precision:>10.1%}{result.recall:>10.1%}")
        if with_misses:
            results = [score(language, half) for half in ("all", LATER)]
            print(*(f"  {line}" for result in results for line in _misses(result)), sep="\n")


def languages() -> list[str]:
    """Return the languages that there are texts in."""
    return sorted(path.stem for path in CORPUS.glob("*.toml"))


def score(language: str, half: str) -> Score:
    """Return how well the texts of a language are judged; a text counts once."""
    texts = tomllib.loads((CORPUS / f"{language}.toml").read_text(encoding="utf-8"))
    before = "later_" if half == LATER else ""
    part = HALVES.get(half, HALVES["all"])
    guilty, courteous = (texts[before + name][part] for name in ("guilty", "courteous"))
    missed = [text for text in guilty if not is_blamed(text)]
    false = [text for text in courteous if is_blamed(text)]
    return Score(len(guilty) - len(missed), missed, false)


def is_blamed(text: str) -> bool:
    """Tell whether the tone check objects to more than the shape of a text."""
    return any(finding.is_blame for finding in tone.check(text))


def _misses(result: Score) -> Iterator[str]:
    for name, texts in (("missed", result.missed), ("false", result.false)):
        for text in texts:
            yield f"{name}: {' '.join(text.split())}"


if __name__ == "__main__":
    main()
