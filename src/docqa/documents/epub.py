"""EPUB: a zip archive of XHTML files, read in the order of the book by the reader of HTML; each is a page.

The readers of EPUB among Python's libraries are copyleft or no longer kept, and add nothing to zipfile and lxml.
"""

from __future__ import annotations

import logging
import posixpath
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from docqa.documents.archive import open_archive, read_part, read_xml
from docqa.documents.document import Document, Page
from docqa.documents.foreign import in_one_line, library
from docqa.documents.html import PACKAGE, add_html, decode_html, lxml_version
from docqa.documents.page_text import PageText
from docqa.documents.stated import author_line, language_tag
from docqa.errors import DocumentError

if TYPE_CHECKING:
    from zipfile import ZipFile

CONTAINER = "META-INF/container.xml"
ENCRYPTION = "META-INF/encryption.xml"
OF_TEXT = frozenset({"application/xhtml+xml", "text/html", "application/xml"})

logger = logging.getLogger(__name__)


def read_epub(data: bytes) -> Document:
    """Read a book. Raises `DocumentError` when it cannot be read, is protected, holds no text, or lxml is missing."""
    library("lxml.etree", PACKAGE)
    with open_archive(data, "EPUB", CONTAINER) as archive:
        package_path = _package_path(archive)
        package = read_xml(archive, package_path)
        chapters = _chapters(package, posixpath.dirname(package_path))
        if not _protected(archive).isdisjoint(chapters):
            raise DocumentError(
                "DOC-ENCRYPTED", "The book is protected against copying; get a copy without protection."
            )
        pages, failures = _pages(archive, chapters)
    if pages and len(failures) == len(pages):
        raise DocumentError("DOC-DAMAGED", f"No chapter of the book could be read. {failures[0]}")
    if not any(page.text for page in pages):
        raise DocumentError("DOC-NO-TEXT", "The book holds no text; its pages may be pictures.")
    title = in_one_line(package.findtext(".//{*}metadata/{*}title"))
    author = author_line(creator.text for creator in package.iterfind(".//{*}metadata/{*}creator"))
    # The first of several is the book's, the others are those of parts of it.
    language = language_tag(package.findtext(".//{*}metadata/{*}language"))
    return Document(tuple(pages), title, PACKAGE, lxml_version(), tuple(failures), author, language)


def _pages(archive: ZipFile, chapters: list[str]) -> tuple[list[Page], list[str]]:
    pages, failures = [], []
    for number, name in enumerate(chapters, start=1):
        page = PageText()
        try:
            data = read_part(archive, name)
            if data.strip():
                add_html(page, decode_html(data))
        except DocumentError as error:
            logger.info("%s: %r", name, error)
            # A file of the book without text, such as a cover, is no failure.
            if error.code != "TXT-EMPTY":
                failures.append(f"Chapter {number} could not be read: {error}")
        pages.append(page.finish(number, guess=True))
    return pages, failures


def _package_path(archive: ZipFile) -> str:
    root = read_xml(archive, CONTAINER).find(".//{*}rootfile")
    path = root.get("full-path") if root is not None else None
    if not path:
        raise DocumentError("DOC-DAMAGED", "The book does not say where its chapters are. Get a fresh copy of it.")
    return str(path)


def _chapters(package: Any, folder: str) -> list[str]:
    items = {
        item.get("id"): posixpath.normpath(posixpath.join(folder, unquote(item.get("href", ""))))
        for item in package.iterfind(".//{*}manifest/{*}item")
        if item.get("media-type", "") in OF_TEXT and "nav" not in item.get("properties", "").split()
    }
    names = [items[ref.get("idref")] for ref in package.iterfind(".//{*}spine/{*}itemref") if ref.get("idref") in items]
    return list(dict.fromkeys(names))


def _protected(archive: ZipFile) -> set[str]:
    # Fonts are often disguised in the same way; that costs no text.
    if ENCRYPTION not in archive.namelist():
        return set()
    return {unquote(place.get("URI", "")) for place in read_xml(archive, ENCRYPTION).iterfind(".//{*}CipherReference")}
