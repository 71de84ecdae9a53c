"""Writing and reading documents, their pages and their paragraphs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from docqa.documents.document import Document, page_name
from docqa.paragraphs.paragraph import SEGMENTATION, Paragraph
from docqa.store.offsets import pack_ranges
from docqa.store.paragraphs import ParagraphColumns, check_all_there, paragraph_columns
from docqa.store.rows import DOCUMENT, MalformedRowError, checked, rows_among

if TYPE_CHECKING:
    from sqlite_utils import Database

OK, PARTIAL, FAILED = "ok", "partial", "failed"

#: What is mended outside the file: without a digest it is read again in the next run, changed or not.
TRIED_AGAIN = frozenset({"DOC-LIBRARY", "DOC-PLUGIN"})

#: So many documents are asked for in one query.
AT_ONCE = 10_000


@dataclass(frozen=True)
class FileState:
    """A file as it was when it was read: its path in the index, the SHA-256 of its bytes, size and time of change."""

    path: str
    sha256: str
    size: int
    modified: float


@dataclass(frozen=True)
class StoredDocument:
    """A row of the table documents: one file, read or not.

    `author` and `language` are empty when the file states none, and None when it could not be read or was indexed
    before they were kept.
    `seconds` is how long reading it took, None when that was not measured. `tried` names the extractors that a PDF was
    tried with of which something could not be read, joined by "+".
    """

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
    author: str | None = None
    language: str | None = None
    seconds: float | None = None
    tried: str | None = None
    segmentation: int = SEGMENTATION

    @property
    def page_name(self) -> str:
        """What people call its pages by their numbers: "page", "slide", empty where citations for them say none."""
        return page_name(self.path)

    @property
    def has_links_to_pages(self) -> bool:
        """Whether `#page=` leads to a page of the file: of PDFs, compressed or not."""
        return self.page_name == "page"


def stored_documents(db: Database, *, check: bool = True) -> list[StoredDocument]:
    """All documents, in the order of their paths; without `check` whatever stands in their rows."""
    return [_document(row, check=check) for row in db["documents"].rows_where(order_by="path")]


def stored_at(db: Database, path: str) -> list[StoredDocument]:
    """The document of a path, as a list of one or none."""
    return [_document(row) for row in db["documents"].rows_where("path = ?", [path])]


def add_document(
    db: Database,
    state: FileState,
    document: Document,
    paragraphs: Sequence[Paragraph] | ParagraphColumns,
    lengths: Sequence[int],
    *,
    seconds: float | None = None,
    tried: str | None = None,
) -> tuple[int, list[int]]:
    """Store a document that was read; `lengths` are the numbers of terms. Returns its id and its paragraphs' ids.

    `seconds` is how long reading took; `tried`, what a PDF was tried with, is stored when pages could not be read.
    """
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
        author=document.author,
        language=document.language,
        seconds=seconds,
        tried=tried if document.notes else None,
        segmentation=SEGMENTATION,
    )
    db.conn.executemany(
        "INSERT INTO pages (document, number, label, text, extractor, left_out) VALUES (?, ?, ?, ?, ?, ?)",
        [
            (number, page.number, page.label, page.text, page.extractor, pack_ranges(page.left_out) or None)
            for page in document.pages
        ],
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
        columns.end_page,
        columns.runs_before,
        lengths,
        strict=True,
    )
    db.conn.executemany(
        'INSERT INTO paragraphs (document, number, id, page, start, "end", text, headings, runs, '
        "end_page, runs_before, terms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        ((number, order, *row) for order, row in enumerate(rows)),
    )
    return number, ids


def add_failure(
    db: Database,
    state: FileState,
    code: str,
    sentence: str,
    tried: tuple[str | None, str | None] = (None, None),
    *,
    seconds: float | None = None,
) -> int:
    """Enter a file that could not be read into the ledger; returns the id of its row.

    `tried` are the extractor that failed and its version, `seconds` is how long that took.
    """
    if code in TRIED_AGAIN:
        state = replace(state, sha256="")
    return _insert(
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
        seconds=seconds,
        tried=tried[0],
        segmentation=SEGMENTATION,
    )


def remove_document(db: Database, number: int) -> None:
    """Remove a document with its copies, pages and paragraphs; its postings must be gone already."""
    db.conn.execute("DELETE FROM copies WHERE document = ?", (number,))
    db.conn.execute("DELETE FROM paragraphs WHERE document = ?", (number,))
    db.conn.execute("DELETE FROM pages WHERE document = ?", (number,))
    db.conn.execute("DELETE FROM documents WHERE id = ?", (number,))


def move_document(db: Database, number: int, state: FileState) -> None:
    """Give a document another path."""
    db.table("documents").update(number, {"path": state.path, "modified": state.modified})


def documents_by_id(db: Database, numbers: Iterable[int]) -> dict[int, StoredDocument]:
    """The documents of the given ids, by id. Raises `MalformedRowError` when one is not there."""
    wanted = sorted(set(numbers))
    found: dict[int, StoredDocument] = {}
    # SQLite takes so many values at once and no more.
    for begin in range(0, len(wanted), AT_ONCE):
        rows = rows_among(db, "documents", "id", wanted[begin : begin + AT_ONCE])
        found.update((row["id"], _document(row)) for row in rows)
    check_all_there(found, wanted, "document")
    return found


def get_setting(db: Database, key: str) -> str | None:
    """The value of a setting of the index, None when it is not set."""
    row = db.conn.execute("SELECT value FROM settings WHERE key = ?", (key,)).fetchone()
    if row is None:
        return None
    if not isinstance(row[0], str) or "\0" in row[0]:
        raise MalformedRowError(f"setting {key}")
    return row[0]


def set_setting(db: Database, key: str, value: str) -> None:
    """Store a setting of the index."""
    db.table("settings").upsert({"key": key, "value": value}, pk="key")


def _insert(db: Database, state: FileState, **columns: object) -> int:
    row = {
        "path": state.path,
        "sha256": state.sha256,
        "size": state.size,
        "modified": state.modified,
        "indexed_at": datetime.now(UTC).isoformat(timespec="seconds"),
        **columns,
    }
    # For a row at a time sqlite-utils asks for the table's columns anew, which takes longer than writing it.
    names, marks = ", ".join(row), ", ".join("?" * len(row))
    cursor = db.conn.execute(f"INSERT INTO documents ({names}) VALUES ({marks})", tuple(row.values()))  # noqa: S608
    return int(cursor.lastrowid or 0)


def _document(row: dict[str, Any], *, check: bool = True) -> StoredDocument:
    if not check:
        return StoredDocument(**{name: row.get(name) for name in DOCUMENT})  # type: ignore[arg-type]
    values = checked("documents", row, DOCUMENT)
    # No name of a file holds it, and asking the system for such a file is an error.
    if "\0" in values["path"]:
        raise MalformedRowError("path in a row of documents")
    return StoredDocument(**values)
