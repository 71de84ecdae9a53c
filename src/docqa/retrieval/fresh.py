"""Fresh documents: their postings as one row a document, sorted by term, until there are enough for a segment.

So a file is one small write wherever its words stand in the inverted index, and a query looks into few such rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from sqlite_utils import Database

from docqa.retrieval.numbered import NumberedTerms, numbered
from docqa.retrieval.postings import MOST, Postings, count_paragraphs, term_numbers
from docqa.store.rows import checked_bytes

#: Bytes of one entry: a term's number beside a posting.
WIDTH = 12


@dataclass(frozen=True)
class Entries:
    """Postings of many terms: the term's number for each, ascending, then the postings, ascending within a term."""

    terms: NDArray[np.uint32]
    postings: Postings

    def __len__(self) -> int:
        return len(self.terms)

    def pack(self) -> bytes:
        """The arrays one after the other, little-endian."""
        columns = (self.terms, self.postings.paragraphs, self.postings.frequencies, self.postings.lengths)
        return b"".join(column.tobytes() for column in columns)

    def of_term(self, term: int) -> Postings:
        """The postings of one term."""
        part = slice(*np.searchsorted(self.terms, [term, term + 1]).tolist())
        postings = self.postings
        return Postings(postings.paragraphs[part], postings.frequencies[part], postings.lengths[part])


def unpack_entries(data: bytes) -> Entries:
    """What `Entries.pack` packed."""
    count = len(checked_bytes(data, "fresh")) // WIDTH
    return Entries(
        np.frombuffer(data, "<u4", count),
        Postings(
            np.frombuffer(data, "<u4", count, 4 * count),
            np.frombuffer(data, "<u2", count, 8 * count),
            np.frombuffer(data, "<u2", count, 10 * count),
        ),
    )


def joined(parts: Sequence[Entries]) -> Entries:
    """All entries, in order."""
    paragraphs = np.concatenate([part.postings.paragraphs for part in parts])
    keys = np.concatenate([part.terms for part in parts]).astype(np.uint64)
    keys <<= np.uint64(32)
    if _one_after_the_other([part.postings.paragraphs for part in parts]):
        # Where an entry stands says then as much as its paragraph, and sorting alone is quicker than sorting places.
        keys |= np.arange(len(keys), dtype=np.uint64)
        keys.sort()
        order = (keys & np.uint64(0xFFFFFFFF)).astype(np.intp)
    else:
        keys |= paragraphs
        order = np.argsort(keys)
        keys = keys[order]
    keys >>= np.uint64(32)
    frequencies = np.concatenate([part.postings.frequencies for part in parts])
    lengths = np.concatenate([part.postings.lengths for part in parts])
    return Entries(keys.astype("<u4"), Postings(paragraphs[order], frequencies[order], lengths[order]))


def add_postings(
    db: Database,
    document: int,
    paragraphs: Sequence[int],
    counts: Sequence[Mapping[str, int]],
) -> list[int]:
    """Index a document's paragraphs by their term counts; returns their lengths in terms."""
    terms = numbered(counts)
    lengths = paragraph_lengths(terms)
    add_terms(db, document, paragraphs, terms, lengths)
    return lengths


def add_terms(
    db: Database,
    document: int,
    paragraphs: Sequence[int],
    terms: NumberedTerms,
    lengths: Sequence[int],
) -> None:
    """Index a document's paragraphs by their terms; `lengths` is what `paragraph_lengths` gives for these."""
    ids = term_ids(terms, partial(term_numbers, db))
    entries = counted_entries(terms, ids, paragraphs, lengths)
    db.conn.execute(
        "INSERT INTO fresh (document, entries, data) VALUES (?, ?, ?)", (document, len(entries), entries.pack())
    )
    count_paragraphs(db, len(paragraphs), sum(lengths))


