"""PDF through PDFium, the faster of the two extractors and an optional one: a library in C, page by page as well."""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from docqa.documents.document import Document, Page
from docqa.documents.foreign import encodable, in_one_line, reason
from docqa.documents.limits import DEFAULT_LIMITS, Limits, check_pages, check_text
from docqa.documents.pdf import with_text
from docqa.documents.pdf_metadata import author_and_language_by_pdfium
from docqa.errors import DocumentError

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument

logger = logging.getLogger(__name__)

NAME = "pypdfium2"
#: What PDFium says when a password is missing.
LOCKED = "Incorrect password"


def is_installed() -> bool:
    """Whether the library is there."""
    return importlib.util.find_spec(NAME) is not None


def read_pdf_by_pdfium(data: bytes, limits: Limits = DEFAULT_LIMITS, passwords: Sequence[str] = ()) -> Document:
    """Read a PDF's pages as PDFium extracts them.

    Raises `DocumentError` as `docqa.documents.pdf.read_pdf` does.
    """
    import pypdfium2

    if not data:
        raise DocumentError("PDF-EMPTY", "The file is empty (0 bytes).")
    try:
        document = _open(data, ("", *passwords))
    except pypdfium2.PdfiumError as error:
        if LOCKED in str(error):
            raise DocumentError("PDF-ENCRYPTED", "The PDF is encrypted and needs a password.") from error
        if b"%PDF" not in data[:1024]:
            raise DocumentError("PDF-NOT", "The file is not a PDF: it does not begin as one.") from error
        raise DocumentError("PDF-DAMAGED", f"The PDF is damaged or cut short ({reason(error)}).") from error
    try:
        check_pages(len(document), limits)
        pages, failures = _pages(document, limits)
        title = in_one_line(document.get_metadata_value("Title"))
        stated = author_and_language_by_pdfium(document)
    finally:
        document.close()
    version = pypdfium2.version.PYPDFIUM_INFO.version
    return with_text(Document(tuple(pages), title, NAME, version, tuple(failures), stated.author, stated.language))


def _open(data: bytes, passwords: Sequence[str]) -> PdfDocument:
    """The file opened with the first password that opens it; the last error when none does."""
    import pypdfium2

    for password in passwords[:-1]:
        try:
            return pypdfium2.PdfDocument(data, password=password or None)
        except pypdfium2.PdfiumError as error:
            if LOCKED not in str(error):
                raise
    return pypdfium2.PdfDocument(data, password=passwords[-1] or None)


def _pages(document: PdfDocument, limits: Limits) -> tuple[list[Page], list[str]]:
    import pypdfium2

    pages, failures = [], []
    characters = 0
    for index in range(len(document)):
        text = ""
        try:
            page = document[index]
            words = page.get_textpage()
            text = words.get_text_bounded(errors="replace")
            words.close()
            page.close()
        except pypdfium2.PdfiumError as error:
            logger.info("page %d: %r", index + 1, error)
            failures.append(f"Page {index + 1} could not be read ({reason(error)}).")
        characters += len(text)
        check_text(characters, limits)
        label = encodable(document.get_page_label(index)) or None
        pages.append(Page(index + 1, encodable(text), label))
    return pages, failures
