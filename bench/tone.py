"""Measure the tone check on the texts of tests/outreach/tone_corpus, by language and set.

Usage, from the project's root: python -m bench.tone [--misses]

A folder is a set by another hand, written without sight of the phrases; the files beside the
folders are by the hand that wrote the phrases.
"""

import argparse
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from outreach import tone

CORPUS = Path(__file__).parent.parent / "tests/outreach/tone_corpus"
OWN = "own"  # by the same hand as the phrases, before them
LATER = "later"  # by the same hand, after them


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
    print(f"{'language':<10}{'set':<10}{'precision':>10}{'recall':>10}")
    for language in languages():
        for name in sets():
            result = score(language, name)
            print(f"{language:<10}{name:<10}{result.precision:>10.1%}{result.recall:>10.1%}")
            if with_misses:
                print(*(f"  {line}\n" for line in _misses(result)), sep="", end="")


def languages() -> list[str]:
    """Return the languages that there are texts in."""
    return sorted(path.stem for path in CORPUS.glob("*.toml"))


def sets() -> list[str]:
    """Return the names of the sets of texts, those by other hands last."""
    return [OWN, LATER, *sorted(path.name for path in CORPUS.iterdir() if path.is_dir())]


def score(language: str, name: str) -> Score:
    """Return how well the texts of a set are judged in a language; a text counts once."""
    folder = CORPUS if name in {OWN, LATER} else CORPUS / name
    before = "later_" if name == LATER else ""
    texts = tomllib.loads((folder / f"{language}.toml").read_text(encoding="utf-8"))
    guilty, courteous = (texts[before + kind] for kind in ("guilty", "courteous"))
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
