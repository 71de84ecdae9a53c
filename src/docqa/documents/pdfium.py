"""PDF through PDFium, the faster of the two extractors and an optional one: a library in C, page by page as well."""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from docqa.documents.document import Document, Page
from docqa.documents.extraction import Extraction
from docqa.documents.foreign import encodable, in_one_line, reason
from docqa.documents.legibility import is_blank
from docqa.documents.limits import DEFAULT_LIMITS, Limits, check_pages, check_text
from docqa.documents.ocr import recognised
from docqa.documents.page_notes import as_document
from docqa.documents.pdf import open_pdf
from docqa.documents.pdf_metadata import author_and_language_by_pdfium
from docqa.documents.pictures import FEWEST_PIXELS
from docqa.errors import DocumentError

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument, PdfPage

logger = logging.getLogger(__name__)

NAME = "pypdfium2"
#: What PDFium says when a password is missing.
LOCKED = "Incorrect password"


def is_installed() -> bool:
    """Whether the library is there."""
    return importlib.util.find_spec(NAME) is not None


def read_pdf_by_pdfium(
    data: bytes, limits: Limits = DEFAULT_LIMITS, passwords: Sequence[str] = (), ocr: str | None = None
) -> Document:
    """Read a PDF's pages as PDFium extracts them, with what its forms and annotations say as pypdf finds that.

    With the languages of `ocr` also what Tesseract sees on pages without text.

    Raises `DocumentError` as `docqa.documents.pdf.read_pdf` does.
    """
    extraction = extract_by_pdfium(data, limits, passwords)
    if ocr is not None:
        extraction = recognised(extraction, data, passwords, ocr)
    reader = None
    if extraction.is_annotated:
        # A file that only PDFium can open gives its text.
        with suppress(DocumentError):
            reader = open_pdf(data, passwords)
    return as_document(extraction, reader, limits)


def extract_by_pdfium(data: bytes, limits: Limits, passwords: Sequence[str]) -> Extraction:
    """What PDFium makes of a PDF, whether or not there is text in it. Raises `DocumentError` when it cannot open it."""
    import pypdfium2

    if not data:
        raise DocumentError("PDF-EMPTY", "The file is empty (0 bytes).")
    try:
        document = open_by_pdfium(data, ("", *passwords))
    except pypdfium2.PdfiumError as error:
        if LOCKED in str(error):
            raise DocumentError("PDF-ENCRYPTED", "The PDF is encrypted and needs a password.") from error
        if b"%PDF" not in data[:1024]:
            raise DocumentError("PDF-NOT", "The file is not a PDF: it does not begin as one.") from error
        raise DocumentError("PDF-DAMAGED", f"The PDF is damaged or cut short ({reason(error)}).") from error
    try:
        check_pages(len(document), limits)
        return _extracted(document, limits)
    finally:
        document.close()


def open_by_pdfium(data: bytes, passwords: Sequence[str]) -> PdfDocument:
    """The file opened with the first password that opens it; the last error when none does."""
    import pypdfium2

    for password in passwords[:-1]:
        try:
            return pypdfium2.PdfDocument(data, password=password or None)
        except pypdfium2.PdfiumError as error:
            if LOCKED not in str(error):
                raise
    return pypdfium2.PdfDocument(data, password=passwords[-1] or None)


def _extracted(document: PdfDocument, limits: Limits) -> Extraction:
    import pypdfium2

    pages: list[Page] = []
    failures: dict[int, str] = {}
    pictured: set[int] = set()
    is_annotated = False
    characters = 0
    for index in range(len(document)):
        text = ""
        try:
            page = document[index]
            text = _text(page)
            if is_blank(text) and _holds_picture(page):
                pictured.add(index)
            is_annotated = is_annotated or _is_annotated(page)
            page.close()
        except pypdfium2.PdfiumError as error:
            logger.info("page %d: %r", index + 1, error)
            failures[index] = f"Page {index + 1} could not be read ({reason(error)})."
        characters += len(text)
        check_text(characters, limits)
        label = encodable(document.get_page_label(index)) or None
        pages.append(Page(index + 1, encodable(text), label))
    return Extraction(
        tuple(pages),
        in_one_line(document.get_metadata_value("Title")),
        NAME,
        pypdfium2.version.PYPDFIUM_INFO.version,
        failures,
        frozenset(pictured),
        is_annotated,
        author_and_language_by_pdfium(document),
    )


def _text(page: PdfPage) -> str:
    words = page.get_textpage()
    text: str = words.get_text_bounded(errors="replace")
    words.close()
    return text


def _holds_picture(page: PdfPage) -> bool:
    from pypdfium2 import raw

    sizes = [picture.get_px_size() for picture in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE])]
    return sum(int(width) * int(height) for width, height in sizes) >= FEWEST_PIXELS


def _is_annotated(page: PdfPage) -> bool:
    """Whether a page has annotations other than links that say nothing."""
    from pypdfium2 import raw

    for number in range(raw.FPDFPage_GetAnnotCount(page.raw)):
        annotation = raw.FPDFPage_GetAnnot(page.raw, number)
        is_link = raw.FPDFAnnot_GetSubtype(annotation) == raw.FPDF_ANNOT_LINK
        is_silent = is_link and not raw.FPDFAnnot_HasKey(annotation, b"Contents")
        raw.FPDFPage_CloseAnnot(annotation)
        if not is_silent:
            return True
    return False
