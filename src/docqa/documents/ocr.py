"""Text of pages that are pictures, recognised by Tesseract: an optional program, asked only when somebody wants it."""

from __future__ import annotations

import importlib.util
import logging
import re
from collections.abc import Sequence
from functools import cache
from math import sqrt

from docqa.documents.document import Page
from docqa.documents.extraction import Extraction, merged
from docqa.documents.foreign import encodable, reason
from docqa.documents.legibility import is_blank, is_unreadable
from docqa.errors import UsageError

logger = logging.getLogger(__name__)

NAME = "tesseract"
#: Python libraries that it takes beside the program.
LIBRARIES = ("pytesseract", "pypdfium2")
#: Names of languages as Tesseract has them, "eng" or "eng+deu".
LANGUAGES = re.compile(r"\w+(?:\+\w+)*")
#: Pages are drawn with so many dots a point of 1/72 inch: 300 an inch, which Tesseract is made for.
SCALE = 300 / 72
#: Larger pages are drawn more coarsely: so many dots in all, twice those of a page of A3.
MOST_DOTS = 35_000_000


def check_ocr(languages: str) -> str:
    """The languages to recognise. Raises `UsageError`, saying what to install, when that is not possible here."""
    missing = [library for library in LIBRARIES if importlib.util.find_spec(library) is None]
    if missing:
        raise UsageError(
            f"Recognising text takes {' and '.join(missing)}; install with `pip install {' '.join(missing)}`, "
            "and the program Tesseract with the system's own packages (`apt-get install tesseract-ocr`)."
        )
    if installed_version() is None:
        raise UsageError(
            "Recognising text takes the program Tesseract, which is not installed; install it with the system's own "
            "packages (`apt-get install tesseract-ocr`, `brew install tesseract`)."
        )
    known = _installed_languages()
    unknown = [name for name in languages.split("+") if name not in known]
    if unknown or not LANGUAGES.fullmatch(languages):
        raise UsageError(
            f"Tesseract has no data for the language {unknown[0] if unknown else languages!r} here; it has "
            f"{', '.join(known)}. Others come with the system's own packages (`apt-get install tesseract-ocr-deu`)."
        )
    return languages


@cache
def installed_version() -> str | None:
    """The version of Tesseract, None when it or what it takes is not installed."""
    if importlib.util.find_spec("pytesseract") is None:
        return None
    import pytesseract

    try:
        return str(pytesseract.get_tesseract_version())
    except (pytesseract.TesseractNotFoundError, SystemExit):
        return None


def recognised(extraction: Extraction, data: bytes, passwords: Sequence[str], languages: str) -> Extraction:
    """An extraction with the text that Tesseract sees on pages that have none, or none that can be read.

    Those are pages with a picture and without text, pages that failed, pages whose text is unreadable, and all of a
    document without any text, whose letters may be drawn as shapes.
    """
    pages = extraction.pages
    nothing = all(is_blank(page.text) for page in pages)
    places = [place for place, page in enumerate(pages) if nothing or _is_wanted(extraction, place, page)]
    version = installed_version()
    if not places or version is None:
        return extraction
    return merged(extraction, _read(data, passwords, places, languages), NAME, version)


def _is_wanted(extraction: Extraction, place: int, page: Page) -> bool:
    return place in extraction.pictured or place in extraction.failures or is_unreadable(page.text)


def _read(data: bytes, passwords: Sequence[str], places: Sequence[int], languages: str) -> dict[int, str]:
    """The texts of pages by place; pages on which nothing is seen are left out."""
    import pypdfium2
    import pytesseract

    from docqa.documents.pdfium import open_by_pdfium

    texts: dict[int, str] = {}
    try:
        document = open_by_pdfium(data, ("", *passwords))
    except pypdfium2.PdfiumError as error:
        logger.info("not drawn: %r", error)
        return texts
    try:
        for place in places:
            try:
                page = document[place]
                width, height = page.get_size()
                scale = min(SCALE, sqrt(MOST_DOTS / max(1.0, width * height)))
                picture = page.render(scale=scale, grayscale=True).to_pil()
                text = encodable(pytesseract.image_to_string(picture, lang=languages)).strip()
            except (pypdfium2.PdfiumError, pytesseract.TesseractError) as error:
                logger.info("page %d: %s", place + 1, reason(error))
                continue
            if text and not is_unreadable(text):
                texts[place] = text
    finally:
        document.close()
    return texts


@cache
def _installed_languages() -> tuple[str, ...]:
    import pytesseract

    return tuple(sorted(set(pytesseract.get_languages()) - {"osd"}))
