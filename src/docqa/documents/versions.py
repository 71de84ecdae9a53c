"""Which version of which package reads a kind of file here, to tell documents that another version read."""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, version

from docqa.documents import ocr, pdfium
from docqa.documents.extraction import AND

#: Name of an extractor to the package whose version says how it reads. Files that are text as they are written change
#: their reading with the library that detects encodings alone.
PACKAGES = {
    "pypdf": "pypdf",
    pdfium.NAME: "pypdfium2",
    "lxml": "lxml",
    "python-docx": "python-docx",
    "python-pptx": "python-pptx",
    **dict.fromkeys(
        ("text", "markdown", "csv", "email", "restructuredtext", "org", "asciidoc", "tex"), "charset-normalizer"
    ),
}


def installed_version(extractor: str) -> str | None:
    """The version of an extractor, or of several that are joined by "+", that is installed now; None when one is not.

    >>> installed_version("no such extractor") is None
    True
    """
    versions = [
        ocr.installed_version() if name == ocr.NAME else _package_version(PACKAGES.get(name, ""))
        for name in extractor.split(AND)
    ]
    return None if None in versions else AND.join(filter(None, versions))


def pdf_extractors(wanted: str, *, with_ocr: bool = False) -> str:
    """What a PDF is tried with when `wanted` is asked for: pypdf has PDFium beside it where that is installed."""
    tried = f"{wanted}{AND}{pdfium.NAME}" if wanted != pdfium.NAME and pdfium.is_installed() else wanted
    return f"{tried}{AND}{ocr.NAME}" if with_ocr else tried


@cache
def _package_version(package: str) -> str | None:
    if not package:
        return None
    try:
        return version(package)
    except PackageNotFoundError:
        return None
