"""The postings of a term: which paragraphs hold it, how often, and how long these are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlite_utils import Database

from docqa.store.rows import MalformedRowError

#: Occurrences and lengths are stored in 16 bits and stop there.
MOST = 0xFFFF
#: Putting postings together copies them, so what has so many stays as it is.
APART = 10_000


@dataclass(frozen=True)
class Postings:
    """Arrays of one length: paragraph ids, ascending, how often the term stands in each, and its length in terms."""

    paragraphs: NDArray[np.uint32]
    frequencies: NDArray[np.uint16]
    lengths: NDArray[np.uint16]

    def __len__(self) -> int:
        return len(self.paragraphs)

    def without(self, removed: NDArray[np.uint32]) -> Postings:
        """Those of other paragraphs."""
        if not len(removed):
            return self
        return self.only(~np.isin(self.paragraphs, removed))

    def only(self, places: NDArray[np.intp] | NDArray[np.bool_]) -> Postings:
        """Those at the given places."""
        return Postings(self.paragraphs[places], self.frequencies[places], self.lengths[places])


def in_chains(parts: Sequence[Postings]) -> list[Postings]:
    """All postings of parts, each of which ascends, in fewer that do.

    Segments hold paragraphs of different times, so most follow one another; one that was joined from several may reach
    over others.
    """
    small = [part for part in parts if 0 < len(part) < APART]
    ranges = [(int(part.paragraphs[0]), int(part.paragraphs[-1])) for part in small]
    together = [_together([small[place] for place in chain]) for chain in chains_of(ranges)]
    return [*together, *(part for part in parts if len(part) >= APART)]


def chains_of(ranges: Sequence[tuple[int, int]]) -> list[list[int]]:
    """The places of ranges (first, last) in lists of such as follow one another, in as few as there need be.

    >>> chains_of([(7, 9), (3, 12), (1, 2)])
    [[2, 1], [0]]
    """
    chains: list[list[int]] = []
    for place in sorted(range(len(ranges)), key=ranges.__getitem__):
        chain = next((chain for chain in chains if ranges[chain[-1]][1] < ranges[place][0]), None)
        if chain is None:
            chains.append([place])
        else:
            chain.append(place)
    return chains


def _together(parts: Sequence[Postings]) -> Postings:
    if len(parts) == 1:
        return parts[0]
    return Postings(
        np.concatenate([part.paragraphs for part in parts]),
        np.concatenate([part.frequencies for part in parts]),
        np.concatenate([part.lengths for part in parts]),
    )


def corpus_statistics(db: Database) -> tuple[int, float]:
    """The number of paragraphs and their mean length in terms (0.0 when there are none)."""
    paragraphs, terms, _ = _statistics(db)
    return paragraphs, terms / paragraphs if paragraphs else 0.0


def generation(db: Database) -> int:
    """How often the index has been changed."""
    return _statistics(db)[2]


def _statistics(db: Database) -> tuple[int, int, int]:
    row = db.conn.execute("SELECT paragraphs, terms, generation FROM statistics").fetchone()
    if row is None or not all(isinstance(number, int) and number >= 0 for number in row):
        raise MalformedRowError("row of statistics")
    paragraphs, terms, changes = row
    return paragraphs, terms, changes


def next_generation(db: Database) -> None:
    """Count a change of the index."""
    db.conn.execute("UPDATE statistics SET generation = generation + 1")


def count_paragraphs(db: Database, paragraphs: int, terms: int) -> None:
    """Add to the statistics, or take away."""
    db.conn.execute("UPDATE statistics SET paragraphs = paragraphs + ?, terms = terms + ?", (paragraphs, terms))


def term_numbers(db: Database, terms: Sequence[str]) -> dict[str, int]:
    """The numbers of terms, new ones for new terms."""
    db.conn.executemany("INSERT OR IGNORE INTO terms (term) VALUES (?)", [(term,) for term in sorted(terms)])
    return stored_numbers(db, terms)


def stored_numbers(db: Database, terms: Sequence[str]) -> dict[str, int]:
    """The numbers of those terms that have one."""
    numbers: dict[str, int] = {}
    for start in range(0, len(terms), 500):
        part = terms[start : start + 500]
        marks = ",".join("?" * len(part))
        numbers.update(db.conn.execute(f"SELECT term, id FROM terms WHERE term IN ({marks})", part))  # noqa: S608
    return numbers
