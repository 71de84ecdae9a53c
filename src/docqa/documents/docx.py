"""DOCX through python-docx: paragraphs, headings by their style, tables row by row; then what stands beside."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

from docqa.documents.archive import open_archive
from docqa.documents.document import Document
from docqa.documents.drawings import drawings
from docqa.documents.foreign import in_one_line, library, reason
from docqa.documents.page_text import PageText
from docqa.documents.stated import author_line, language_tag
from docqa.documents.table import table_lines
from docqa.errors import DocumentError

PACKAGE = "python-docx"
WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
#: What stands for the text of a paragraph, and what of it was deleted or is said twice.
BLANKS = {f"{WORD}tab": " ", f"{WORD}br": "\n", f"{WORD}cr": "\n", f"{WORD}noBreakHyphen": "-"}
LEFT_OUT = {
    f"{WORD}del",
    f"{WORD}moveFrom",
    "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback",
}
HEADING_STYLE = re.compile(r"heading ([1-9])", re.IGNORECASE)
#: The depth of the outermost headings, for the document's title stands above them.
BELOW_TITLE = 2
#: Kinds of parts that hold paragraphs beside the body.
NOTES, AROUND_PAGES = ("/footnotes", "/endnotes", "/comments"), ("/header", "/footer")
#: Styles rest on others; in a damaged file they may do so in a circle.
MOST_STYLES = 20


def read_docx(data: bytes) -> Document:
    """Read a Word document. Raises `DocumentError` when it cannot be read, holds no text, or python-docx is missing."""
    docx = library("docx", PACKAGE)
    open_archive(data, "DOCX", "word/").close()
    page = PageText()
    try:
        document = docx.Document(io.BytesIO(data))
        levels = _heading_levels(document)
        for element in document.element.body:
            _add(page, element, levels)
        drawn = drawings(document.part, PACKAGE)
        for line in drawn.lines:
            page.add(line)
        _add_beside(page, document.part)
        title = in_one_line(document.core_properties.title)
        author = author_line([document.core_properties.author])
        language = language_tag(document.core_properties.language)
    except (DocumentError, MemoryError):
        raise
    except Exception as error:
        # python-docx raises KeyError, AttributeError, errors of lxml and more on damaged files.
        raise DocumentError("DOC-DAMAGED", f"The document is damaged or no DOCX ({reason(error)}).") from error
    if page.is_empty:
        raise DocumentError("DOC-NO-TEXT", "The document holds no text; what it shows may be pictures.")
    # python-docx gives a file without a title this one.
    if not title or title == "Word Document":
        title = page.first_heading
    notes = tuple(f"A chart or diagram could not be read ({failure})." for failure in drawn.failures)
    pages = (page.finish(1, guess=True),)
    return Document(pages, title, PACKAGE, docx.__version__, notes, author, language, "DOC-DAMAGED")


def _add_beside(page: PageText, part: Any) -> None:
    """Add notes and comments, then what stands above and below all pages, once where several sections have the same."""
    parse = library("docx.oxml", PACKAGE).parse_xml
    beside = [relation for relation in part.rels.values() if not relation.is_external]
    for relation in beside:
        if relation.reltype.endswith(NOTES):
            for note in parse(relation.target_part.blob):
                _add(page, note, {})
    seen: set[str] = set()
    for relation in beside:
        if relation.reltype.endswith(AROUND_PAGES):
            root = parse(relation.target_part.blob)
            text = _text(root)
            # Without a letter it is the number of a page.
            if text not in seen and any(map(str.isalpha, text)):
                seen.add(text)
                _add(page, root, {})


def _add(page: PageText, element: Any, levels: dict[str, int]) -> None:
    if element.tag in LEFT_OUT:
        return
    if element.tag == f"{WORD}p":
        text = _text(element)
        level = _level(element, levels)
        if level:
            page.add_heading(text, level)
        else:
            page.add(text)
    elif element.tag == f"{WORD}tbl":
        for line in _table_lines(element):
            page.add(line)
    elif isinstance(element.tag, str):
        # Content controls, marked insertions and the like hold paragraphs and tables.
        for child in element:
            _add(page, child, levels)


def _text(element: Any) -> str:
    """The text of a paragraph or a cell as it is shown, with what was inserted and without what was deleted."""
    parts: list[str] = []
    for child in element.iterchildren():
        if child.tag == f"{WORD}t":
            parts.append(child.text or "")
        elif child.tag in BLANKS:
            parts.append(BLANKS[child.tag])
        elif isinstance(child.tag, str) and child.tag not in LEFT_OUT:
            parts.append(_text(child))
            if child.tag == f"{WORD}p":
                parts.append("\n")
    return "".join(parts)


def _table_lines(table: Any) -> Iterator[str]:
    rows = [[_text(cell) for cell in _own(row, f"{WORD}tc")] for row in _own(table, f"{WORD}tr")]
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    # Columns have names where the first row says that it is a header, repeated on every page.
    names: list[str] = []
    if len(rows) > 1 and next(table.iter(f"{WORD}tblHeader"), None) is not None:
        names = rows.pop(0)
    return table_lines(names, rows)


def _own(element: Any, tag: str) -> Iterator[Any]:
    """The rows of a table or the cells of a row, without those of tables in its cells."""
    for child in element:
        if child.tag == tag:
            yield child
        elif isinstance(child.tag, str) and child.tag not in LEFT_OUT:
            yield from _own(child, tag)


def _level(paragraph: Any, levels: dict[str, int]) -> int:
    outline = paragraph.find(f"{WORD}pPr/{WORD}outlineLvl")
    if outline is not None and outline.get(f"{WORD}val", "9").isdecimal():
        level = int(outline.get(f"{WORD}val", "9"))
        return level + BELOW_TITLE if level < 9 else 0
    style = paragraph.find(f"{WORD}pPr/{WORD}pStyle")
    return levels.get(style.get(f"{WORD}val", ""), 0) if style is not None else 0


def _heading_levels(document: Any) -> dict[str, int]:
    """The depth of headings by the id of their style, also of styles made from those of headings."""
    levels = {}
    for style in document.styles:
        base = style
        for _ in range(MOST_STYLES):
            name = str(getattr(base, "name", "") or "")
            match = HEADING_STYLE.fullmatch(name)
            if match or name.lower() == "title":
                levels[str(style.style_id)] = int(match[1]) - 1 + BELOW_TITLE if match else 1
                break
            base = getattr(base, "base_style", None)
            if base is None:
                break
    return levels
