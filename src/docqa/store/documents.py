"""Writing and reading documents, their pages and their paragraphs."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from docqa.documents.document import Document, Page
from docqa.paragraphs.paragraph import Paragraph, Run

if TYPE_CHECKING:
    from sqlite_utils import Database

OK, PARTIAL, FAILED = "ok", "partial", "failed"

#: What is mended outside the file: without a digest it is read again in the next run, changed or not.
TRIED_AGAIN = frozenset({"DOC-LIBRARY", "DOC-PLUGIN"})

RUN = struct.Struct("<III")


@dataclass(frozen=True)
class FileState:
    """A file as it was when it was read: its path in the index, the SHA-256 of its bytes, size and time of change."""

    path: str
    sha256: str
    size: int
    modified: float


@dataclass(frozen=True)
class StoredDocument:
    """A row of the table documents: one file, read or not."""

    id: int
    path: str
    sha256: str
    size: int
    modified: float
    status: str
    code: str | None
    error: str | None
    title: str
    pages: int
    paragraphs: int
    extractor: str | None
    extractor_version: str | None
    indexed_at: str

    @property
    def has_pages(self) -> bool:
        """Whether a link can lead to a page of the file: `#page=` does in PDFs, and in no other kind."""
        return self.path.lower().endswith(".pdf")


@dataclass(frozen=True)
class StoredParagraph:
    """A paragraph as stored: its id, its document's id, its order in it, and the paragraph itself."""

    id: int
    document: int
    number: int
    paragraph: Paragraph


@dataclass(frozen=True)
class ParagraphColumns:
    """Paragraphs as they are stored, all values of a column together."""

    page: Sequence[int]
    start: Sequence[int]
    end: Sequence[int]
    text: Sequence[str]
    headings: Sequence[str]
    runs: Sequence[bytes]


def paragraph_columns(paragraphs: Sequence[Paragraph]) -> ParagraphColumns:
    """Paragraphs as they are stored."""
    return ParagraphColumns(
        page=[paragraph.page for paragraph in paragraphs],
        start=[paragraph.start for paragraph in paragraphs],
        end=[paragraph.end for paragraph in paragraphs],
        text=[paragraph.text for paragraph in paragraphs],
        headings=[_headings(paragraph.headings) for paragraph in paragraphs],
        runs=[pack_runs(paragraph.runs) for paragraph in paragraphs],
    )


def stored_documents(db: Database) -> list[StoredDocument]:
    """All documents, in the order of their paths."""
    return [StoredDocument(**row) for row in db["documents"].rows_where(order_by="path")]


def stored_at(db: Database, path: str) -> list[StoredDocument]:
    """The document of a path, as a list of one or none."""
    return [StoredDocument(**row) for row in db["documents"].rows_where("path = ?", [path])]


def add_document(
    db: Database,
    state: FileState,
    document: Document,
    paragraphs: Sequence[Paragraph] | ParagraphColumns,
    lengths: Sequence[int],
) -> tuple[int, list[int]]:
    """Store a document that was read; `lengths` are the numbers of terms. Returns its id and its paragraphs' ids."""
    columns = paragraphs if isinstance(paragraphs, ParagraphColumns) else paragraph_columns(paragraphs)
    status = PARTIAL if document.notes else OK
    number = _insert(
        db,
        state,
        status=status,
        code=document.code if document.notes else None,
        error=" ".join(document.notes) or None,
        title=document.title,
        pages=len(document.pages),
        paragraphs=len(columns.text),
        extractor=document.extractor,
        extractor_version=document.extractor_version,
    )
    db.conn.executemany(
        "INSERT INTO pages (document, number, label, text, extractor) VALUES (?, ?, ?, ?, ?)",
        [(number, page.number, page.label, page.text, page.extractor) for page in document.pages],
    )
    # The ids that SQLite would give them itself.
    (highest,) = db.conn.execute("SELECT coalesce(max(id), 0) FROM paragraphs").fetchone()
    ids = list(range(highest + 1, highest + 1 + len(columns.text)))
    rows = zip(
        ids,
        columns.page,
        columns.start,
        columns.end,
        columns.text,
        columns.headings,
        columns.runs,
        lengths,
        strict=True,
    )
    db.conn.executemany(
        'INSERT INTO paragraphs (document, number, id, page, start, "end", text, headings, runs, terms) '
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        ((number, order, *row) for order, row in enumerate(rows)),
    )
    return number, ids


def add_failure(
    db: Database,
    state: FileState,
    code: str,
    sentence: str,
    tried: tuple[str | None, str | None] = (None, None),
) -> None:
    """Enter a file that could not be read into the ledger; `tried` are the extractor that failed and its version."""
    if code in TRIED_AGAIN:
        state = replace(state, sha256="")
    _insert(
        db,
        state,
        status=FAILED,
        code=code,
        error=sentence,
        title="",
        pages=0,
        paragraphs=0,
        extractor=tried[0],
        extractor_version=tried[1],
    )


