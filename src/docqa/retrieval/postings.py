"""The postings of a term: which paragraphs hold it, how often, and how long these are; packed as bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlite_utils import Database

from docqa.store.rows import MalformedRowError, checked_bytes

#: Occurrences and lengths are stored in 16 bits and stop there.
MOST = 0xFFFF
#: Bytes of one posting.
WIDTH = 8


@dataclass(frozen=True)
class Postings:
    """Arrays of one length: paragraph ids, ascending, how often the term stands in each, and its length in terms."""

    paragraphs: NDArray[np.uint32]
    frequencies: NDArray[np.uint16]
    lengths: NDArray[np.uint16]

    def __len__(self) -> int:
        return len(self.paragraphs)

    def pack(self) -> bytes:
        """The three arrays one after the other, little-endian.

        >>> one = Postings(np.array([7], "<u4"), np.array([2], "<u2"), np.array([90], "<u2"))
        >>> unpack(one.pack()).paragraphs.tolist()
        [7]
        """
        return self.paragraphs.tobytes() + self.frequencies.tobytes() + self.lengths.tobytes()

    def without(self, removed: NDArray[np.uint32]) -> Postings:
        """Those of other paragraphs."""
        if not len(removed):
            return self
        return self.only(~np.isin(self.paragraphs, removed))

    def only(self, places: NDArray[np.intp] | NDArray[np.bool_]) -> Postings:
        """Those at the given places."""
        return Postings(self.paragraphs[places], self.frequencies[places], self.lengths[places])


def unpack(data: bytes) -> Postings:
    """What `Postings.pack` packed; the arrays are views of the bytes."""
    count = len(checked_bytes(data, "postings")) // WIDTH
    return Postings(
        np.frombuffer(data, "<u4", count),
        np.frombuffer(data, "<u2", count, 4 * count),
        np.frombuffer(data, "<u2", count, 6 * count),
    )


def in_chains(parts: Sequence[Postings]) -> list[Postings]:
    """All postings of parts, each of which ascends, in as few that do as there need be.

    Segments hold paragraphs of different times, so most follow one another; one that was joined from several may reach
    over others.
    """
    chains: list[list[Postings]] = []
    for part in sorted((part for part in parts if len(part)), key=lambda part: int(part.paragraphs[0])):
        chain = next((chain for chain in chains if chain[-1].paragraphs[-1] < part.paragraphs[0]), None)
        if chain is None:
            chains.append([part])
        else:
            chain.append(part)
    return [chain[0] if len(chain) == 1 else _together(chain) for chain in chains]


def _together(parts: Sequence[Postings]) -> Postings:
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
