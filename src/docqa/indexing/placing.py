"""Documents at other paths than before, and documents that go: the index follows without reading a file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from docqa.retrieval.analyzer import Analyzer, indexed_text
from docqa.retrieval.fresh import add_postings
from docqa.retrieval.segments import remove_postings
from docqa.store.copies import forget_copies, place_documents
from docqa.store.documents import FileState, documents_by_id, remove_document, stored_at
from docqa.store.paragraphs import paragraphs_of, set_terms

if TYPE_CHECKING:
    from sqlite_utils import Database


def place(db: Database, places: Sequence[tuple[int, Sequence[FileState]]], analyzer: Analyzer) -> None:
    """Give documents, by id, other files: the first is the document's own, the others are its copies.

    Inside a transaction, for documents may change places with each other.
    """
    stored = documents_by_id(db, (number for number, _ in places))
    # A document's own name is indexed with its paragraphs, so the terms change with it although the text does not.
    renamed = [number for number, files in places if _name(files[0].path) != _name(stored[number].path)]
    for number in renamed:
        remove_postings(db, number, _counts_of(db, number, analyzer))
    place_documents(db, dict(places))
    for number in renamed:
        counts = _counts_of(db, number, analyzer)()
        lengths = add_postings(db, number, list(counts), list(counts.values()))
        set_terms(db, dict(zip(counts, lengths, strict=True)))


def remove(db: Database, number: int, analyzer: Analyzer) -> None:
    """Remove a document, its copies with it; inside a transaction."""
    remove_postings(db, number, _counts_of(db, number, analyzer))
    remove_document(db, number)


def vacate(db: Database, paths: Sequence[str], analyzer: Analyzer) -> None:
    """Remove the documents at these paths, and what stands there as a copy; inside a transaction."""
    for path in paths:
        for document in stored_at(db, path):
            remove(db, document.id, analyzer)
    forget_copies(db, paths)


def _counts_of(db: Database, number: int, analyzer: Analyzer) -> Callable[[], dict[int, Counter[str]]]:
    """A function of the term counts of a document's stored paragraphs, by paragraph id, under its present name."""

    def counts() -> dict[int, Counter[str]]:
        document = documents_by_id(db, [number])[number]
        name = _name(document.path)
        return {
            entry.id: Counter(
                analyzer.terms(
                    indexed_text(name, document.title, document.author, entry.paragraph.headings, entry.paragraph.text)
                )
            )
            for entry in paragraphs_of(db, number)
        }

    return counts


def _name(path: str) -> str:
    return PurePosixPath(path).name
