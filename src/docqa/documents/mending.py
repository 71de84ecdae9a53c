"""PDFs by pypdf, and by PDFium where pypdf gets nothing or garbage and PDFium, when it is installed, does better."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import replace

from docqa.documents.document import Document, Page
from docqa.documents.limits import DEFAULT_LIMITS, Limits, check_text
from docqa.documents.pdf import extract, with_text
from docqa.documents.pdfium import is_installed, read_pdf_by_pdfium
from docqa.errors import DocumentError

#: What PDFium may do better at: a file that pypdf cannot open.
MENDABLE = frozenset({"PDF-DAMAGED", "PDF-ENCRYPTED", "PDF-NOT"})
#: A page is garbage when so large a share of its characters mean nothing.
GARBAGE_SHARE = 0.2
#: Categories of characters that mean nothing in a text: controls, surrogates, private and unassigned ones.
MEANINGLESS = frozenset({"Cc", "Cs", "Co", "Cn"})


def read_pdf_mended(data: bytes, limits: Limits = DEFAULT_LIMITS, passwords: Sequence[str] = ()) -> Document:
    """Read a PDF as `docqa.documents.pdf.read_pdf` does, and by PDFium what that cannot read.

    The document's extractor says which of the two its text is from: "pypdf", "pypdfium2" or "pypdf+pypdfium2".
    """
    try:
        document, failures = extract(data, limits, passwords)
    except DocumentError as error:
        if error.code not in MENDABLE or not is_installed():
            raise
        return _by_pdfium(data, limits, passwords, error)
    bad = [place for place, page in enumerate(document.pages) if is_bad(page.text)]
    if (bad or not document.pages) and is_installed():
        document = _mended(document, failures, bad, data, limits, passwords)
    return with_text(document)


def is_bad(text: str) -> bool:
    r"""Whether a page's text is none, or garbage.

    >>> is_bad(" \n"), is_bad("Caf\xe9"), is_bad("\x01\x02\ue003 x")
    (True, False, True)
    """
    words = "".join(text.split())
    meaningless = sum(letter == "\ufffd" or unicodedata.category(letter) in MEANINGLESS for letter in words)
    return meaningless >= GARBAGE_SHARE * len(words)


def _by_pdfium(data: bytes, limits: Limits, passwords: Sequence[str], error: DocumentError) -> Document:
    try:
        return read_pdf_by_pdfium(data, limits, passwords)
    except DocumentError as other:
        # What PDFium says is more to the point only when it got farther.
        raise (error if other.code in MENDABLE else other) from None


def _mended(
    document: Document,
    failures: dict[int, str],
    bad: Sequence[int],
    data: bytes,
    limits: Limits,
    passwords: Sequence[str],
) -> Document:
    try:
        other = read_pdf_by_pdfium(data, limits, passwords)
    except DocumentError:
        return document
    if len(bad) == len(document.pages):
        # Nothing was read; how many pages there are is PDFium's to say as well.
        return other if any(not is_bad(page.text) for page in other.pages) else document
    if len(other.pages) != len(document.pages):
        # Which page is which cannot be told.
        return document
    better = {place: other.pages[place].text for place in bad if not is_bad(other.pages[place].text)}
    if not better:
        return document
    pages = tuple(_with_text(page, better.get(place)) for place, page in enumerate(document.pages))
    check_text(sum(len(page.text) for page in pages), limits)
    return replace(
        document,
        pages=pages,
        extractor=f"{document.extractor}+{other.extractor}",
        extractor_version=f"{document.extractor_version}+{other.extractor_version}",
        notes=tuple(note for place, note in failures.items() if place not in better),
    )


def _with_text(page: Page, text: str | None) -> Page:
    return page if text is None else replace(page, text=text)
