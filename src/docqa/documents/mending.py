"""PDFs by pypdf, and by PDFium where pypdf gets nothing or garbage and PDFium, when it is installed, does better."""

from __future__ import annotations

from collections.abc import Sequence

from docqa.documents.document import Document
from docqa.documents.extraction import Extraction, merged
from docqa.documents.legibility import is_blank, is_garbage
from docqa.documents.limits import DEFAULT_LIMITS, Limits
from docqa.documents.ocr import recognised
from docqa.documents.page_notes import as_document
from docqa.documents.pdf import extract, open_pdf
from docqa.documents.pdfium import extract_by_pdfium, is_installed
from docqa.errors import DocumentError

#: What PDFium may do better at: a file that pypdf cannot open.
MENDABLE = frozenset({"PDF-DAMAGED", "PDF-ENCRYPTED", "PDF-NOT"})


def read_pdf_mended(
    data: bytes, limits: Limits = DEFAULT_LIMITS, passwords: Sequence[str] = (), ocr: str | None = None
) -> Document:
    """Read a PDF as `docqa.documents.pdf.read_pdf` does, and by PDFium what that cannot read.

    The document's extractor says which of the two its text is from: "pypdf", "pypdfium2" or "pypdf+pypdfium2", and then
    each page's says it of that page. With the languages of `ocr`, Tesseract is asked for what is left without text, and
    named there too.
    """
    reader = None
    try:
        reader = open_pdf(data, passwords)
        extraction = extract(reader, limits)
    except DocumentError as error:
        if error.code not in MENDABLE or not is_installed():
            raise
        extraction = _by_pdfium(data, limits, passwords, error)
        reader = None
    if reader is not None and is_installed():
        extraction = _mended(extraction, data, limits, passwords)
    if ocr is not None:
        extraction = recognised(extraction, data, passwords, ocr)
    return as_document(extraction, reader, limits)


def _is_bad(text: str) -> bool:
    return is_blank(text) or is_garbage(text)


def _by_pdfium(data: bytes, limits: Limits, passwords: Sequence[str], error: DocumentError) -> Extraction:
    try:
        return extract_by_pdfium(data, limits, passwords)
    except DocumentError as other:
        # What PDFium says is more to the point only when it got farther.
        raise (error if other.code in MENDABLE else other) from None


def _mended(extraction: Extraction, data: bytes, limits: Limits, passwords: Sequence[str]) -> Extraction:
    bad = [place for place, page in enumerate(extraction.pages) if _is_bad(page.text)]
    if not bad and extraction.pages:
        return extraction
    try:
        other = extract_by_pdfium(data, limits, passwords)
    except DocumentError:
        return extraction
    if len(bad) == len(extraction.pages):
        # Nothing was read; how many pages there are is PDFium's to say as well.
        return other if any(not _is_bad(page.text) for page in other.pages) else extraction
    if len(other.pages) != len(extraction.pages):
        # Which page is which cannot be told.
        return extraction
    better = {place: other.pages[place].text for place in bad if not _is_bad(other.pages[place].text)}
    return merged(extraction, better, other.extractor, other.version) if better else extraction
