"""OpenDocument texts and presentations (ODT, ODP) through lxml: as DOCX and PPTX are read, a slide being a page."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from docqa.documents.archive import open_archive, read_part, read_xml
from docqa.documents.document import Document, Page
from docqa.documents.foreign import in_one_line, library
from docqa.documents.html import PACKAGE, lxml_version
from docqa.documents.opendocument_table import (
    NAMES,
    STYLE,
    TABLE,
    TEXT,
    Weights,
    names_its_columns,
    own_rows,
    style_weights,
)
from docqa.documents.page_text import PageText
from docqa.documents.stated import Stated, author_line, language_tag
from docqa.documents.table import table_lines
from docqa.errors import DocumentError

if TYPE_CHECKING:
    from zipfile import ZipFile

DRAWING, OFFICE, SLIDE = (NAMES % part for part in ("drawing", "office", "presentation"))
PARAGRAPHS = {f"{TEXT}p", f"{TEXT}h"}
#: What was deleted, what is made of other text, and what is read at the end.
LEFT_OUT = {
    f"{TEXT}tracked-changes",
    f"{TEXT}table-of-content",
    f"{TEXT}alphabetical-index",
    f"{TEXT}ruby-text",
    f"{SLIDE}notes",
    f"{TABLE}covered-table-cell",
}
NOTES = {f"{TEXT}note", f"{OFFICE}annotation"}
#: The depth of the outermost headings, for the document's title stands above them.
BELOW_TITLE = 1
#: No file needs more blanks in a row, or columns without a cell of their own, whatever it says.
MOST_REPEATED = 100
MANIFEST, CONTENT, META, STYLES = "META-INF/manifest.xml", "content.xml", "meta.xml", "styles.xml"
#: Above and below pages, of the left ones and the first one where these have their own.
AROUND_PAGES = [f"{STYLE}{where}{which}" for where in ("header", "footer") for which in ("", "-left", "-first")]


def read_odt(data: bytes) -> Document:
    """Read an OpenDocument text. Raises `DocumentError` when it cannot be read, holds no text, or lxml is missing."""
    library("lxml.etree", PACKAGE)
    with _opened(data, "ODT") as archive:
        content = read_xml(archive, CONTENT)
        body = _Body(archive, _weights(archive, content))
        body.add(content)
        body.add_around_pages()
        body.add_rest()
        stated = _stated(archive)
    if body.page.is_empty:
        raise DocumentError("DOC-NO-TEXT", "The document holds no text; what it shows may be pictures.")
    title = stated.title or body.page.first_heading
    return _document((body.page.finish(1, guess=True),), title, stated)


def read_odp(data: bytes) -> Document:
    """Read an OpenDocument presentation. Raises `DocumentError` as `read_odt` does."""
    library("lxml.etree", PACKAGE)
    with _opened(data, "ODP") as archive:
        pages, first = [], ""
        content = read_xml(archive, CONTENT)
        weights = _weights(archive, content)
        for number, slide in enumerate(content.iter(f"{DRAWING}page"), start=1):
            body = _Body(archive, weights)
            for child in slide:
                body.add(child)
            for frame in slide.iterfind(f"{SLIDE}notes/{DRAWING}frame[@{SLIDE}class='notes']"):
                body.add(frame)
            body.add_rest()
            first = first or body.page.first_heading
            pages.append(body.page.finish(number))
        stated = _stated(archive)
    if not any(page.text for page in pages):
        raise DocumentError("DOC-NO-TEXT", "The presentation holds no text; what it shows may be pictures.")
    return _document(tuple(pages), stated.title or first, stated)


class _Body:
    """The text of a document or a slide in the making, with what is read after it: notes, comments and charts."""

    def __init__(self, archive: ZipFile, weights: Weights) -> None:
        self.page = PageText()
        self._archive = archive
        self._weights = weights
        self._later: list[Any] = []
        self._objects: list[str] = []

    def add(self, element: Any) -> None:
        """Add the paragraphs, headings and tables that an element is or holds."""
        tag = element.tag
        if not isinstance(tag, str) or tag in LEFT_OUT:
            return
        if tag in PARAGRAPHS:
            shapes: list[Any] = []
            text = self._text(element, shapes)
            if tag == f"{TEXT}h":
                self.page.add_heading(text, BELOW_TITLE + _number(element, f"{TEXT}outline-level"))
            else:
                self.page.add(text)
            for shape in shapes:
                self.add(shape)
        elif tag == f"{TABLE}table":
            for line in self._lines(element):
                self.page.add(line)
        elif tag == f"{DRAWING}frame" and element.get(f"{SLIDE}class") == "title":
            self.page.add_heading(self._words(element), 1)
        elif tag == f"{DRAWING}object":
            self._objects.append(element.get("{http://www.w3.org/1999/xlink}href") or "")
        else:
            for child in element:
                self.add(child)

    def add_rest(self) -> None:
        """Add charts, then foot- and endnotes and comments, each in their order."""
        unread = set(self._archive.namelist()) - {CONTENT}
        # An object is a document of its own, in a folder of the archive; it can hold others.
        while self._objects:
            part = posixpath.normpath(posixpath.join(unquote(self._objects.pop(0)), CONTENT))
            if part in unread:
                unread.remove(part)
                self.add(read_xml(self._archive, part))
        while self._later:
            note = self._later.pop(0)
            for child in note:
                self.add(child)

    def add_around_pages(self) -> None:
        """Add what stands above and below all pages, once where several kinds of pages have the same."""
        if STYLES not in self._archive.namelist():
            return
        seen: set[str] = set()
        for element in read_xml(self._archive, STYLES).iter(*AROUND_PAGES):
            words = "".join(element.itertext())
            # Without a letter it is the number of a page.
            if words not in seen and any(map(str.isalpha, words)):
                seen.add(words)
                self.add(element)

    def _text(self, element: Any, shapes: list[Any]) -> str:
        """The text of a paragraph as it is shown; frames and shapes in it go to `shapes`, notes to the end."""
        parts = [_collapsed(element.text)]
        for child in element:
            if child.tag in NOTES:
                self._later.append(child)
            elif child.tag == f"{TEXT}s":
                parts.append(" " * _number(child, f"{TEXT}c"))
            elif child.tag == f"{TEXT}tab":
                parts.append(" ")
            elif child.tag == f"{TEXT}line-break":
                parts.append("\n")
            elif isinstance(child.tag, str) and child.tag.startswith(DRAWING) and child.tag != f"{DRAWING}a":
                shapes.append(child)
            elif isinstance(child.tag, str) and child.tag not in LEFT_OUT:
                parts.append(self._text(child, shapes))
            parts.append(_collapsed(child.tail))
        return "".join(parts)

    def _words(self, element: Any) -> str:
        """All text of an element in one line."""
        if element.tag in PARAGRAPHS:
            shapes: list[Any] = []
            return " ".join([self._text(element, shapes), *map(self._words, shapes)])
        inner = (child for child in element if isinstance(child.tag, str) and child.tag not in LEFT_OUT)
        return " ".join(filter(None, map(self._words, inner)))

    def _lines(self, table: Any) -> Iterator[str]:
        rows = [self._cells(row) for row in own_rows(table)]
        names = rows.pop(0) if len(rows) > 1 and names_its_columns(table, self._weights) else []
        return table_lines(names, rows)

    def _cells(self, row: Any) -> list[str]:
        cells: list[str] = []
        for cell in row:
            # A cell that another one covers is empty, or holds what is not shown.
            if cell.tag in {f"{TABLE}table-cell", f"{TABLE}covered-table-cell"}:
                words = self._words(cell) if cell.tag not in LEFT_OUT else ""
                cells += [words] * _number(cell, f"{TABLE}number-columns-repeated")
        return cells


def _collapsed(text: str | None) -> str:
    # Blanks that count are elements; what stands in the XML is one, however long.
    return re.sub(r"[ \t\r\n]+", " ", text) if text else ""


def _number(element: Any, name: str) -> int:
    told = element.get(name) or "1"
    return min(int(told[:9]), MOST_REPEATED) if told.isascii() and told.isdecimal() else 1


def _opened(data: bytes, kind: str) -> ZipFile:
    archive = open_archive(data, kind, MANIFEST)
    if b"encryption-data" in read_part(archive, MANIFEST):
        raise DocumentError("DOC-ENCRYPTED", "The document needs a password; save it without one.")
    return archive


def _weights(archive: ZipFile, content: Any) -> Weights:
    common = [read_xml(archive, STYLES)] if STYLES in archive.namelist() else []
    return style_weights([*common, content])


def _stated(archive: ZipFile) -> Stated:
    if META not in archive.namelist():
        return Stated()
    meta = read_xml(archive, META)
    # The other name of a person is that of the last who saved it.
    author = meta.findtext(".//{*}initial-creator") or meta.findtext(".//{*}creator")
    return Stated(
        in_one_line(meta.findtext(".//{*}title")),
        author_line([author]),
        language_tag(meta.findtext(".//{*}language")),
    )


def _document(pages: tuple[Page, ...], title: str, stated: Stated) -> Document:
    return Document(pages, title, PACKAGE, lxml_version(), (), stated.author, stated.language)
