"""Which files are read again although they have not changed: what they are read with, or by, may have."""

from __future__ import annotations

from collections.abc import Sequence

from docqa.documents.formats import READERS, kind_of
from docqa.documents.limits import DEFAULT_LIMITS, LIMIT_OPTIONS, Limits
from docqa.documents.versions import installed_version, pdf_extractors
from docqa.paragraphs.segment import SEGMENTATION
from docqa.store.documents import FAILED, OK, StoredDocument


def is_read_again(
    document: StoredDocument,
    limits: Limits,
    passwords: Sequence[str],
    pdf_extractor: str,
    *,
    retry_failed: bool = False,
) -> bool:
    """Whether a document has to be read again although its file has not changed.

    So it is with one that met a limit when other limits than the usual are asked for, one that needs a password when
    there are some to try, one that another version of its extractor read than is installed now, one that an earlier
    docqa divided into paragraphs in another way, and a PDF of which something could not be read when there was no
    PDFium yet to try it with; with `retry_failed` also with all that could not be read in full.
    """
    return (
        (document.code in LIMIT_OPTIONS and limits != DEFAULT_LIMITS)
        or (document.code == "PDF-ENCRYPTED" and len(passwords) > 0)
        or (retry_failed and document.status != OK)
        or is_outdated(document)
        or is_divided_otherwise(document)
        or has_more_extractors(document, pdf_extractor)
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


def has_more_extractors(document: StoredDocument, pdf_extractor: str) -> bool:
    """Whether the document is a PDF of which something could not be read, and not all was tried that would be now."""
    if document.status == OK or kind_of(document.path).suffix != ".pdf":
        return False
    # Earlier versions of docqa did not note what they had tried.
    tried = (document.tried or document.extractor or pdf_extractor).split("+")
    return not set(pdf_extractors(pdf_extractor).split("+")) <= set(tried)


def tried_with(path: str, pdf_extractor: str) -> tuple[str | None, str | None]:
    """What a file that could not be read was tried with, and its version, as far as that is noted: for PDFs."""
    if kind_of(path).suffix != ".pdf":
        return None, None
    extractors = pdf_extractors(pdf_extractor)
    return extractors, installed_version(extractors)
