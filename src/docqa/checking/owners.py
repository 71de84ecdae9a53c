"""Which document a paragraph is of, and in which part of the inverted index the document's postings are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from sqlite_utils import Database

#: The home of a document that is fresh, and of one that is nowhere; segments are numbered from 1.
FRESH, NOWHERE = 0, -1


@dataclass(frozen=True)
class Owners:
    """Ids of paragraphs, ascending, the place of each one's document, and each document's home by its place.

    `twice` are the places of documents that have two homes.
    """

    paragraphs: NDArray[np.int64]
    places: NDArray[np.int64]
    homes: NDArray[np.int64]
    twice: tuple[int, ...]

    def of(self, paragraphs: NDArray[np.uint32], homes: NDArray[np.int64] | int) -> NDArray[np.int64]:
        """The places of the documents of paragraphs whose postings stand in `homes`; -1 where they do not belong."""
        if not len(self.paragraphs):
            return np.full(len(paragraphs), NOWHERE, np.int64)
        wanted = paragraphs.astype(np.int64)
        found = np.minimum(np.searchsorted(self.paragraphs, wanted), len(self.paragraphs) - 1)
        places = self.places[found]
        belongs = (self.paragraphs[found] == wanted) & (self.homes[places] == homes)
        return np.where(belongs, places, NOWHERE)


def owners_of(db: Database, documents: Sequence[int]) -> Owners:
    """The owners in an index whose documents have these ids, in the order of their places."""
    place_of = {document: place for place, document in enumerate(documents)}
    rows = np.fromiter(
        (
            pair
            for number, document in db.conn.execute("SELECT id, document FROM paragraphs ORDER BY id")
            if document in place_of
            for pair in (number, place_of[document])
        ),
        np.int64,
    ).reshape(-1, 2)
    homes, twice = np.full(len(documents), NOWHERE, np.int64), []
    for document, segment in db.conn.execute("SELECT document, segment FROM settled"):
        if document in place_of and isinstance(segment, int):
            homes[place_of[document]] = segment
    for (document,) in db.conn.execute("SELECT document FROM fresh"):
        if document in place_of:
            if homes[place_of[document]] != NOWHERE:
                twice.append(place_of[document])
            homes[place_of[document]] = FRESH
    return Owners(np.ascontiguousarray(rows[:, 0]), np.ascontiguousarray(rows[:, 1]), homes, tuple(twice))
