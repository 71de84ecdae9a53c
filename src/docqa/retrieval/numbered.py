"""The terms of documents as numbers, which are quick to make, to pass from one process to another, and to count."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from docqa.retrieval.analyzer import Analyzer, find_words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: So many words are remembered with their numbers; then all are forgotten, so memory does not grow with the documents.
REMEMBERED = 200_000


@dataclass
class Vocabulary:
    """The terms that were met in one document after the other, each at its number less one.

    `ids` are those that an index gives them, by number, 0 where it was not asked yet (see `fresh.term_ids`).
    """

    terms: list[str] = field(default_factory=list)
    ids: NDArray[np.uint64] | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class NumberedTerms:
    """The terms of a document's paragraphs.

    `words` says how many words each paragraph has. `numbers` has a number for each of these, unsigned and of 32 bits:
    that of its term in the vocabulary, counted from 1, or 0 for a word that is no term.
    """

    vocabulary: Vocabulary
    words: Sequence[int]
    numbers: bytes


class TermNumbering:
    """Numbers the terms of documents, one after the other: what was met in one keeps its number in the next.

    `told` is for the caller: how many terms of the vocabulary were passed on. A vocabulary that has grown large is
    given up for a new one, of which none was.
    """

    def __init__(self, analyzer: Analyzer) -> None:
        self._number_of = _Numbers(analyzer)
        self._analyzer = analyzer
        self.told = 0

    @property
    def vocabulary(self) -> Vocabulary:
        """All terms met so far."""
        return self._number_of.vocabulary

    def number(self, texts: Iterable[str]) -> NumberedTerms:
        """The terms of the paragraphs of a document, which are indexed with these texts.

        >>> TermNumbering(Analyzer()).number(["The ship", "Ships, ships"]).vocabulary.terms
        ['ship']
        """
        if len(self._number_of) > REMEMBERED:
            self.forget()
        number_of = self._number_of.__getitem__
        words, numbers = [], array("I")
        for text in texts:
            found = find_words(text)
            words.append(len(found))
            numbers.extend(map(number_of, found))
        return NumberedTerms(self.vocabulary, words, numbers.tobytes())

    def forget(self) -> None:
        """Begin a new vocabulary."""
        self._number_of, self.told = _Numbers(self._analyzer), 0


def numbered(counts: Sequence[Mapping[str, int]]) -> NumberedTerms:
    """The terms of paragraphs of which it is known how often each stands there."""
    number_of: dict[str, int] = {}
    numbers = array("I")
    for count in counts:
        for term, frequency in count.items():
            numbers.extend([number_of.setdefault(term, len(number_of) + 1)] * frequency)
    return NumberedTerms(Vocabulary(list(number_of)), [sum(count.values()) for count in counts], numbers.tobytes())


class _Numbers(dict[str, int]):
    """The numbers of words, each given when it is asked for first; words of one term have the same."""

    def __init__(self, analyzer: Analyzer) -> None:
        super().__init__()
        self.vocabulary = Vocabulary()
        self._term_of = analyzer.term
        self._of_term: dict[str | None, int] = {None: 0}

    def __missing__(self, word: str) -> int:
        term = self._term_of(word)
        number = self._of_term.get(term)
        if number is None and term is not None:
            # In this order: where memory ends in between, a number stands for its term all the same.
            self.vocabulary.terms.append(term)
            number = self._of_term[term] = len(self.vocabulary.terms)
        self[word] = number or 0
        return number or 0
