"""The terms of a document's paragraphs as one list of terms and one array of numbers.

That is quick to make, to pass from one process to another, and to count.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from docqa.retrieval.analyzer import Analyzer, find_words

#: So many words are remembered with their terms; then all are forgotten, so memory does not grow with the documents.
REMEMBERED = 200_000


@dataclass(frozen=True)
class NumberedTerms:
    """The terms of paragraphs: `terms` has each once, in the order in which they come first.

    `words` says how many words each paragraph has. `numbers` has a number for each of these, unsigned and of 32 bits:
    the place of its term in `terms`, counted from 1, or 0 for a word that is no term.
    """

    terms: Sequence[str]
    words: Sequence[int]
    numbers: bytes


class TermNumbering:
    """Numbers the terms of documents, one after the other, and remembers the terms of the words it has met."""

    def __init__(self, analyzer: Analyzer) -> None:
        self._term_of = _Terms(analyzer)

    def number(self, texts: Iterable[str]) -> NumberedTerms:
        """The terms of the paragraphs of a document, which are indexed with these texts.

        >>> TermNumbering(Analyzer()).number(["The ship", "Ships, ships"]).terms
        ['ship']
        """
        if len(self._term_of) > REMEMBERED:
            self._term_of.clear()
        number_of = _Numbers(self._term_of)
        words, numbers = [], array("I")
        for text in texts:
            found = find_words(text)
            words.append(len(found))
            numbers.extend(map(number_of.__getitem__, found))
        return NumberedTerms(number_of.terms(), words, numbers.tobytes())


def numbered(counts: Sequence[Mapping[str, int]]) -> NumberedTerms:
    """The terms of paragraphs of which it is known how often each stands there."""
    number_of: dict[str, int] = {}
    numbers = array("I")
    for count in counts:
        for term, frequency in count.items():
            numbers.extend([number_of.setdefault(term, len(number_of) + 1)] * frequency)
    return NumberedTerms(list(number_of), [sum(count.values()) for count in counts], numbers.tobytes())


class _Terms(dict[str, str | None]):
    """The terms of words, each found when it is asked for first."""

    def __init__(self, analyzer: Analyzer) -> None:
        super().__init__()
        self._analyzer = analyzer

    def __missing__(self, word: str) -> str | None:
        term = self[word] = self._analyzer.term(word)
        return term


class _Numbers(dict[str, int]):
    """The numbers of words in one document, each given when it is asked for first."""

    def __init__(self, term_of: Mapping[str, str | None]) -> None:
        super().__init__()
        self._term_of = term_of
        self._of_term: dict[str | None, int] = {None: 0}

    def __missing__(self, word: str) -> int:
        number = self[word] = self._of_term.setdefault(self._term_of[word], len(self._of_term))
        return number

    def terms(self) -> list[str]:
        """The terms that have a number, in the order of their numbers."""
        return [term for term in self._of_term if term is not None]
