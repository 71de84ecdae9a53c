"""The terms of a query: where their postings stand, and what each can add to a paragraph's score at most."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from sqlite_utils import Database

from docqa.retrieval.analyzer import Analyzer
from docqa.retrieval.bm25 import IDF, WEIGHT, Parameters
from docqa.retrieval.fresh import fresh_entries
from docqa.retrieval.postings import Postings, corpus_statistics, unpack
from docqa.retrieval.segments import removed_of

Numbers = NDArray[np.int64]
Scores = NDArray[np.float64]


@dataclass(frozen=True)
class Part:
    """A term's postings in one segment or fresh document, taken from the index when they are needed."""

    most: int
    shortest: int
    fetch: Callable[[], Postings]


@dataclass(frozen=True)
class QueryTerm:
    """A term of a query.

    `factor` is its idf times how often the query has it; `mean_length` the mean of the paragraphs' lengths in terms.
    """

    factor: float
    mean_length: float
    parameters: Parameters
    parts: tuple[Part, ...]

    @cached_property
    def highest(self) -> float:
        """No posting of the term adds more than this to a score."""
        # Weights rise with the frequency and fall with the length.
        most = max(part.most for part in self.parts)
        shortest = min(part.shortest for part in self.parts)
        return float(self._added(np.array([most]), np.array([shortest]))[0])

    @cached_property
    def _postings(self) -> tuple[Postings, ...]:
        return tuple(part.fetch() for part in self.parts)

    def all(self) -> tuple[Numbers, Scores]:
        """The paragraphs that hold the term, and what it adds to the score of each."""
        postings = self._postings
        numbers = np.concatenate([part.paragraphs for part in postings]).astype(np.int64)
        frequencies = np.concatenate([part.frequencies for part in postings])
        return numbers, self._added(frequencies, np.concatenate([part.lengths for part in postings]))

    def of(self, numbers: Numbers) -> Scores:
        """What the term adds to the scores of given paragraphs, 0 to those that do not hold it."""
        added = np.zeros(len(numbers))
        for part in self._postings:
            places = np.searchsorted(part.paragraphs, numbers.astype(np.uint32))
            places[places == len(part)] = 0
            here = part.paragraphs[places] == numbers
            held = places[here]
            added[here] = self._added(part.frequencies[held], part.lengths[held])
        return added

    def _added(self, frequencies: NDArray[np.uint16], lengths: NDArray[np.uint16]) -> Scores:
        relative = lengths.astype(np.float64) / self.mean_length
        return self.factor * WEIGHT[self.parameters.variant](frequencies.astype(np.float64), relative, self.parameters)


def query_terms(db: Database, query: str, analyzer: Analyzer, parameters: Parameters) -> list[QueryTerm]:
    """The terms of a query that stand in some paragraph, those that can add most first.

    The order is the one in which scores are summed, so that a sum is the same number whichever way it is found.
    """
    paragraphs, mean_length = corpus_statistics(db)
    repeats = Counter(analyzer.terms(query))
    numbers = {term: number for term in repeats if (number := _number(db, term)) is not None}
    fresh: dict[str, list[Postings]] = {term: [] for term in numbers}
    if numbers:
        for _, entries in fresh_entries(db):
            for term, number in numbers.items():
                held = entries.of_term(number)
                if len(held):
                    fresh[term].append(held)
    found = []
    for term, number in numbers.items():
        holding, parts = _stored(db, number)
        parts += [_part(postings) for postings in fresh[term]]
        holding += sum(len(postings) for postings in fresh[term])
        if holding:
            factor = repeats[term] * IDF[parameters.variant](paragraphs, holding)
            found.append((term, QueryTerm(factor, mean_length, parameters, tuple(parts))))
    return [term for _, term in sorted(found, key=lambda entry: (-entry[1].highest, entry[0]))]


def _number(db: Database, term: str) -> int | None:
    row = db.conn.execute("SELECT id FROM terms WHERE term = ?", (term,)).fetchone()
    return int(row[0]) if row else None


def _stored(db: Database, term: int) -> tuple[int, list[Part]]:
    """In how many paragraphs of the segments a term stands, and its part of each segment that has it."""
    holding, parts = 0, []
    rows = db.conn.execute(
        "SELECT segment, count, gone, most, shortest FROM postings WHERE term = ? ORDER BY segment", (term,)
    )
    for segment, count, gone, most, shortest in rows.fetchall():
        holding += count - gone
        if count > gone:
            parts.append(Part(most, shortest, _fetching(db, term, segment, lost=gone > 0)))
    return holding, parts


def _fetching(db: Database, term: int, segment: int, *, lost: bool) -> Callable[[], Postings]:
    def fetch() -> Postings:
        (data,) = db.conn.execute(
            "SELECT data FROM postings WHERE term = ? AND segment = ?", (term, segment)
        ).fetchone()
        return unpack(data).without(removed_of(db, segment)) if lost else unpack(data)

    return fetch


def _part(postings: Postings) -> Part:
    return Part(int(postings.frequencies.max()), int(postings.lengths.min()), lambda: postings)
