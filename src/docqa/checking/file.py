"""The SQLite file of an index: SQLite's own check, rows that lead nowhere, and reading text that is none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from docqa.checking.report import ANEW, FILE, REPAIR, ROWS, Finding

if TYPE_CHECKING:
    from sqlite_utils import Database

#: So many of SQLite's remarks are told: the rest mostly follows from the first.
REMARKS = 10


@contextmanager
def undecoded(db: Database) -> Iterator[None]:
    """Text whose bytes are no UTF-8 is given with escapes for these, instead of an error that ends the check."""
    before = db.conn.text_factory
    db.conn.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
    try:
        yield
    finally:
        db.conn.text_factory = before


def is_text(value: object) -> bool:
    """Whether a value is text that was UTF-8 in the file."""
    if not isinstance(value, str):
        return False
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def damage(db: Database) -> list[Finding]:
    """What SQLite says of the file: its pages, its own indexes, values that are missing or of the wrong kind."""
    remarks = [
        line
        for (remark,) in db.conn.execute(f"PRAGMA integrity_check({REMARKS})").fetchall()
        for line in str(remark).splitlines()
        if line != "ok" and not line.startswith("***")
    ]
    return [Finding(FILE, f"SQLite finds the file damaged: {remark.strip()}.", ANEW) for remark in remarks[:REMARKS]]


def lost_rows(db: Database) -> list[Finding]:
    """Rows that refer to a row which is not there, told together for each table."""
    broken = Counter(
        (str(table), str(parent)) for table, _, parent, _ in db.conn.execute("PRAGMA foreign_key_check").fetchall()
    )
    return [
        Finding(
            ROWS,
            f"{count} of the rows of the table {table} refer to rows of the table {parent} that are not there.",
            REPAIR,
        )
        for (table, parent), count in sorted(broken.items())
    ]