def remove_document(db: Database, number: int) -> None:
    """Remove a document with its pages and paragraphs; its postings must be gone already."""
    db.conn.execute("DELETE FROM paragraphs WHERE document = ?", (number,))
    db.conn.execute("DELETE FROM pages WHERE document = ?", (number,))
    db.conn.execute("DELETE FROM documents WHERE id = ?", (number,))


def move_document(db: Database, number: int, state: FileState) -> None:
    """Give a document another path."""
    db.table("documents").update(number, {"path": state.path, "modified": state.modified})


def set_terms(db: Database, lengths: dict[int, int]) -> None:
    """Store the number of terms of paragraphs, by id."""
    db.conn.executemany(
        "UPDATE paragraphs SET terms = ? WHERE id = ?", [(length, number) for number, length in lengths.items()]
    )


def paragraphs_of(db: Database, document: int) -> list[StoredParagraph]:
    """The paragraphs of a document in their order."""
    return [_paragraph(row) for row in db["paragraphs"].rows_where("document = ?", [document], order_by="number")]


def all_paragraph_texts(db: Database) -> list[str]:
    """The texts of all paragraphs, in the order of their ids."""
    return [text for (text,) in db.conn.execute("SELECT text FROM paragraphs ORDER BY id")]


def paragraphs_by_id(db: Database, numbers: Iterable[int]) -> dict[int, StoredParagraph]:
    """The paragraphs of the given ids, by id."""
    wanted = list(numbers)
    marks = ",".join("?" * len(wanted))
    return {row["id"]: _paragraph(row) for row in db["paragraphs"].rows_where(f"id IN ({marks})", wanted)}


def documents_by_id(db: Database, numbers: Iterable[int]) -> dict[int, StoredDocument]:
    """The documents of the given ids, by id."""
    wanted = sorted(set(numbers))
    marks = ",".join("?" * len(wanted))
    return {row["id"]: StoredDocument(**row) for row in db["documents"].rows_where(f"id IN ({marks})", wanted)}


def page_of(db: Database, document: int, number: int) -> Page:
    """A page as it was extracted."""
    row = db.table("pages").get((document, number))
    return _page(row)


def pages_of(db: Database, document: int) -> list[Page]:
    """All pages of a document, in order."""
    rows = db["pages"].rows_where("document = ?", [document], order_by="number")
    return [_page(row) for row in rows]


def get_setting(db: Database, key: str) -> str | None:
    """The value of a setting of the index, None when it is not set."""
    row = db.conn.execute("SELECT value FROM settings WHERE key = ?", (key,)).fetchone()
    return row[0] if row else None


def set_setting(db: Database, key: str, value: str) -> None:
    """Store a setting of the index."""
    db.table("settings").upsert({"key": key, "value": value}, pk="key")


def pack_runs(runs: Sequence[Run]) -> bytes:
    """An offset map as bytes: three unsigned 32-bit numbers a run, little-endian.

    >>> unpack_runs(pack_runs([Run(0, 7, 3)]))
    (Run(text_start=0, page_start=7, length=3),)
    """
    return b"".join([RUN.pack(run.text_start, run.page_start, run.length) for run in runs])


def unpack_runs(data: bytes) -> tuple[Run, ...]:
    """The offset map that `pack_runs` packed."""
    return tuple(Run(*numbers) for numbers in RUN.iter_unpack(data))


@lru_cache(maxsize=256)
def _headings(headings: tuple[str, ...]) -> str:
    # Many paragraphs in a row stand under the same ones.
    return json.dumps(headings, ensure_ascii=False)


def _insert(db: Database, state: FileState, **columns: object) -> int:
    row = {
        "path": state.path,
        "sha256": state.sha256,
        "size": state.size,
        "modified": state.modified,
        "indexed_at": datetime.now(UTC).isoformat(timespec="seconds"),
        **columns,
    }
    return int(str(db.table("documents").insert(row).last_pk))


def _page(row: dict[str, Any]) -> Page:
    return Page(row["number"], row["text"], row["label"], extractor=row["extractor"])


def _paragraph(row: dict[str, object]) -> StoredParagraph:
    paragraph = Paragraph(
        page=int(str(row["page"])),
        text=str(row["text"]),
        runs=unpack_runs(bytes(row["runs"])),  # type: ignore[call-overload]
        headings=tuple(json.loads(str(row["headings"]))),
    )
    return StoredParagraph(int(str(row["id"])), int(str(row["document"])), int(str(row["number"])), paragraph)
