"""Checking an index against itself: what follows from the stored text is made again and compared.

Documents are gone through one by one and postings some at a time, so memory does not grow with the index but for a few
numbers a paragraph. Nothing is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import numpy as np

from docqa.checking.contents import Contents, contents_of
from docqa.checking.copies import copies_at_fault
from docqa.checking.file import damage, is_text, lost_rows, undecoded
from docqa.checking.owners import owners_of
from docqa.checking.postings import StoredPostings
from docqa.checking.report import (
    ANEW,
    FILE,
    INDEX,
    POSTINGS,
    REPAIR,
    STATISTICS,
    TEXT,
    CheckReport,
    Finding,
)
from docqa.checking.sums import Sums, marks_of
from docqa.retrieval.analyzer import Analyzer, indexed_text
from docqa.retrieval.fresh import counted_entries, paragraph_lengths, term_ids
from docqa.retrieval.numbered import TermNumbering
from docqa.retrieval.postings import stored_numbers
from docqa.store.documents import StoredDocument, stored_documents
from docqa.store.opening import reading
from docqa.store.rows import DOCUMENT, wrong_column

if TYPE_CHECKING:
    from sqlite_utils import Database

Progress = Callable[[int, int, str], None]


def check_index(
    db: Database,
    index_file: Path,
    *,
    analyzer: Analyzer,
    on_progress: Progress = lambda done, total, name: None,
) -> CheckReport:
    """Check everything an index holds, in one committed state of it.

    `on_progress` hears (documents done, documents to do, path). Where SQLite finds the file itself damaged, nothing
    else is checked.
    """
    with reading(db), undecoded(db):
        damaged = damage(db)
        if damaged:
            return CheckReport(str(index_file), findings=tuple(damaged))
        documents = stored_documents(db, check=False)
        unreadable = unreadable_documents(documents)
        if unreadable:
            return CheckReport(str(index_file), len(documents), findings=tuple(unreadable))
        (paragraphs,) = db.conn.execute("SELECT count(*) FROM paragraphs").fetchone()
        copies = [finding for _, finding in copies_at_fault(db, documents)]
        findings = [*lost_rows(db), *copies, *_Check(db, documents, analyzer).findings(on_progress), *_statistics(db)]
    return CheckReport(str(index_file), len(documents), int(paragraphs), tuple(findings))


def unreadable_documents(documents: Sequence[StoredDocument]) -> list[Finding]:
    """Rows of documents that no command could work with."""
    return [
        Finding(FILE, f"The row of the document with the number {document.id} cannot be read.", ANEW)
        for document in documents
        if wrong_column(vars(document), DOCUMENT) is not None
        or any(isinstance(value, str) and not is_text(value) for value in vars(document).values())
    ]


def texts_of(document: StoredDocument, contents: Contents) -> Iterator[str]:
    """What is indexed of a document's paragraphs."""
    name = PurePosixPath(document.path).name
    for entry in contents.paragraphs:
        yield indexed_text(name, document.title, document.author, entry.paragraph.headings, entry.paragraph.text)


class _Check:
    """The check of documents and of the inverted index, which is compared with what their paragraphs give."""

    def __init__(self, db: Database, documents: Sequence[StoredDocument], analyzer: Analyzer) -> None:
        self._db = db
        self._documents = documents
        self._numbering = TermNumbering(analyzer)
        self._expected = Sums.of_none(len(documents))
        # Those of which it is known without comparing sums that their postings are not right.
        self._wrong: set[int] = set()

    def findings(self, on_progress: Progress) -> Iterator[Finding]:
        for place, document in enumerate(self._documents):
            yield from self._look_at(place, document)
            on_progress(place + 1, len(self._documents), document.path)
        owners = owners_of(self._db, [document.id for document in self._documents])
        stored = StoredPostings(self._db, owners, [document.path for document in self._documents])
        yield from stored.findings()
        self._wrong.update(owners.twice, self._expected.differing(stored.sums).tolist())
        for place in sorted(self._wrong):
            sentence = "The inverted index does not have the words of its paragraphs, so searches can miss it."
            yield Finding(POSTINGS, sentence, REPAIR, self._documents[place].path)

    def _look_at(self, place: int, document: StoredDocument) -> Iterator[Finding]:
        contents = contents_of(self._db, document)
        # Without a digest, its file is read again in the next run.
        remedy = REPAIR if document.sha256 or contents.unusable else INDEX
        for problem in contents.problems:
            yield Finding(TEXT, problem, remedy, document.path)
        terms = self._numbering.number(texts_of(document, contents))
        lengths = paragraph_lengths(terms)
        if list(contents.lengths) != lengths:
            yield Finding(STATISTICS, "The stored lengths of its paragraphs are not right.", REPAIR, document.path)
        ids = term_ids(terms, partial(stored_numbers, self._db))
        numbers = np.frombuffer(terms.numbers, np.uint32)
        if not ids[numbers[numbers > 0]].all():
            self._wrong.add(place)
        entries = counted_entries(terms, ids, [entry.id for entry in contents.paragraphs], lengths)
        marks = marks_of(entries.terms, entries.postings)
        self._expected.add(np.full(len(marks), place, np.int64), marks)


def _statistics(db: Database) -> Iterator[Finding]:
    rows: list[Any] = db.conn.execute("SELECT id, paragraphs, terms, typeof(generation) FROM statistics").fetchall()
    # Unlike sum(), total() gives a number for numbers of any size.
    (counted,) = db.conn.execute("SELECT count(*), CAST(total(terms) AS INTEGER) FROM paragraphs")
    if rows != [(1, *counted, "integer")]:
        held = f"{rows[0][1]} paragraphs and {rows[0][2]} terms" if len(rows) == 1 else f"{len(rows)} rows"
        sentence = f"The statistics have {held}, the index holds {counted[0]} paragraphs and {counted[1]} terms."
        yield Finding(STATISTICS, sentence, REPAIR)
