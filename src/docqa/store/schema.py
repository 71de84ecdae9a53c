"""The tables of the index, as named migrations."""

from __future__ import annotations

import struct

from sqlite_utils import Database, Migrations

#: Marks an SQLite file as an index of docqa ("docq" in ASCII).
APPLICATION_ID = 0x646F6371
#: Stored as user_version; a file with a higher one was written by a newer docqa.
SCHEMA_VERSION = 7

migrations = Migrations("docqa")


@migrations()
def m001_documents_pages_paragraphs(db: Database) -> None:
    """Documents with their ledger entry, pages as extracted, paragraphs with their offset maps."""
    db.table("settings").create({"key": str, "value": str}, pk="key")
    db.table("documents").create(
        {
            "id": int,
            "path": str,
            "sha256": str,
            "size": int,
            "modified": float,
            "status": str,
            "code": str,
            "error": str,
            "title": str,
            "pages": int,
            "paragraphs": int,
            "extractor": str,
            "extractor_version": str,
            "indexed_at": str,
        },
        pk="id",
        not_null={"path", "sha256", "size", "modified", "status", "title", "pages", "paragraphs", "indexed_at"},
    )
    db.table("documents").create_index(["path"], unique=True)
    db.table("documents").create_index(["sha256"])
    db.table("pages").create(
        {"document": int, "number": int, "label": str, "text": str},
        pk=("document", "number"),
        not_null={"text"},
        foreign_keys=[("document", "documents", "id")],
    )
    db.table("paragraphs").create(
        {
            "id": int,
            "document": int,
            "number": int,
            "page": int,
            "start": int,
            "end": int,
            "text": str,
            "headings": str,
            "runs": bytes,
            "terms": int,
        },
        pk="id",
        not_null={"document", "number", "page", "start", "end", "text", "headings", "runs", "terms"},
        foreign_keys=[("document", "documents", "id")],
    )
    db.table("paragraphs").create_index(["document", "number"], unique=True)


@migrations()
def m002_postings(db: Database) -> None:
    """The BM25 index: which paragraphs of which document hold a term, packed, and the corpus statistics."""
    db.table("terms").create({"id": int, "term": str}, pk="id", not_null={"term"})
    db.table("terms").create_index(["term"], unique=True)
    # A table of its own primary key order: a query reads the rows of a term one after the other.
    db.execute(
        "CREATE TABLE postings (term INTEGER NOT NULL REFERENCES terms(id), "
        "document INTEGER NOT NULL REFERENCES documents(id), data BLOB NOT NULL, "
        "PRIMARY KEY (term, document)) WITHOUT ROWID"
    )
    db.table("postings").create_index(["document"])
    db.table("statistics").create({"id": int, "paragraphs": int, "terms": int, "generation": int}, pk="id")
    db.table("statistics").insert({"id": 1, "paragraphs": 0, "terms": 0, "generation": 0})


@migrations()
def m003_segments(db: Database) -> None:
    """Postings in few large segments instead of a row for each term of each document; fresh documents beside them."""
    old = db.execute("SELECT term, document, data FROM postings ORDER BY term, document").fetchall()
    db.execute("DROP TABLE postings")
    db.table("segments").create(
        {"id": int, "entries": int, "paragraphs": int}, pk="id", not_null={"entries", "paragraphs"}
    )
    db.table("settled").create(
        {"document": int, "segment": int},
        pk="document",
        not_null={"segment"},
        foreign_keys=[("document", "documents", "id"), ("segment", "segments", "id")],
    )
    db.table("fresh").create(
        {"document": int, "entries": int, "data": bytes},
        pk="document",
        not_null={"entries", "data"},
        foreign_keys=[("document", "documents", "id")],
    )
    db.execute(
        "CREATE TABLE postings (term INTEGER NOT NULL REFERENCES terms(id), "
        "segment INTEGER NOT NULL REFERENCES segments(id), count INTEGER NOT NULL, gone INTEGER NOT NULL, "
        "most INTEGER NOT NULL, shortest INTEGER NOT NULL, data BLOB NOT NULL, "
        "PRIMARY KEY (term, segment)) WITHOUT ROWID"
    )
    db.execute(
        "CREATE TABLE removed (segment INTEGER NOT NULL REFERENCES segments(id), paragraph INTEGER NOT NULL, "
        "PRIMARY KEY (segment, paragraph)) WITHOUT ROWID"
    )
    _into_fresh(db, old)


