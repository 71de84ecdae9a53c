"""The terms of a query: where their postings stand, and what each can add to a paragraph's score at most."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from sqlite_utils import Database

from docqa.retrieval.analyzer import Analyzer
from docqa.retrieval.bm25 import IDF, WEIGHT, Parameters
from docqa.retrieval.fresh import fresh_entries
from docqa.retrieval.packed import Packed, packed, unpack
from docqa.retrieval.postings import MOST, Postings, chains_of, corpus_statistics, in_chains
from docqa.retrieval.segments import removed_of

#: Which postings add enough is told without computing what they add for frequencies up to this one.
TOLD = 3
#: Weights for frequencies below the one and lengths below the other, which are nearly all, are computed once a query.
FEW, SHORT = 8, 512

Numbers = NDArray[np.int64]
Scores = NDArray[np.float64]


@dataclass(frozen=True)
class Weights:
    """What postings weigh, before the term's factor; `mean_length` is the mean of the paragraphs' lengths in terms."""

    mean_length: float
    parameters: Parameters

    def of(self, frequencies: NDArray[np.integer], lengths: NDArray[np.integer]) -> Scores:
        """The weight of each posting, by the formula."""
        relative = lengths.astype(np.float64) / self.mean_length
        return WEIGHT[self.parameters.variant](frequencies.astype(np.float64), relative, self.parameters)

    @cached_property
    def usual(self) -> Scores:
        """The weights for low frequencies and short lengths, at frequency times `SHORT` plus length."""
        # No posting has none of either.
        return self.of(np.repeat(np.arange(FEW).clip(1), SHORT), np.tile(np.arange(SHORT).clip(1), FEW))


@dataclass(frozen=True)
class QueryTerm:
    """A term of a query.

    `factor` is its idf times how often the query has it, `weights` what its postings weigh in this index;
    `most` and `shortest` are the most occurrences and the shortest length among its postings, which come in parts of
    ascending paragraph ids.
    """

    factor: float
    weights: Weights
    most: int
    shortest: int
    parts: Sequence[Postings]

    @cached_property
    def highest(self) -> float:
        """No posting of the term adds more than this to a score."""
        # Weights rise with the frequency and fall with the length.
        return float(self._added(np.array([self.most]), np.array([self.shortest]))[0])

    @cached_property
    def _usual(self) -> Scores:
        return self.factor * self.weights.usual

    @cached_property
    def _chains(self) -> list[Postings]:
        return in_chains(self.parts)

    def __len__(self) -> int:
        return sum(len(part) for part in self.parts)

    def all(self) -> tuple[Numbers, Scores]:
        """The paragraphs that hold the term and what it adds to the score of each."""
        return self._with_scores(self._chains)

    def adding(self, least: float) -> tuple[Numbers, Scores]:
        """As `all`, and may leave out paragraphs to which the term adds less than that."""
        if least <= 0.0:
            return self.all()
        # Most are told by comparing small integers: how long one that holds the term once, twice, ... may be.
        longest = [self._longest(frequency, least) for frequency in range(1, TOLD + 1)]
        return self._with_scores([chain.only(_may_add(chain, longest)) for chain in self._chains])

    def of(self, numbers: Numbers) -> Scores:
        """What the term adds to the scores of given paragraphs (ids, ascending), 0 to those that do not hold it."""
        added = np.zeros(len(numbers))
        wanted = numbers.astype(np.uint32)
        for chain in self._chains:
            places = chain.paragraphs.searchsorted(wanted)
            here = chain.paragraphs.take(places, mode="clip") == wanted
            held = places[here]
            added[here] = self._added(chain.frequencies[held], chain.lengths[held])
        return added

    def _with_scores(self, chains: Sequence[Postings]) -> tuple[Numbers, Scores]:
        numbers = np.concatenate([np.empty(0, np.int64), *(chain.paragraphs for chain in chains)])
        added = np.concatenate([np.empty(0), *(self._added(chain.frequencies, chain.lengths) for chain in chains)])
        return numbers, added

    def _longest(self, frequency: int, least: float) -> np.uint16:
        """The longest paragraph to which the term, held so often, adds so much; 0 when it never does."""
        length, step = 0, (MOST + 1) // 2
        while step:
            longer = np.array([length + step])
            if self._added(np.array([frequency]), longer)[0] >= least:
                length += step
            step //= 2
        return np.uint16(length)

    def _added(self, frequencies: NDArray[np.uint16], lengths: NDArray[np.uint16]) -> Scores:
        # Not by `most`, which a damaged index may state too low.
        if len(lengths) and frequencies.max() < FEW and lengths.max() < SHORT:
            return self._usual.take(frequencies * np.uint16(SHORT) + lengths)
        return self.factor * self.weights.of(frequencies, lengths)


def _may_add(postings: Postings, longest: Sequence[np.uint16]) -> NDArray[np.intp]:
    """Where postings hold the term more often than is told, or are no longer than their frequency allows."""
    able = postings.frequencies > len(longest)
    for frequency, length in enumerate(longest, 1):
        able |= (postings.frequencies >= frequency) & (postings.lengths <= length)
    return np.flatnonzero(able)


def query_terms(db: Database, query: str, analyzer: Analyzer, parameters: Parameters) -> list[QueryTerm]:
    """The terms of a query that stand in some paragraph, those that can add most first.

    The order is the one in which scores are summed, so that a sum is the same number whichever way it is found.
    """
    paragraphs, mean_length = corpus_statistics(db)
    weights = Weights(mean_length, parameters)
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
        stored, most, shortest = _stored(db, number)
        parts = [*stored, *fresh[term]]
        holding = sum(map(len, parts))
        if holding:
            factor = repeats[term] * IDF[parameters.variant](paragraphs, holding)
            most = max([most, *(int(postings.frequencies.max()) for postings in fresh[term])])
            shortest = min([shortest, *(int(postings.lengths.min()) for postings in fresh[term])])
            found.append((term, QueryTerm(factor, weights, most, shortest, parts)))
    return [term for _, term in sorted(found, key=lambda entry: (-entry[1].highest, entry[0]))]


def _number(db: Database, term: str) -> int | None:
    row = db.conn.execute("SELECT id FROM terms WHERE term = ?", (term,)).fetchone()
    return int(row[0]) if row else None


def _stored(db: Database, term: int) -> tuple[list[Postings], int, int]:
    """The postings of a term in segments, the most occurrences among them, and the shortest length."""
    rows = db.conn.execute(
        "SELECT segment, gone, most, shortest, data FROM postings WHERE term = ? ORDER BY segment", (term,)
    ).fetchall()
    every = [packed(row[-1]) for row in rows]
    parts = []
    for chain in chains_of([(row.first, row.last) for row in every]):
        held = [every[place] for place in chain]
        part = unpack(held)
        # Segments from which paragraphs of the term left.
        left = [rows[place][0] if rows[place][1] else None for place in chain]
        parts.append(part.only(_staying(db, held, left, part)) if any(left) else part)
    return parts, max((most for _, _, most, _, _ in rows), default=0), min((row[3] for row in rows), default=MOST)


def _staying(db: Database, rows: Sequence[Packed], segments: Sequence[int | None], part: Postings) -> NDArray[np.bool_]:
    """Which postings of rows, one after the other, are not of paragraphs that left the segments."""
    staying, begin = np.ones(len(part), np.bool_), 0
    for row, segment in zip(rows, segments, strict=True):
        if segment is not None:
            here = slice(begin, begin + row.size)
            staying[here] = ~np.isin(part.paragraphs[here], removed_of(db, segment))
        begin += row.size
    return staying
