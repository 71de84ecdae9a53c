"""Making the inverted index and its statistics anew from the stored paragraphs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from docqa.checking.check import texts_of, unreadable_documents
from docqa.checking.contents import contents_of
from docqa.checking.copies import drop_copies_at_fault
from docqa.checking.file import damage, undecoded
from docqa.checking.report import RepairReport
from docqa.errors import DamagedIndexError
from docqa.retrieval.analyzer import Analyzer
from docqa.retrieval.fresh import add_terms, fresh_size, paragraph_lengths
from docqa.retrieval.numbered import TermNumbering
from docqa.retrieval.postings import next_generation
from docqa.retrieval.segments import LARGEST, settle
from docqa.store.documents import stored_documents
from docqa.store.opening import writing
from docqa.store.paragraphs import set_terms

if TYPE_CHECKING:
    from sqlite_utils import Database


#: After so many documents it is looked whether fresh ones are to be settled.
SETTLE_EVERY = 64


def repair_index(
    db: Database,
    index_file: Path,
    *,
    analyzer: Analyzer,
    on_progress: Callable[[int, int, str], None] = lambda done, total, name: None,
) -> RepairReport:
    """Make the inverted index anew, in one transaction: all of it is done, or nothing.

    Documents whose stored text contradicts itself are marked, so that the next run of indexing reads their files again.
    Raises `DamagedIndexError` where SQLite finds the file itself damaged: writing to it could lose more.
    """
    with undecoded(db), writing(db):
        documents = stored_documents(db, check=False)
        damaged = damage(db) or unreadable_documents(documents)
        if damaged:
            raise DamagedIndexError(
                f"The index {index_file} cannot be repaired. {damaged[0].sentence} "
                "Delete it and index the documents again, they are untouched."
            )
        dropped = _empty(db) + drop_copies_at_fault(db, documents)
        numbering = TermNumbering(analyzer)
        paragraphs, again = 0, []
        for number, document in enumerate(documents, start=1):
            contents = contents_of(db, document)
            if contents.problems:
                again.append(document.path)
                db.conn.execute("UPDATE documents SET sha256 = '' WHERE id = ?", (document.id,))
            # With a row that cannot be read in it, a document could be neither shown nor replaced.
            db.conn.executemany("DELETE FROM paragraphs WHERE id = ?", [(row,) for row in contents.unusable])
            dropped += len(contents.unusable)
            ids = [entry.id for entry in contents.paragraphs]
            terms = numbering.number(texts_of(document, contents))
            lengths = paragraph_lengths(terms)
            add_terms(db, document.id, ids, terms, lengths)
            set_terms(db, dict(zip(ids, lengths, strict=True)))
            paragraphs += len(ids)
            if number % SETTLE_EVERY == 0 and fresh_size(db)[1] >= LARGEST:
                settle(db)
            on_progress(number, len(documents), document.path)
        settle(db)
        next_generation(db)
    return RepairReport(len(documents), paragraphs, tuple(again), dropped)


def _empty(db: Database) -> int:
    """Empty the inverted index, keep the generation, and drop what belongs to no document; returns how many rows."""
    for table in ("fresh", "postings", "removed", "settled", "segments", "terms"):
        db.conn.execute(f"DELETE FROM {table}")  # noqa: S608
    db.conn.execute("DELETE FROM statistics WHERE id != 1")
    db.conn.execute("INSERT OR IGNORE INTO statistics (id, paragraphs, terms, generation) VALUES (1, 0, 0, 0)")
    db.conn.execute(
        "UPDATE statistics SET paragraphs = 0, terms = 0, generation = coalesce(CAST(generation AS INTEGER), 0)"
    )
    return sum(
        int(db.conn.execute(f"DELETE FROM {table} WHERE document NOT IN (SELECT id FROM documents)").rowcount)  # noqa: S608
        for table in ("paragraphs", "pages")
    )
