"""PDF through pypdf: page by page, so that one bad page costs that page only."""

from __future__ import annotations

import io
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from docqa.documents.document import Document, Page
from docqa.documents.foreign import encodable, in_one_line, reason
from docqa.documents.limits import DEFAULT_LIMITS, Limits, check_pages, check_text
from docqa.documents.pdf_metadata import author_and_language
from docqa.errors import DocumentError

if TYPE_CHECKING:
    from pypdf import PdfReader

logger = logging.getLogger(__name__)


def read_pdf(data: bytes, limits: Limits = DEFAULT_LIMITS, passwords: Sequence[str] = ()) -> Document:
    """Read a PDF's pages as pypdf extracts them.

    Raises `DocumentError` when it is empty, not a PDF, encrypted with a password, damaged, without any text, or when
    it meets a limit.
    """
    document, _ = extract(data, limits, passwords)
    return with_text(document)


def extract(data: bytes, limits: Limits, passwords: Sequence[str]) -> tuple[Document, dict[int, str]]:
    """What pypdf makes of a PDF, whether or not there is text in it, and the pages that failed with a note on each.

    Pages are counted from 0 there. Raises `DocumentError` when the file cannot be opened.
    """
    import pypdf

    if not data:
        raise DocumentError("PDF-EMPTY", "The file is empty (0 bytes).")
    reader = _open(data, passwords)
    check_pages(len(reader.pages), limits)
    pages, failures = _pages(reader, limits)
    notes = tuple(failures.values())
    stated = author_and_language(reader)
    return Document(
        tuple(pages), _title(reader), "pypdf", pypdf.__version__, notes, stated.author, stated.language
    ), failures


def with_text(document: Document) -> Document:
    """The document, when there is something to read in it. Raises `DocumentError` when not."""
    pages, failures = document.pages, document.notes
    if not pages:
        raise DocumentError("PDF-DAMAGED", "The PDF has no pages; it is damaged or cut short. Get a fresh copy of it.")
    if len(failures) == len(pages):
        raise DocumentError("PDF-DAMAGED", f"No page of the PDF could be read ({failures[0]}). Get a fresh copy of it.")
    if not any(page.text.strip() for page in pages):
        counted = "its only page" if len(pages) == 1 else f"any of its {len(pages)} pages"
        raise DocumentError("PDF-NO-TEXT", f"There is no text on {counted}; the PDF was probably scanned.")
    return document


def _open(data: bytes, passwords: Sequence[str]) -> PdfReader:
    import pypdf
    from pypdf.errors import DependencyError

    try:
        reader = pypdf.PdfReader(io.BytesIO(data), strict=False)
        # Many files are encrypted with the empty password and open everywhere.
        locked = reader.is_encrypted and not any(reader.decrypt(password) for password in ("", *passwords))
        if not locked:
            len(reader.pages)
    except DependencyError as error:
        raise DocumentError("PDF-ENCRYPTED", f"The PDF is encrypted in a way that cannot be opened: {error}") from error
    except MemoryError:
        # Not a fault of the file that could be named here: the worker says what happened.
        raise
    except Exception as error:
        # pypdf raises TypeError, AttributeError, AssertionError and more on damaged files.
        if b"%PDF" not in data[:1024]:
            raise DocumentError("PDF-NOT", "The file is not a PDF: it does not begin as one.") from error
        raise DocumentError("PDF-DAMAGED", f"The PDF is damaged or cut short ({reason(error)}).") from error
    if locked:
        raise DocumentError("PDF-ENCRYPTED", "The PDF is encrypted and needs a password.")
    return reader


def _pages(reader: PdfReader, limits: Limits) -> tuple[list[Page], dict[int, str]]:
    labels = _labels(reader)
    pages: list[Page] = []
    failures: dict[int, str] = {}
    characters = 0
    for index in range(len(reader.pages)):
        try:
            text = reader.pages[index].extract_text()
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - a foreign parser
            # As above: whatever one page raises, the others are read.
            logger.info("page %d: %r", index + 1, error)
            failures[index] = f"Page {index + 1} could not be read ({reason(error)})."
            text = ""
        characters += len(text)
        check_text(characters, limits)
        label = labels[index] if index < len(labels) else None
        pages.append(Page(index + 1, encodable(text), label))
    return pages, failures


def _labels(reader: PdfReader) -> list[str]:
    try:
        if "/PageLabels" not in reader.root_object:
            return []
        return [encodable(label) for label in reader.page_labels]
    except Exception as error:  # noqa: BLE001 - a foreign parser
        # Labels are a courtesy: a damaged label tree must not cost the text.
        logger.info("page labels: %r", error)
        return []


def _title(reader: PdfReader) -> str:
    try:
        return in_one_line(reader.metadata.title if reader.metadata else None)
    except Exception as error:  # noqa: BLE001 - a foreign parser
        # As for labels.
        logger.info("title: %r", error)
        return ""
