"""Segments: the inverted index in few large parts, each with one packed row a term.

Fresh documents are settled into a new segment when there are many, and small segments are joined, so a term's
postings stand in few rows however often an index grew. A paragraph that left is marked; its postings go when its
segment is joined with others or has lost a good part of them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from sqlite_utils import Database

from docqa.retrieval.fresh import Entries, fresh_entries, fresh_size, joined, remove_fresh
from docqa.retrieval.packed import pack, pack_rows, packed, unpack
from docqa.retrieval.postings import Postings, count_paragraphs
from docqa.store.opening import without_wiping

#: Fresh documents, or entries of them, from which on they are settled at the end of a run.
FRESH_DOCUMENTS, FRESH_ENTRIES = 32, 1_000_000
#: A segment made at once has at most about so many postings: sorting them takes some 300 MB.
LARGEST = 8_000_000
#: So many segments of like size become one; sizes are alike when they differ by less than this factor.
FAN = 8
#: A segment that lost this share of its paragraphs is written anew.
LOST = 0.25

#: Of a row of the table postings: the term, how many postings, the most occurrences, the shortest length, the postings.
Row = tuple[int, int, int, int, bytes]


def settle(db: Database, *, everything: bool = False) -> None:
    """Move fresh documents into a segment when there are many of them, then join segments; inside a transaction.

    With `everything` even a few fresh documents are moved.
    """
    documents, entries = fresh_size(db)
    if documents > FRESH_DOCUMENTS or entries > FRESH_ENTRIES or (everything and documents):
        for batch in _batches(fresh_entries(db), entries):
            _settle(db, batch)
    for group in _to_join(db):
        _join(db, group)


def remove_postings(db: Database, document: int, counts: Callable[[], Mapping[int, Mapping[str, int]]]) -> None:
    """Take a document out of the inverted index.

    `counts` gives the term counts of its paragraphs, by paragraph id; they are needed when it is in a segment.
    """
    paragraphs, terms = db.conn.execute(
        "SELECT count(*), coalesce(sum(terms), 0) FROM paragraphs WHERE document = ?", (document,)
    ).fetchone()
    count_paragraphs(db, -paragraphs, -terms)
    if remove_fresh(db, document):
        return
    row = db.conn.execute("SELECT segment FROM settled WHERE document = ?", (document,)).fetchone()
    if row is None:
        return
    segment = int(row[0])
    # Paragraphs without a term are not counted in segments, so they cannot be missed there either.
    held = {paragraph: count for paragraph, count in counts().items() if count}
    gone = Counter(term for count in held.values() for term in count)
    db.conn.executemany(
        "UPDATE postings SET gone = gone + ? WHERE segment = ? AND term = (SELECT id FROM terms WHERE term = ?)",
        [(number, segment, term) for term, number in sorted(gone.items())],
    )
    db.conn.executemany("INSERT INTO removed (segment, paragraph) VALUES (?, ?)", [(segment, key) for key in held])
    db.conn.execute("DELETE FROM settled WHERE document = ?", (document,))


def removed_of(db: Database, segment: int) -> NDArray[np.uint32]:
    """The paragraphs of a segment that left, ascending."""
    rows = db.conn.execute("SELECT paragraph FROM removed WHERE segment = ? ORDER BY paragraph", (segment,))
    return np.array([paragraph for (paragraph,) in rows], np.uint32)


def _batches(documents: Iterable[tuple[int, Entries]], entries: int) -> Iterator[list[tuple[int, Entries]]]:
    """Documents for a segment each, all of like size and about as large as the largest where there are so many."""
    enough = max(1, entries) / max(1, round(entries / LARGEST))
    batch: list[tuple[int, Entries]] = []
    size = 0
    for document, part in documents:
        batch.append((document, part))
        size += len(part)
        if size >= enough:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _settle(db: Database, batch: Sequence[tuple[int, Entries]]) -> None:
    entries = joined([part for _, part in batch])
    segment = _write(db, _rows(entries), len(entries), _different(entries.postings.paragraphs))
    # The same postings are in the segment now, so nothing is hidden by overwriting them where they were.
    with without_wiping(db):
        for document, _ in batch:
            db.conn.execute("INSERT INTO settled (document, segment) VALUES (?, ?)", (document, segment))
            remove_fresh(db, document)


def _different(paragraphs: NDArray[np.uint32]) -> int:
    """How many different paragraphs there are; their numbers are close to each other."""
    first = int(paragraphs.min()) if len(paragraphs) else 0
    return int(np.count_nonzero(np.bincount(paragraphs - np.uint32(first))))


def _to_join(db: Database) -> list[list[int]]:
    """Groups of segments to write as one each: many of like size that are not large, or one alone that lost much."""
    lost = dict(db.conn.execute("SELECT segment, count(*) FROM removed GROUP BY segment").fetchall())
    tiers: dict[int, list[tuple[int, int]]] = defaultdict(list)
    shrunk = []
    for segment, entries, paragraphs in db.conn.execute("SELECT id, entries, paragraphs FROM segments ORDER BY id"):
        if entries < LARGEST:
            tiers[len(np.base_repr(entries, FAN))].append((segment, entries))
        if lost.get(segment, 0) > LOST * paragraphs:
            shrunk.append(segment)
    groups = [_fitting(tier) for tier in tiers.values() if len(tier) >= FAN]
    joined_already = {segment for group in groups for segment in group}
    return [group for group in groups if len(group) > 1] + [[one] for one in shrunk if one not in joined_already]


def _fitting(tier: Sequence[tuple[int, int]]) -> list[int]:
    """The first segments that are together not much larger than the largest may be."""
    group, size = [], 0
    for segment, entries in tier:
        if size + entries > 2 * LARGEST:
            break
        group.append(segment)
        size += entries
    return group


def _join(db: Database, group: Sequence[int]) -> None:
    marks = ",".join("?" * len(group))
    removed = {segment: removed_of(db, segment) for segment in group}
    (paragraphs,) = db.conn.execute(
        f"SELECT sum(paragraphs) FROM segments WHERE id IN ({marks})",  # noqa: S608
        list(group),
    ).fetchone()
    left = int(paragraphs) - sum(len(those) for those in removed.values())
    rows = db.conn.execute(
        f"SELECT term, segment, data FROM postings WHERE segment IN ({marks}) ORDER BY term, segment",  # noqa: S608
        list(group),
    )
    joint = (_row(term, part) for term, part in _regrouped(rows.fetchall(), removed))
    segment = _write(db, joint, 0, left)
    db.conn.execute(
        "UPDATE segments SET entries = (SELECT coalesce(sum(count), 0) FROM postings WHERE segment = ?) WHERE id = ?",
        (segment, segment),
    )
    db.conn.execute(f"UPDATE settled SET segment = ? WHERE segment IN ({marks})", [segment, *group])  # noqa: S608
    for table in ("postings", "removed"):
        db.conn.execute(f"DELETE FROM {table} WHERE segment IN ({marks})", list(group))  # noqa: S608
    db.conn.execute(f"DELETE FROM segments WHERE id IN ({marks})", list(group))  # noqa: S608


def _regrouped(
    rows: Sequence[tuple[int, int, bytes]], removed: Mapping[int, NDArray[np.uint32]]
) -> Iterator[tuple[int, Postings]]:
    parts: list[Postings] = []
    for place, (term, segment, data) in enumerate(rows):
        parts.append(unpack([packed(data)]).without(removed[segment]))
        if place + 1 == len(rows) or rows[place + 1][0] != term:
            both = joined([Entries(np.full(len(part), term, np.uint32), part) for part in parts]).postings
            if len(both):
                yield term, both
            parts = []


def _row(term: int, part: Postings) -> Row:
    return term, len(part), int(part.frequencies.max()), int(part.lengths.min()), pack(part)


def _rows(entries: Entries) -> Iterator[Row]:
    """What `_row` gives for each term of the entries, without arrays for each."""
    # A first term of number 0 cannot be: SQLite numbers from 1.
    begins = np.flatnonzero(np.diff(entries.terms, prepend=np.uint32(0)))
    ends = np.append(begins, len(entries))[1:]
    postings = entries.postings
    columns = (
        entries.terms[begins],
        ends - begins,
        np.maximum.reduceat(postings.frequencies, begins),
        np.minimum.reduceat(postings.lengths, begins),
    )
    return zip(*(column.tolist() for column in columns), pack_rows(postings, begins, ends), strict=True)


def _write(db: Database, rows: Iterator[Row], entries: int, paragraphs: int) -> int:
    """A new segment; returns its number."""
    cursor = db.conn.execute("INSERT INTO segments (entries, paragraphs) VALUES (?, ?)", (entries, paragraphs))
    segment = int(cursor.lastrowid or 0)
    db.conn.executemany(
        "INSERT INTO postings (segment, term, count, gone, most, shortest, data) VALUES (?, ?, ?, 0, ?, ?, ?)",
        ((segment, *row) for row in rows),
    )
    return segment