@migrations()
def m004_page_breaks(db: Database) -> None:
    """Where paragraphs go on over a page break, what pages leave out of them, and how documents were divided."""
    db.execute("ALTER TABLE paragraphs ADD COLUMN end_page INTEGER")
    db.execute("ALTER TABLE paragraphs ADD COLUMN runs_before INTEGER")
    db.execute("ALTER TABLE pages ADD COLUMN left_out BLOB")
    # Documents of earlier versions were divided in the first way.
    db.execute("ALTER TABLE documents ADD COLUMN segmentation INTEGER NOT NULL DEFAULT 1")


@migrations()
def m005_copies(db: Database) -> None:
    """Files that hold the bytes of a document as its copies; how long reading took, and what was tried in vain."""
    db.table("copies").create(
        {"path": str, "document": int, "modified": float},
        pk="path",
        not_null={"document", "modified"},
        foreign_keys=[("document", "documents", "id")],
    )
    db.table("copies").create_index(["document"])
    db.table("documents").add_column("seconds", float)
    db.table("documents").add_column("tried", str)


@migrations()
def m006_metadata(db: Database) -> None:
    """The author and the language that a document states; null where it was indexed before they were kept."""
    db.table("documents").add_column("author", str)
    db.table("documents").add_column("language", str)


@migrations()
def m007_page_extractor(db: Database) -> None:
    """What the text of a page is from, where that differs from page to page; pages of older indexes do not say."""
    db.table("pages").add_column("extractor", str)


@migrations()
def m008_packed_postings(db: Database) -> None:
    """Postings in as few bytes as they need, four each in most rows, instead of eight."""
    import numpy as np

    after = (0, 0)
    while True:
        # Some at a time: all of a large index would take more memory than anything else does.
        rows = db.execute(
            "SELECT term, segment, data FROM postings WHERE (term, segment) > (?, ?) ORDER BY term, segment LIMIT 1000",
            after,
        ).fetchall()
        if not rows:
            return
        packed = []
        for term, segment, data in rows:
            if not (isinstance(data, bytes) and data and len(data) % 8 == 0):
                # Damage stays what it is, and is found by who looks for it.
                continue
            count = len(data) // 8
            paragraphs = np.frombuffer(data, "<u4", count)
            frequencies = np.frombuffer(data, "<u2", count, 4 * count)
            lengths = np.frombuffer(data, "<u2", count, 6 * count)
            distances = paragraphs - paragraphs[0]
            wide, many = (4 if distances.max() > 0xFFFF else 2), (2 if frequencies.max() > 0xFF else 1)
            columns = (
                distances.astype(f"<u{wide}"),
                frequencies.astype(f"<u{many}"),
                np.minimum(lengths, 0xFF).astype("<u1"),
                lengths[lengths >= 0xFF],
            )
            head = struct.pack("<IIHBB", int(paragraphs[0]), count, 0, wide, many)
            packed.append((head + b"".join(column.tobytes() for column in columns), term, segment))
        db.conn.executemany("UPDATE postings SET data = ? WHERE term = ? AND segment = ?", packed)
        after = rows[-1][:2]


def _into_fresh(db: Database, old: list[tuple[int, int, bytes]]) -> None:
    """Each document's old rows (paragraph id, occurrences, length: 4, 2 and 2 bytes a posting) as a fresh one."""
    import numpy as np

    posting = np.dtype([("paragraph", "<u4"), ("frequency", "<u2"), ("length", "<u2")])
    by_document: dict[int, list[tuple[int, bytes]]] = {}
    for term, document, data in old:
        by_document.setdefault(document, []).append((term, data))
    for document, rows in by_document.items():
        postings = np.frombuffer(b"".join(data for _, data in rows), posting)
        terms = np.repeat(np.array([term for term, _ in rows], "<u4"), [len(data) // 8 for _, data in rows])
        columns = [terms, *(postings[name] for name in ("paragraph", "frequency", "length"))]
        packed = b"".join(column.tobytes() for column in columns)
        db.execute("INSERT INTO fresh (document, entries, data) VALUES (?, ?, ?)", (document, len(terms), packed))
