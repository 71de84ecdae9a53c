"""The stored inverted index: for each term and document one packed row of the paragraphs that hold the term.

A document's rows come and go with it, so adding, changing or removing one never touches what others wrote, and an
index that grew is the same as one built at once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from sqlite_utils import Database

#: One posting: paragraph id, occurrences of the term in it, and its length in terms. Counts stop at 65,535.
POSTING = np.dtype([("paragraph", "<u4"), ("frequency", "<u2"), ("length", "<u2")])
MOST = 0xFFFF


def add_postings(
    db: Database, document: int, paragraphs: Sequence[int], counts: Sequence[Mapping[str, int]]
) -> list[int]:
    """Index a document's paragraphs by their term counts; returns their lengths in terms."""
    lengths = [sum(count.values()) for count in counts]
    by_term: dict[str, list[tuple[int, int, int]]] = defaultdict(list)
    for paragraph, count, length in zip(paragraphs, counts, lengths, strict=True):
        for term, frequency in count.items():
            by_term[term].append((paragraph, min(frequency, MOST), min(length, MOST)))
    numbers = _term_numbers(db, sorted(by_term))
    db.conn.executemany(
        "INSERT INTO postings (term, document, data) VALUES (?, ?, ?)",
        sorted(
            (numbers[term], document, np.array(sorted(entries), POSTING).tobytes()) for term, entries in by_term.items()
        ),
    )
    _count(db, len(paragraphs), sum(lengths))
    return lengths


def remove_postings(db: Database, document: int) -> None:
    """Take a document's paragraphs out of the inverted index."""
    paragraphs, terms = db.conn.execute(
        "SELECT count(*), coalesce(sum(terms), 0) FROM paragraphs WHERE document = ?", (document,)
    ).fetchone()
    db.conn.execute("DELETE FROM postings WHERE document = ?", (document,))
    _count(db, -paragraphs, -terms)


def fetch_postings(db: Database, term: str) -> NDArray[np.void]:
    """All postings of a term, an array of `POSTING`, in the order of document ids."""
    rows = db.conn.execute(
        "SELECT data FROM postings WHERE term = (SELECT id FROM terms WHERE term = ?) ORDER BY document", (term,)
    )
    return np.frombuffer(b"".join(row[0] for row in rows), POSTING)


def corpus_statistics(db: Database) -> tuple[int, float]:
    """The number of paragraphs and their mean length in terms (0.0 when there are none)."""
    paragraphs, terms = db.conn.execute("SELECT paragraphs, terms FROM statistics").fetchone()
    return paragraphs, terms / paragraphs if paragraphs else 0.0


def generation(db: Database) -> int:
    """How often the index has been changed."""
    return int(db.conn.execute("SELECT generation FROM statistics").fetchone()[0])


def next_generation(db: Database) -> None:
    """Count a change of the index."""
    db.conn.execute("UPDATE statistics SET generation = generation + 1")


def _count(db: Database, paragraphs: int, terms: int) -> None:
    db.conn.execute("UPDATE statistics SET paragraphs = paragraphs + ?, terms = terms + ?", (paragraphs, terms))


def _term_numbers(db: Database, terms: Sequence[str]) -> dict[str, int]:
    db.conn.executemany("INSERT OR IGNORE INTO terms (term) VALUES (?)", [(term,) for term in terms])
    numbers: dict[str, int] = {}
    for start in range(0, len(terms), 500):
        part = terms[start : start + 500]
        marks = ",".join("?" * len(part))
        numbers.update(db.conn.execute(f"SELECT term, id FROM terms WHERE term IN ({marks})", list(part)))  # noqa: S608
    return numbers
