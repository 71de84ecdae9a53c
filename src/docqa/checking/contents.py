"""The stored text of a document: whether its pages, its paragraphs and their offsets agree."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from docqa.checking.file import is_text
from docqa.paragraphs.paragraph import Paragraph, wrong_offsets
from docqa.store.documents import StoredParagraph
from docqa.store.rows import paragraph_of

if TYPE_CHECKING:
    from sqlite_utils import Database

    from docqa.store.documents import StoredDocument

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
    stored = db.conn.execute("SELECT number, text, label FROM pages WHERE document = ?", (document.id,)).fetchall()
    pages: dict[int, str] = {
        number: text
        for number, text, label in stored
        if isinstance(number, int) and is_text(text) and (label is None or is_text(label))
    }
    problems = [f"Page {number} cannot be read." for number, _, _ in stored if number not in pages]
    if len(stored) != document.pages:
        problems.append(f"It has {len(stored)} stored pages and should have {document.pages}.")
    rows = db.conn.execute(
        'SELECT id, number, page, start, "end", text, headings, runs, terms FROM paragraphs WHERE document = ?',
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
        paragraph = _usable(page, *rest[:3]) if isinstance(number, int) and 0 < number <= HIGHEST else None
        if paragraph is None:
            unusable.append(number)
            wrong.append((order, "its text, its headings or its offsets cannot be read"))
            continue
        paragraphs.append(StoredParagraph(number, document.id, order, paragraph))
        lengths.append(rest[3])
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
        problems += _uncovered(pages, [entry.paragraph for entry in paragraphs])
    return Contents(tuple(paragraphs), tuple(lengths), tuple(unusable), tuple(problems))


def _usable(page: Any, text: Any, headings: Any, runs: Any) -> Paragraph | None:
    """A paragraph from the columns of its row, None when they are not what they should be."""
    paragraph = paragraph_of(page, text, headings, runs) if is_text(text) and is_text(headings) else None
    return paragraph if paragraph is not None and all(map(is_text, paragraph.headings)) else None


def _contradiction(paragraph: Paragraph, start: object, end: object, pages: Mapping[int, str]) -> str | None:
    """What of a paragraph is not as its page has it."""
    page = pages.get(paragraph.page)
    if page is None:
        return f"its page, {paragraph.page}, is not there"
    problem = wrong_offsets(paragraph, page)
    if problem is None and (start, end) != (paragraph.start, paragraph.end):
        return "its range of characters is not that of its offsets"
    return problem


def _uncovered(pages: Mapping[int, str], paragraphs: Sequence[Paragraph]) -> list[str]:
    """Pages of which something is in no paragraph, or in two: every character that is no blank is in one."""
    covered: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for paragraph in paragraphs:
        covered[paragraph.page] += [(run.page_start, run.page_start + run.length) for run in paragraph.runs]
    problems = []
    for number, text in sorted(pages.items()):
        position = 0
        for start, end in [*sorted(covered[number]), (len(text), len(text))]:
            if start < position or text[position:start].strip():
                problems.append(f"Some text of page {number} is in no paragraph, or in two.")
                break
            position = end
    return problems
