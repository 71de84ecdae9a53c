"""Rows of an index as values, refused where they hold what docqa never writes.

SQLite keeps a value of any kind in any column, so an index that somebody sent or damaged can hold anything.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from types import NoneType
from typing import TYPE_CHECKING, Any

from docqa.paragraphs.paragraph import PageBreak, Paragraph
from docqa.store.offsets import RUN, unpack_runs

if TYPE_CHECKING:
    from sqlite_utils import Database

#: The kinds of value that a column holds, by its name.
Kinds = Mapping[str, type | tuple[type, ...]]

TEXT_OR_NONE = (str, NoneType)
DOCUMENT: Kinds = {
    "id": int,
    "path": str,
    "sha256": str,
    "size": int,
    "modified": (int, float),
    "status": str,
    "code": TEXT_OR_NONE,
    "error": TEXT_OR_NONE,
    "title": str,
    "pages": int,
    "paragraphs": int,
    "extractor": TEXT_OR_NONE,
    "extractor_version": TEXT_OR_NONE,
    "indexed_at": str,
    "segmentation": int,
    "seconds": (int, float, NoneType),
    "tried": TEXT_OR_NONE,
    "author": TEXT_OR_NONE,
    "language": TEXT_OR_NONE,
}
COPY: Kinds = {"path": str, "document": int, "modified": (int, float)}
PAGE: Kinds = {
    "number": int,
    "text": str,
    "label": TEXT_OR_NONE,
    "extractor": TEXT_OR_NONE,
    "left_out": (bytes, NoneType),
}


class MalformedRowError(sqlite3.DatabaseError):
    """A row holds what docqa never writes there; told like damage that SQLite finds itself."""

    def __init__(self, what: str) -> None:
        super().__init__(f"malformed {what}")


def wrong_column(row: Mapping[str, Any], kinds: Kinds) -> str | None:
    """The first column that a row lacks or that holds a value of another kind, None when all are right.

    >>> wrong_column({"id": 1, "path": b"a"}, {"id": int, "path": str})
    'path'
    """
    # A plain loop: an index of many documents asks this of every one of them in each run.
    for name, kind in kinds.items():
        if not isinstance(row.get(name, ...), kind):
            return name
    return None


def checked(table: str, row: Mapping[str, Any], kinds: Kinds) -> dict[str, Any]:
    """The columns of a row that have a kind, without others. Raises `MalformedRowError` when one is wrong."""
    wrong = wrong_column(row, kinds)
    if wrong is not None:
        raise MalformedRowError(f"{wrong} in a row of {table}")
    return {name: row[name] for name in kinds}


def rows_among(db: Database, table: str, column: str, values: Sequence[int]) -> Iterator[dict[str, Any]]:
    """The rows of a table whose column has one of the values, which are few."""
    # What sqlite-utils asks of a table before it reads it takes as long as reading twenty rows.
    marks = ",".join("?" * len(values))
    cursor = db.conn.execute(f'SELECT * FROM "{table}" WHERE "{column}" IN ({marks})', values)  # noqa: S608
    names = [name for name, *_ in cursor.description]
    for row in cursor:
        yield dict(zip(names, row, strict=True))


def checked_bytes(data: object, table: str) -> bytes:
    """A packed value. Raises `MalformedRowError` when it is none."""
    if not isinstance(data, bytes):
        raise MalformedRowError(f"data in a row of {table}")
    return data


def paragraph_of(
    page: object, text: object, headings: object, runs: object, end_page: object, runs_before: object
) -> Paragraph | None:
    """A paragraph from the columns of its row, None when they are not what they should be."""
    if not (isinstance(page, int) and isinstance(text, str) and isinstance(headings, str) and isinstance(runs, bytes)):
        return None
    count, rest = divmod(len(runs), RUN.size)
    if not count or rest:
        return None
    page_break: PageBreak | None = None
    if isinstance(end_page, int) and isinstance(runs_before, int) and 0 < runs_before < count:
        page_break = PageBreak(runs_before, end_page)
    elif end_page is not None or runs_before is not None:
        return None
    try:
        titles = json.loads(headings)
    except (ValueError, RecursionError):
        return None
    if not isinstance(titles, list) or not all(isinstance(title, str) for title in titles):
        return None
    return Paragraph(page, text, unpack_runs(runs), tuple(titles), page_break)
