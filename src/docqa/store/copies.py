"""Copies: further files that hold the very bytes of a document, and share its pages and paragraphs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from docqa.store.documents import FileState, StoredDocument, move_document, stored_documents
from docqa.store.rows import COPY, checked

if TYPE_CHECKING:
    from sqlite_utils import Database


@dataclass(frozen=True)
class Copy:
    """A row of the table copies: a file's path, the id of the document it is a copy of, and its time of change."""

    path: str
    document: int
    modified: float


def stored_copies(db: Database) -> list[Copy]:
    """All copies, in the order of their paths."""
    return [Copy(**checked("copies", row, COPY)) for row in db["copies"].rows_where(order_by="path")]


def stored_files(db: Database) -> list[StoredDocument]:
    """All files, in the order of their paths: the documents, and each copy as the document that it would be alone."""
    documents = stored_documents(db)
    by_id = {document.id: document for document in documents}
    copies = [
        replace(by_id[copy.document], path=copy.path, modified=copy.modified)
        for copy in stored_copies(db)
        if copy.document in by_id
    ]
    return sorted([*documents, *copies], key=lambda document: document.path)


def paths_of(db: Database, documents: Iterable[int]) -> dict[int, list[str]]:
    """The paths of the files of documents, by the document's id: its own one and those of its copies, in order."""
    wanted = sorted(set(documents))
    marks = ",".join("?" * len(wanted))
    found: dict[int, list[str]] = defaultdict(list)
    rows = db.conn.execute(
        f"SELECT id, path FROM documents WHERE id IN ({marks}) "  # noqa: S608
        f"UNION ALL SELECT document, path FROM copies WHERE document IN ({marks}) ORDER BY 2",
        [*wanted, *wanted],
    )
    for number, path in rows:
        checked("copies", {"path": path}, {"path": str})
        found[number].append(path)
    return dict(found)


def holds(db: Database, path: str) -> bool:
    """Whether the index has a file at a path, or in it when that is a folder."""
    # The sign after the slash: between the two is all that begins with the folder.
    row = db.conn.execute(
        "SELECT EXISTS (SELECT 1 FROM documents WHERE path = :path OR (path > :path || '/' AND path < :path || '0')) "
        "OR EXISTS (SELECT 1 FROM copies WHERE path = :path OR (path > :path || '/' AND path < :path || '0'))",
        {"path": path},
    )
    return bool(row.fetchone()[0])


def place_documents(db: Database, places: Mapping[int, Sequence[FileState]]) -> None:
    """Give documents their files, by the document's id: the first one is the document's own, the others are copies.

    No other document may stand at one of these paths; these documents themselves may stand at each other's.
    """
    for number in places:
        # Out of each other's way: no file has such a path.
        db.conn.execute("UPDATE documents SET path = char(0) || id WHERE id = ?", (number,))
        db.conn.execute("DELETE FROM copies WHERE document = ?", (number,))
    for number, (own, *others) in places.items():
        forget_copies(db, [state.path for state in (own, *others)])
        move_document(db, number, own)
        db.conn.executemany(
            "INSERT INTO copies (path, document, modified) VALUES (?, ?, ?)",
            [(state.path, number, state.modified) for state in others],
        )


def forget_copies(db: Database, paths: Sequence[str]) -> None:
    """What stands at these paths is no copy any more."""
    db.conn.executemany("DELETE FROM copies WHERE path = ?", [(path,) for path in paths])
