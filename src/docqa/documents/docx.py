"""DOCX through python-docx: paragraphs, headings by their style, tables row by row; then what stands beside."""

from __future__ import annotations

import io
import re
from typing import Any

from docqa.documents.archive import open_archive
from docqa.documents.document import Document
from docqa.documents.docx_table import MOST_STYLES, Styles, bold_styles, docx_table_lines
from docqa.documents.drawings import drawings
from docqa.documents.foreign import in_one_line, library, reason
from docqa.documents.page_text import PageText
from docqa.documents.stated import author_line, language_tag
from docqa.documents.word_xml import LEFT_OUT, WORD, text_of
from docqa.errors import DocumentError

PACKAGE = "python-docx"
HEADING_STYLE = re.compile(r"heading ([1-9])", re.IGNORECASE)
#: The depth of the outermost headings, for the document's title stands above them.
BELOW_TITLE = 2
#: Kinds of parts that hold paragraphs beside the body.
NOTES, AROUND_PAGES = ("/footnotes", "/endnotes", "/comments"), ("/header", "/footer")


def read_docx(data: bytes) -> Document:
    """Read a Word document. Raises `DocumentError` when it cannot be read, holds no text, or python-docx is missing."""
    docx = library("docx", PACKAGE)
    open_archive(data, "DOCX", "word/").close()
    page = PageText()
    try:
        document = docx.Document(io.BytesIO(data))
        styles = bold_styles(document.styles.element)
        levels = _heading_levels(document)
        for element in document.element.body:
            _add(page, element, levels, styles)
        drawn = drawings(document.part, PACKAGE)
        for line in drawn.lines:
            page.add(line)
        _add_beside(page, document.part, styles)
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


def _add_beside(page: PageText, part: Any, styles: Styles) -> None:
    """Add notes and comments, then what stands above and below all pages, once where several sections have the same."""
    parse = library("docx.oxml", PACKAGE).parse_xml
    beside = [relation for relation in part.rels.values() if not relation.is_external]
    for relation in beside:
        if relation.reltype.endswith(NOTES):
            for note in parse(relation.target_part.blob):
                _add(page, note, {}, styles)
    seen: set[str] = set()
    for relation in beside:
        if relation.reltype.endswith(AROUND_PAGES):
            root = parse(relation.target_part.blob)
            text = text_of(root)
            # Without a letter it is the number of a page.
            if text not in seen and any(map(str.isalpha, text)):
                seen.add(text)
                _add(page, root, {}, styles)


def _add(page: PageText, element: Any, levels: dict[str, int], styles: Styles) -> None:
    if element.tag in LEFT_OUT:
        return
    if element.tag == f"{WORD}p":
        text = text_of(element)
        level = _level(element, levels)
        if level:
            page.add_heading(text, level)
        else:
            page.add(text)
    elif element.tag == f"{WORD}tbl":
        for line in docx_table_lines(element, styles):
            page.add(line)
    elif isinstance(element.tag, str):
        # Content controls, marked insertions and the like hold paragraphs and tables.
        for child in element:
            _add(page, child, levels, styles)


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
