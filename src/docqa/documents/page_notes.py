"""From what was extracted of a PDF to the document: what is said of pages that cannot be read, and when to refuse."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from docqa.documents.annotations import with_annotations
from docqa.documents.document import Document
from docqa.documents.extraction import Extraction
from docqa.documents.legibility import is_blank, is_unreadable
from docqa.documents.limits import Limits, check_text
from docqa.errors import DocumentError

if TYPE_CHECKING:
    from pypdf import PdfReader

#: What reads what is a picture or comes out as codes.
RECOGNISE = "index with --ocr eng to have {} recognised"
#: A list of pages is cut after so many parts.
LISTED = 12


def as_document(extraction: Extraction, reader: PdfReader | None, limits: Limits) -> Document:
    """The document with what stands in its forms and annotations, which pypdf's `reader` finds, and its notes.

    Raises `DocumentError` when there is nothing in it that can be read.
    """
    read = extraction.pages
    unreadable = [page.number for page in read if is_unreadable(page.text)]
    pages = read if reader is None else with_annotations(read, reader)
    check_text(sum(len(page.text) for page in pages), limits)
    if not pages:
        raise DocumentError("PDF-DAMAGED", "The PDF has no pages; it is damaged or cut short. Get a fresh copy of it.")
    failures = extraction.failures
    if len(failures) == len(pages):
        first = next(iter(failures.values()))
        raise DocumentError("PDF-DAMAGED", f"No page of the PDF could be read ({first}). Get a fresh copy of it.")
    if all(is_blank(page.text) for page in pages):
        raise DocumentError("PDF-NO-TEXT", _without_text(extraction))
    if all(is_blank(page.text) or page.number in unreadable for page in pages) and pages == read:
        raise DocumentError("PDF-UNREADABLE", f"The text of the PDF cannot be read: {_why_unreadable('its text')}")
    scanned = [read[place].number for place in sorted(extraction.pictured) if place not in failures]
    notes = [("PAGES-FAILED", sentence) for sentence in failures.values()]
    if unreadable:
        its = "its text" if len(unreadable) == 1 else "their text"
        sentence = f"The text of {named(unreadable)} cannot be read: {_why_unreadable(its)}"
        notes.append(("PAGES-UNREADABLE", sentence))
    if scanned:
        notes.append(("PAGES-SCANNED", _scanned(scanned)))
    return Document(
        pages,
        extraction.title,
        extraction.extractor,
        extraction.version,
        tuple(sentence for _, sentence in notes),
        extraction.stated.author,
        extraction.stated.language,
        *(code for code, _ in notes[:1]),
    )


def named(numbers: Sequence[int]) -> str:
    """Numbers of pages, in order, as a sentence names them.

    >>> named([3]), named([2, 3]), named([1, 4, 5, 6, 9])
    ('page 3', 'pages 2 and 3', 'pages 1, 4 to 6 and 9')
    """
    parts = [
        part
        for first, last in _ranges(numbers)
        for part in ([f"{first} to {last}"] if last > first + 1 else map(str, range(first, last + 1)))
    ]
    if len(parts) > LISTED:
        parts = [*parts[:LISTED], "others"]
    listed = " and ".join([*([", ".join(parts[:-1])] if parts[1:] else []), parts[-1]])
    return f"page {listed}" if len(numbers) == 1 else f"pages {listed}"


def _ranges(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    first = last = None
    for number in numbers:
        if first is None or last is None:
            first = number
        elif number != last + 1:
            yield first, last
            first = number
        last = number
    if first is not None and last is not None:
        yield first, last


def _why_unreadable(text: str) -> str:
    from docqa.documents.pdfium import is_installed

    mended = "" if is_installed() else "install pypdfium2, which may read it, or "
    return f"letters come out as codes or without blanks between words; {mended}{RECOGNISE.format(text)}."


def _scanned(numbers: Sequence[int]) -> str:
    if len(numbers) == 1:
        return f"{named(numbers).capitalize()} is a picture without text; {RECOGNISE.format('its text')}."
    return f"{named(numbers).capitalize()} are pictures without text; {RECOGNISE.format('their text')}."


def _without_text(extraction: Extraction) -> str:
    count = len(extraction.pages)
    counted = "its only page" if count == 1 else f"any of its {count} pages"
    if extraction.pictured:
        return f"There is no text on {counted}; the PDF was probably scanned: {RECOGNISE.format('its text')}."
    return f"There is no text on {counted} and no picture; where a page shows text, {RECOGNISE.format('it')}."
