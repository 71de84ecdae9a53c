"""Which files are read again although they have not changed: what they are read with, or by, may have."""

from __future__ import annotations

from collections.abc import Sequence

from docqa.documents.extraction import AND
from docqa.documents.formats import READERS, kind_of
from docqa.documents.limits import DEFAULT_LIMITS, LIMIT_OPTIONS, Limits
from docqa.documents.ocr import NAME
from docqa.documents.versions import installed_version, pdf_extractors
from docqa.paragraphs.paragraph import SEGMENTATION
from docqa.store.documents import FAILED, OK, PARTIAL, TRIED_AGAIN, StoredDocument

#: The extractors that a file was tried with, joined by "+", and their versions; for PDFs.
Tried = tuple[str | None, str | None]


def is_read_again(
    document: StoredDocument,
    limits: Limits,
    passwords: Sequence[str],
    pdf_extractor: str,
    *,
    ocr: str | None = None,
    retry_failed: bool = False,
) -> bool:
    """Whether a document has to be read again although its file has not changed.

    So it is with one that met a limit when other limits than the usual are asked for, one that needs a password when
    there are some to try, one that another version of its extractor read than is installed now, one of which a part
    takes a library that was not installed, one that an earlier docqa read or divided into paragraphs in another way,
    and a PDF of which something could not be read when there was no PDFium yet to try it with, or Tesseract was not
    asked for yet; with `retry_failed` also with all that could not be read in full.
    """
    return (
        (document.code in LIMIT_OPTIONS and limits != DEFAULT_LIMITS)
        or (document.code == "PDF-ENCRYPTED" and len(passwords) > 0)
        or (retry_failed and document.status != OK)
        or (is_outdated(document) and not _would_lose_text(document, ocr))
        or (document.status == PARTIAL and document.code in TRIED_AGAIN)
        or is_divided_otherwise(document)
        or has_more_extractors(document, pdf_extractor, ocr)
    )


def is_outdated(document: StoredDocument) -> bool:
    """Whether another version of its extractor read the document, or failed at it, than is installed now."""
    # A plug-in may call its extractor as it likes, and what is not installed cannot read better.
    if not document.extractor or kind_of(document.path).suffix not in READERS:
        return False
    return installed_version(document.extractor) not in {None, document.extractor_version}


def is_divided_otherwise(document: StoredDocument) -> bool:
    """Whether the paragraphs of the document were made in another way than now."""
    return document.status != FAILED and document.segmentation != SEGMENTATION


def has_more_extractors(document: StoredDocument, pdf_extractor: str, ocr: str | None = None) -> bool:
    """Whether the document is a PDF that was not read in full, nor tried with all that it would be tried with now."""
    if document.status == OK or kind_of(document.path).suffix != ".pdf":
        return False
    # Earlier versions of docqa did not note what they had tried.
    tried = (document.tried or document.extractor or pdf_extractor).split(AND)
    return not set(pdf_extractors(pdf_extractor, with_ocr=ocr is not None).split(AND)) <= set(tried)


def _would_lose_text(document: StoredDocument, ocr: str | None) -> bool:
    """Whether some of the text was recognised, and would not be now."""
    return ocr is None and NAME in (document.extractor or "").split(AND)


def tried_with(path: str, pdf_extractor: str, ocr: str | None = None) -> Tried:
    """What a file that could not be read was tried with, and its version, as far as that is noted: for PDFs."""
    if kind_of(path).suffix != ".pdf":
        return None, None
    extractors = pdf_extractors(pdf_extractor, with_ocr=ocr is not None)
    return extractors, installed_version(extractors)