def term_ids(terms: NumberedTerms, find: Callable[[Sequence[str]], Mapping[str, int]]) -> NDArray[np.uint64]:
    """The ids of a vocabulary's terms, by number: of those that `terms` has, all that `find` finds; 0 for no term.

    The vocabulary remembers them, so `find` is asked for each term once, for one that it does not find again.
    """
    vocabulary, numbers = terms.vocabulary, _numbers(terms)
    ids = vocabulary.ids
    if ids is None or len(ids) <= len(vocabulary.terms):
        before = np.zeros(1, np.uint64) if ids is None else ids
        ids = vocabulary.ids = np.concatenate([before, np.zeros(2 * len(vocabulary.terms), np.uint64)])
    missing = np.unique(numbers[(ids[numbers] == 0) & (numbers > 0)])
    if len(missing):
        names = [vocabulary.terms[number - 1] for number in missing.tolist()]
        found = find(names)
        ids[missing] = [found.get(name, 0) for name in names]
    return ids


def counted_entries(
    terms: NumberedTerms, ids: NDArray[np.uint64], paragraphs: Sequence[int], lengths: Sequence[int]
) -> Entries:
    """The postings of paragraphs by their terms, whose `ids` are given by number; 0 leaves a term out."""
    return _counted(ids[_numbers(terms)], _places(terms), paragraphs, lengths)


def paragraph_lengths(terms: NumberedTerms) -> list[int]:
    """How many terms each paragraph has, repeated ones repeated."""
    lengths: list[int] = np.bincount(_places(terms)[_numbers(terms) > 0], minlength=len(terms.words)).tolist()
    return lengths


def _one_after_the_other(parts: Sequence[NDArray[np.uint32]]) -> bool:
    """Whether all paragraphs of a part come before all of the next, as those of documents mostly do."""
    ranges = [(int(part.min()), int(part.max())) for part in parts if len(part)]
    return all(before[1] < after[0] for before, after in pairwise(ranges))


def _counted(
    terms: NDArray[np.uint64], places: NDArray[np.uint64], paragraphs: Sequence[int], lengths: Sequence[int]
) -> Entries:
    """Each term of each paragraph once, from the terms (0 for none) and, as places, the paragraphs of all words."""
    both = (terms << np.uint64(32)) | places
    both.sort()
    both = both[np.searchsorted(both, np.uint64(1 << 32)) :]
    begins = np.flatnonzero(np.diff(both, prepend=np.uint64(0)))
    frequencies = np.diff(begins, append=len(both))
    both = both[begins]
    held_by = both & np.uint64(0xFFFFFFFF)
    return Entries(
        (both >> np.uint64(32)).astype("<u4"),
        Postings(
            np.array(paragraphs, "<u4")[held_by],
            np.minimum(frequencies, MOST).astype("<u2"),
            np.minimum(np.array(lengths, np.int64), MOST).astype("<u2")[held_by],
        ),
    )


def _numbers(terms: NumberedTerms) -> NDArray[np.uint32]:
    return np.frombuffer(terms.numbers, np.uint32)


def _places(terms: NumberedTerms) -> NDArray[np.uint64]:
    return np.repeat(np.arange(len(terms.words), dtype=np.uint64), terms.words)


def remove_fresh(db: Database, document: int) -> bool:
    """Forget a fresh document's postings; False when it is none."""
    return bool(db.conn.execute("DELETE FROM fresh WHERE document = ?", (document,)).rowcount)


def fresh_entries(db: Database) -> Iterator[tuple[int, Entries]]:
    """All fresh documents with their entries."""
    for document, data in db.conn.execute("SELECT document, data FROM fresh ORDER BY document"):
        yield document, unpack_entries(data)


def fresh_size(db: Database) -> tuple[int, int]:
    """The number of fresh documents, and of their entries."""
    documents, entries = db.conn.execute("SELECT count(*), coalesce(sum(entries), 0) FROM fresh").fetchone()
    return int(documents), int(entries)
