"""The terms of a query: where their postings stand, and what each can add to a paragraph's score at most."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from sqlite_utils import Database

from docqa.retrieval.analyzer import Analyzer
from docqa.retrieval.bm25 import IDF, WEIGHT, Parameters
from docqa.retrieval.fresh import fresh_entries
from docqa.retrieval.postings import MOST, Postings, corpus_statistics, unpack
from docqa.retrieval.segments import removed_of

Numbers = NDArray[np.int64]
Scores = NDArray[np.float64]


@dataclass(frozen=True)
class QueryTerm:
    """A term of a query.

    `factor` is its idf times how often the query has it, `mean_length` the mean of the paragraphs' lengths in terms;
    `most` and `shortest` are the most occurrences and the shortest length among its postings. `fetch` takes these
    from the index, in parts of ascending paragraph ids, when they are needed.
    """

    factor: float
    mean_length: float
    parameters: Parameters
    most: int
    shortest: int
    fetch: Callable[[], list[Postings]]

    @cached_property
    def highest(self) -> float:
        """No posting of the term adds more than this to a score."""
        # Weights rise with the frequency and fall with the length.
        return float(self._added(np.array([self.most]), np.array([self.shortest]))[0])

    @cached_property
    def _postings(self) -> list[Postings]:
        return self.fetch()

    def all(self) -> tuple[Numbers, Scores]:
        """The paragraphs that hold the term, and what it adds to the score of each."""
        postings = self._postings
        numbers = np.concatenate([part.paragraphs for part in postings]).astype(np.int64)
        frequencies = np.concatenate([part.frequencies for part in postings])
        return numbers, self._added(frequencies, np.concatenate([part.lengths for part in postings]))

    def of(self, numbers: Numbers) -> Scores:
        """What the term adds to the scores of given paragraphs (ids, ascending), 0 to those that do not hold it."""
        added = np.zeros(len(numbers))
        wanted = numbers.astype(np.uint32)
        for part in self._postings:
            if not len(part):
                continue
            # Segments hold paragraphs of different times, so most are looked for in one of them alone.
            first = int(np.searchsorted(wanted, part.paragraphs[0]))
            last = int(np.searchsorted(wanted, part.paragraphs[-1], side="right"))
            places = np.searchsorted(part.paragraphs, wanted[first:last])
            here = part.paragraphs[places] == wanted[first:last]
            held = places[here]
            added[first:last][here] = self._added(part.frequencies[held], part.lengths[held])
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
        holding, most, shortest = _extent(db, number, fresh[term])
        if holding:
            factor = repeats[term] * IDF[parameters.variant](paragraphs, holding)
            fetch = _fetching(db, number, fresh[term])
            found.append((term, QueryTerm(factor, mean_length, parameters, most, shortest, fetch)))
    return [term for _, term in sorted(found, key=lambda entry: (-entry[1].highest, entry[0]))]


def _number(db: Database, term: str) -> int | None:
    row = db.conn.execute("SELECT id FROM terms WHERE term = ?", (term,)).fetchone()
    return int(row[0]) if row else None


def _extent(db: Database, term: int, fresh: Sequence[Postings]) -> tuple[int, int, int]:
    """In how many paragraphs a term stands, how often at most, and how long the shortest of them is."""
    holding, most, shortest = db.conn.execute(
        "SELECT coalesce(sum(count - gone), 0), coalesce(max(most), 0), coalesce(min(shortest), ?) "
        "FROM postings WHERE term = ?",
        (MOST, term),
    ).fetchone()
    return (
        holding + sum(len(postings) for postings in fresh),
        max([most, *(int(postings.frequencies.max()) for postings in fresh)]),
        min([shortest, *(int(postings.lengths.min()) for postings in fresh)]),
    )


def _fetching(db: Database, term: int, fresh: Sequence[Postings]) -> Callable[[], list[Postings]]:
    def fetch() -> list[Postings]:
        rows = db.conn.execute("SELECT segment, gone, data FROM postings WHERE term = ? ORDER BY segment", (term,))
        stored = [
            unpack(data).without(removed_of(db, segment)) if gone else unpack(data)
            for segment, gone, data in rows.fetchall()
        ]
        return [*stored, *fresh]

    return fetch
