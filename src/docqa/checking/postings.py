"""The stored postings: what each row says of itself, and the sums of what stands in all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from docqa.checking.owners import FRESH, Owners
from docqa.checking.report import POSTINGS, REPAIR, Finding
from docqa.checking.sums import Sums, marks_of
from docqa.retrieval import fresh
from docqa.retrieval.packed import packed, unpack
from docqa.retrieval.postings import Postings
from docqa.store.rows import MalformedRowError

if TYPE_CHECKING:
    from sqlite_utils import Database

#: Rows of postings are looked at together until they have so many postings: some 60 MB.
TOGETHER = 500_000

Row = tuple[Any, ...]


class StoredPostings:
    """Goes through the stored postings, adds them to `sums` by document, and notes what is wrong with the rows."""

    def __init__(self, db: Database, owners: Owners, documents: Sequence[str]) -> None:
        self._db = db
        self._owners = owners
        self._documents = documents
        self.sums = Sums.of_none(len(documents))
        self._wrong: list[tuple[Any, Any]] = []
        self._wrong_rows = 0
        self._strays: Counter[str] = Counter()
        self._held: Counter[int] = Counter()

    def findings(self) -> list[Finding]:
        """Go through all, segments first, and say what is wrong, documents aside."""
        removed = np.fromiter(
            (
                (segment << 32) | paragraph
                for segment, paragraph in self._db.conn.execute("SELECT segment, paragraph FROM removed")
                if _is_number(segment) and _is_number(paragraph)
            ),
            np.uint64,
        )
        removed.sort()
        for rows in self._batches():
            self._look_at(rows, removed)
        said = [*self._said_of_rows(), *self._said_of_segments(), *self._look_at_fresh()]
        strays = [
            _finding(
                f"{count} postings in {where} are of paragraphs that are not there or whose postings are elsewhere."
            )
            for where, count in sorted(self._strays.items())
        ]
        return [*said, *strays]

    def _batches(self) -> Iterator[list[Row]]:
        """The rows of segments in the order in which they are stored, whole ones only."""
        rows: list[Row] = []
        size = 0
        for row in self._db.conn.execute(
            "SELECT term, segment, count, gone, most, shortest, data FROM postings ORDER BY term, segment"
        ):
            *numbers, data = row
            try:
                held = packed(data)
            except MalformedRowError:
                held = None
            if held is None or not all(map(_is_number, numbers)):
                self._note(row[0], row[1])
                continue
            rows.append((*numbers, held))
            size += held.size
            if size >= TOGETHER:
                yield rows
                rows, size = [], 0
        if rows:
            yield rows

    def _look_at(self, rows: Sequence[Row], removed: NDArray[np.uint64]) -> None:
        lengths = np.array([row[-1].size for row in rows], np.int64)
        begins = np.cumsum(lengths) - lengths
        postings = unpack([row[-1] for row in rows])
        terms, segments, *said = (np.array(column, np.int64) for column in list(zip(*rows, strict=True))[:-1])
        in_segment = np.repeat(segments, lengths)
        gone = _among((in_segment.astype(np.uint64) << np.uint64(32)) | postings.paragraphs, removed)
        rising = np.append(True, postings.paragraphs[1:] > postings.paragraphs[:-1])
        rising[begins] = True
        should = (
            lengths,
            np.add.reduceat(gone.astype(np.int64), begins),
            np.maximum.reduceat(postings.frequencies, begins),
            np.minimum.reduceat(postings.lengths, begins),
        )
        right = np.logical_and.reduceat(rising, begins)
        for column, expected in zip(said, should, strict=True):
            right &= column == expected
        for place in np.flatnonzero(~right).tolist():
            self._note(int(terms[place]), int(segments[place]))
        for segment in np.unique(segments).tolist():
            self._held[segment] += int(lengths[segments == segment].sum())
        self._add(np.repeat(terms, lengths), postings, in_segment, ~gone)

    def _add(
        self, terms: NDArray[Any], postings: Postings, homes: NDArray[np.int64] | int, counted: NDArray[np.bool_]
    ) -> None:
        places = self._owners.of(postings.paragraphs, homes)
        own = counted & (places >= 0)
        marks = marks_of(terms, postings)
        self.sums.add(places[own], marks[own])
        stray = counted & (places < 0)
        if isinstance(homes, int):
            self._strays["fresh documents"] += int(stray.sum())
        else:
            for segment, count in zip(*np.unique(homes[stray], return_counts=True), strict=True):
                self._strays[f"segment {segment}"] += int(count)
        self._strays = +self._strays

    def _look_at_fresh(self) -> Iterator[Finding]:
        names = dict(self._db.conn.execute("SELECT id, path FROM documents"))
        for document, entries, data in self._db.conn.execute("SELECT document, entries, data FROM fresh"):
            name = str(names.get(document, f"document {document}"))
            if not isinstance(data, bytes) or len(data) != fresh.WIDTH * entries:
                yield _finding("The row of its postings is not as long as it says.", name)
                continue
            unpacked = fresh.unpack_entries(data)
            keys = (unpacked.terms.astype(np.uint64) << np.uint64(32)) | unpacked.postings.paragraphs
            if np.any(keys[1:] <= keys[:-1]):
                yield _finding("Its postings are not in order.", name)
            self._add(unpacked.terms, unpacked.postings, FRESH, np.ones(len(unpacked), np.bool_))

    def _note(self, term: Any, segment: Any) -> None:
        self._wrong_rows += 1
        if not self._wrong:
            self._wrong.append((term, segment))

    def _said_of_rows(self) -> Iterator[Finding]:
        for term, segment in self._wrong:
            row = self._db.conn.execute("SELECT term FROM terms WHERE id = ?", (term,)).fetchone()
            word = f"“{row[0]}”" if row else f"number {term}"
            yield _finding(
                f"{self._wrong_rows} rows of postings are not what they say of themselves, "
                f"the first that of the term {word} in segment {segment}."
            )

    def _said_of_segments(self) -> Iterator[Finding]:
        stored: Mapping[Any, Any] = dict(self._db.conn.execute("SELECT id, entries FROM segments"))
        for segment, entries in sorted(stored.items()):
            if entries != self._held[segment]:
                yield _finding(f"Segment {segment} holds {self._held[segment]} postings and was made with {entries}.")


def _finding(sentence: str, path: str | None = None) -> Finding:
    return Finding(POSTINGS, sentence, REPAIR, path)


def _is_number(value: object) -> bool:
    return isinstance(value, int) and 0 <= value <= 0xFFFFFFFF


def _among(keys: NDArray[np.uint64], removed: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Which keys are among those, ascending."""
    if not len(removed):
        return np.zeros(len(keys), np.bool_)
    places = np.minimum(np.searchsorted(removed, keys), len(removed) - 1)
    return np.asarray(removed[places] == keys)
