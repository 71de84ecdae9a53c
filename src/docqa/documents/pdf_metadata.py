"""What a PDF says of itself, by either of the two extractors; a courtesy, so what is damaged is taken as not said."""

from __future__ import annotations

import ctypes
import logging
from typing import TYPE_CHECKING

from docqa.documents.stated import Stated, author_line, language_tag

if TYPE_CHECKING:
    from pypdf import PdfReader
    from pypdfium2 import PdfDocument

logger = logging.getLogger(__name__)


def author_and_language(reader: PdfReader) -> Stated:
    """The author of the information dictionary and the language of the catalog, by pypdf."""
    return Stated(author=_author(reader), language=_language(reader))


def author_and_language_by_pdfium(document: PdfDocument) -> Stated:
    """The same by PDFium."""
    author = author_line([document.get_metadata_value("Author")])
    return Stated(author=author, language=language_tag(_language_by_pdfium(document)))


def _author(reader: PdfReader) -> str:
    try:
        return author_line([reader.metadata.author if reader.metadata else None])
    except Exception as error:  # noqa: BLE001 - a foreign parser
        # pypdf raises whatever a damaged dictionary makes it raise, and that must not cost the text.
        logger.info("author: %r", error)
        return ""


def _language(reader: PdfReader) -> str:
    try:
        return language_tag(reader.root_object.get("/Lang"))
    except Exception as error:  # noqa: BLE001 - a foreign parser
        # As above.
        logger.info("language: %r", error)
        return ""


def _language_by_pdfium(document: PdfDocument) -> str:
    from pypdfium2 import raw

    # Not every version of PDFium tells it.
    tell = getattr(raw, "FPDFCatalog_GetLanguage", None)
    if tell is None:
        return ""
    # In bytes.
    size = tell(document, None, 0)
    told = ctypes.create_string_buffer(size)
    tell(document, ctypes.cast(told, ctypes.POINTER(raw.FPDF_WCHAR)), size)
    return told.raw.decode("utf-16-le", "replace").rstrip("\0")
