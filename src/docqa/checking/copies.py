"""Copies: whether each is a file of its own, of the kind of its document, and comes after that."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from docqa.checking.file import is_text
from docqa.checking.report import REPAIR, ROWS, Finding
from docqa.documents.formats import kind_of
from docqa.store.documents import StoredDocument

if TYPE_CHECKING:
    from sqlite_utils import Database


def copies_at_fault(db: Database, documents: Sequence[StoredDocument]) -> Iterator[tuple[int, Finding]]:
    """The row numbers of copies that cannot be what they say, each with what is wrong.

    Those of documents that are not there are among them: SQLite's own check tells of these as well.
    """
    by_id = {document.id: document for document in documents}
    own = {document.path for document in documents}
    for row, path, number, modified in db.conn.execute("SELECT rowid, path, document, modified FROM copies"):
        document = by_id.get(number)
        if not is_text(path) or not isinstance(modified, float):
            yield row, _finding(f"The copy of the number {row} cannot be read.")
        elif document is None:
            yield row, _finding("It is a copy of a document that is not there.", path)
        elif path in own:
            yield row, _finding("It is a document, and a copy of one.", path)
        elif kind_of(path) != kind_of(document.path) or path < document.path:
            yield row, _finding(f"It cannot be a copy of {document.path}, by its kind or its place.", path)


def drop_copies_at_fault(db: Database, documents: Sequence[StoredDocument]) -> int:
    """Take such copies out, so that the next run of indexing finds their files anew; returns how many."""
    rows = [(row,) for row, _ in copies_at_fault(db, documents)]
    db.conn.executemany("DELETE FROM copies WHERE rowid = ?", rows)
    return len(rows)


def _finding(sentence: str, path: str | None = None) -> Finding:
    return Finding(ROWS, sentence, REPAIR, path)
