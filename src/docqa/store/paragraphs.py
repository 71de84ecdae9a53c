"""Reading the pages and paragraphs of documents, and paragraphs as they are written."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from docqa.documents.document import Page
from docqa.paragraphs.paragraph import Paragraph
from docqa.store.offsets import RANGE, pack_runs, unpack_ranges
from docqa.store.rows import PAGE, MalformedRowError, checked, paragraph_of, rows_among

if TYPE_CHECKING:
    from sqlite_utils import Database


@dataclass(frozen=True)
class StoredParagraph:
    """A paragraph as stored: its id, its document's id, its order in it, and the paragraph itself."""

    id: int
    document: int
    number: int
    paragraph: Paragraph


@dataclass(frozen=True)
class ParagraphColumns:
    """Paragraphs as they are stored, all values of a column together.

    `end_page` and `runs_before`, the number of runs on the first page, are those of paragraphs with a page break.
    """

    page: Sequence[int]
    start: Sequence[int]
    end: Sequence[int]
    text: Sequence[str]
    headings: Sequence[str]
    runs: Sequence[bytes]
    end_page: Sequence[int | None]
    runs_before: Sequence[int | None]


def paragraph_columns(paragraphs: Sequence[Paragraph]) -> ParagraphColumns:
    """Paragraphs as they are stored."""
    breaks = [paragraph.page_break for paragraph in paragraphs]
    return ParagraphColumns(
        page=[paragraph.page for paragraph in paragraphs],
        start=[paragraph.start for paragraph in paragraphs],
        end=[paragraph.end for paragraph in paragraphs],
        text=[paragraph.text for paragraph in paragraphs],
        headings=[_headings(paragraph.headings) for paragraph in paragraphs],
        runs=[pack_runs(paragraph.runs) for paragraph in paragraphs],
        end_page=[page_break.page if page_break else None for page_break in breaks],
        runs_before=[page_break.runs if page_break else None for page_break in breaks],
    )


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
    """The paragraphs of the given ids, by id. Raises `MalformedRowError` when one is not there."""
    wanted = list(numbers)
    found = {row["id"]: _paragraph(row) for row in rows_among(db, "paragraphs", "id", wanted)}
    check_all_there(found, wanted, "paragraph")
    return found


def page_of(db: Database, document: int, number: int) -> Page:
    """A page as it was extracted. Raises `MalformedRowError` when it is not there."""
    found = [_page(row) for row in db["pages"].rows_where("document = ? AND number = ?", [document, number])]
    if not found:
        raise MalformedRowError(f"row: page {number} of the document with the number {document} is not there")
    return found[0]


def pages_of(db: Database, document: int) -> list[Page]:
    """All pages of a document, in order."""
    rows = db["pages"].rows_where("document = ?", [document], order_by="number")
    return [_page(row) for row in rows]


@lru_cache(maxsize=256)
def _headings(headings: tuple[str, ...]) -> str:
    # Many paragraphs in a row stand under the same ones.
    return json.dumps(headings, ensure_ascii=False)


def check_all_there(found: Mapping[int, object], wanted: Iterable[int], what: str) -> None:
    """Raise `MalformedRowError` unless the rows of all wanted ids were found; `what` they are is said."""
    missing = next((number for number in wanted if number not in found), None)
    if missing is not None:
        raise MalformedRowError(f"row: the {what} with the number {missing} is not there")


def _paragraph(row: dict[str, Any]) -> StoredParagraph:
    numbers = checked("paragraphs", row, {"id": int, "document": int, "number": int})
    columns = ("page", "text", "headings", "runs", "end_page", "runs_before")
    paragraph = paragraph_of(*(row[name] for name in columns))
    if paragraph is None:
        raise MalformedRowError(f"paragraph with the number {numbers['id']}")
    return StoredParagraph(**numbers, paragraph=paragraph)


def _page(row: dict[str, Any]) -> Page:
    values = checked("pages", row, PAGE)
    left_out = values["left_out"] or b""
    if len(left_out) % RANGE.size:
        raise MalformedRowError("left_out in a row of pages")
    return Page(**{**values, "left_out": unpack_ranges(left_out)})
