"""PDF through pypdf: page by page, so that one bad page costs that page only."""

from __future__ import annotations

import io
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from docqa.documents.document import Document, Page
from docqa.documents.extraction import Extraction
from docqa.documents.foreign import encodable, in_one_line, reason
from docqa.documents.legibility import is_blank
from docqa.documents.limits import DEFAULT_LIMITS, Limits, check_pages, check_text
from docqa.documents.page_notes import as_document
from docqa.documents.page_stream import text_of
from docqa.documents.pdf_metadata import author_and_language
from docqa.documents.pictures import holds_picture
from docqa.errors import DocumentError

if TYPE_CHECKING:
    from pypdf import PdfReader

logger = logging.getLogger(__name__)

NAME = "pypdf"


def read_pdf(data: bytes, limits: Limits = DEFAULT_LIMITS, passwords: Sequence[str] = ()) -> Document:
    """Read a PDF's pages as pypdf extracts them, with what its forms and annotations say.

    Raises `DocumentError` when it is empty, not a PDF, encrypted with a password, damaged, without any text that can be
    read, or when it meets a limit.
    """
    reader = open_pdf(data, passwords)
    return as_document(extract(reader, limits), reader, limits)


def extract(reader: PdfReader, limits: Limits) -> Extraction:
    """What pypdf makes of the pages of a PDF, whether or not there is text in it."""
    import pypdf

    check_pages(len(reader.pages), limits)
    labels = _labels(reader)
    pages: list[Page] = []
    failures: dict[int, str] = {}
    pictured: set[int] = set()
    characters = 0
    for index in range(len(reader.pages)):
        text = ""
        try:
            page = reader.pages[index]
            text = text_of(page)
            if is_blank(text) and holds_picture(page):
                pictured.add(index)
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - a foreign parser
            # As when it is opened: whatever one page raises, the others are read.
            logger.info("page %d: %r", index + 1, error)
            failures[index] = f"Page {index + 1} could not be read ({reason(error)})."
        characters += len(text)
        check_text(characters, limits)
        label = labels[index] if index < len(labels) else None
        pages.append(Page(index + 1, encodable(text), label))
    return Extraction(
        tuple(pages),
        _title(reader),
        NAME,
        pypdf.__version__,
        failures,
        frozenset(pictured),
        stated=author_and_language(reader),
    )


def open_pdf(data: bytes, passwords: Sequence[str] = ()) -> PdfReader:
    """The PDF, opened with the empty password or one of those given. Raises `DocumentError` when it cannot be."""
    import pypdf
    from pypdf.errors import DependencyError

    if not data:
        raise DocumentError("PDF-EMPTY", "The file is empty (0 bytes).")
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
