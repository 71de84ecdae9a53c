"""The stored text of a document: whether its pages, its paragraphs and their offsets agree."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from docqa.checking.file import is_text
from docqa.paragraphs.agreement import runs_by_page, wrong_offsets
from docqa.paragraphs.characters import NOT_SEEN, READ_AS_BLANK
from docqa.paragraphs.paragraph import Paragraph
from docqa.store.offsets import RANGE, unpack_ranges
from docqa.store.paragraphs import StoredParagraph
from docqa.store.rows import paragraph_of

if TYPE_CHECKING:
    from sqlite_utils import Database

    from docqa.store.documents import StoredDocument

#: A word that is broken at the end of a line is joined without its hyphen.
BROKEN = re.compile(r"[-\u2010]\s*[\r\n\f\v\x1c-\x1e\x85\u2028\u2029]")
#: Paragraph ids are stored in 32 bits in the inverted index.
HIGHEST = 0xFFFFFFFF


@dataclass(frozen=True)
class Contents:
    """The paragraphs of a document that can be read, the number of terms stored with each, and what is wrong.

    `unusable` are the rows of the others; `problems` are sentences without the name of the document.
    """

    paragraphs: tuple[StoredParagraph, ...]
    lengths: tuple[object, ...]
    unusable: tuple[int, ...]
    problems: tuple[str, ...]


def contents_of(db: Database, document: StoredDocument) -> Contents:
    """Read a document's pages and paragraphs, and compare them."""
    stored = db.conn.execute(
        "SELECT number, text, label, left_out FROM pages WHERE document = ?", (document.id,)
    ).fetchall()
    pages: dict[int, str] = {
        number: text
        for number, text, label, left_out in stored
        if isinstance(number, int) and is_text(text) and (label is None or is_text(label)) and _are_ranges(left_out)
    }
    left_out = {number: unpack_ranges(ranges or b"") for number, _, _, ranges in stored if number in pages}
    problems = [f"Page {number} cannot be read." for number, *_ in stored if number not in pages]
    if len(stored) != document.pages:
        problems.append(f"It has {len(stored)} stored pages and should have {document.pages}.")
    rows = db.conn.execute(
        'SELECT id, number, page, start, "end", text, headings, runs, end_page, runs_before, terms '
        "FROM paragraphs WHERE document = ?",
        (document.id,),
    ).fetchall()
    # By id, which the postings of a term are in the order of, whatever damage the numbers took.
    rows.sort(key=lambda row: row[0])
    if len(rows) != document.paragraphs:
        problems.append(f"It has {len(rows)} stored paragraphs and should have {document.paragraphs}.")
    elif [row[1] for row in rows] != list(range(len(rows))):
        problems.append("Its paragraphs are not numbered one after the other.")
    paragraphs, lengths, unusable, wrong = [], [], [], []
    for number, order, page, start, end, *rest in rows:
        paragraph = _usable(page, *rest[:5]) if isinstance(number, int) and 0 < number <= HIGHEST else None
        if paragraph is None:
            unusable.append(number)
            wrong.append((order, "its text, its headings or its offsets cannot be read"))
            continue
        paragraphs.append(StoredParagraph(number, document.id, order, paragraph))
        lengths.append(rest[5])
        problem = _contradiction(paragraph, start, end, pages)
        if problem:
            wrong.append((order, problem))
    if wrong:
        order, problem = wrong[0]
        problems.append(
            f"{len(wrong)} of its {len(rows)} paragraphs do not agree with its pages; "
            f"in the first of them, number {order}, {problem}."
        )
    else:
        problems += uncovered(pages, left_out, [entry.paragraph for entry in paragraphs])
    return Contents(tuple(paragraphs), tuple(lengths), tuple(unusable), tuple(problems))


def _are_ranges(left_out: Any) -> bool:
    return left_out is None or (isinstance(left_out, bytes) and len(left_out) % RANGE.size == 0)


def _usable(page: Any, text: Any, headings: Any, runs: Any, end_page: Any, runs_before: Any) -> Paragraph | None:
    """A paragraph from the columns of its row, None when they are not what they should be."""
    if not (is_text(text) and is_text(headings)):
        return None
    paragraph = paragraph_of(page, text, headings, runs, end_page, runs_before)
    return paragraph if paragraph is not None and all(map(is_text, paragraph.headings)) else None


def _contradiction(paragraph: Paragraph, start: object, end: object, pages: Mapping[int, str]) -> str | None:
    """What of a paragraph is not as its pages have it."""
    for number in (paragraph.page, paragraph.end_page):
        if number not in pages:
            return f"its page, {number}, is not there"
    if paragraph.end_page not in {paragraph.page, paragraph.page + 1}:
        return f"it goes on from page {paragraph.page} on page {paragraph.end_page}"
    problem = wrong_offsets(paragraph, pages)
    if problem is None and (start, end) != (paragraph.start, paragraph.end):
        return "its range of characters is not that of its offsets"
    return problem


def uncovered(
    pages: Mapping[int, str], left_out: Mapping[int, Sequence[tuple[int, int]]], paragraphs: Sequence[Paragraph]
) -> list[str]:
    """Pages of which something that is read is in no paragraph and not left out, or is so twice."""
    covered: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for paragraph in paragraphs:
        for number, runs in runs_by_page(paragraph):
            covered[number] += [(run.page_start, run.page_end) for run in runs]
    problems = []
    for number, text in sorted(pages.items()):
        position = 0
        for start, end in [*sorted([*covered[number], *left_out[number]]), (len(text), len(text))]:
            if start < position or end > len(text) or _is_lost(text, position, start):
                problems.append(f"Some text of page {number} is in no paragraph, or in two.")
                break
            position = end
    return problems


def _is_lost(text: str, start: int, end: int) -> bool:
    """Whether text between two runs should be in one: not what is not read, nor the hyphen of a broken word."""
    between = text[start:end]
    if not between or between.isspace():
        return False
    between = READ_AS_BLANK.sub(" ", NOT_SEEN.sub("", between))
    # The end of a page breaks words as well.
    broken = BROKEN.match(between + "\n" if end == len(text) else between)
    return bool((between[1:] if broken else between).strip())
