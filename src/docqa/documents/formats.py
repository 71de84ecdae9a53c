"""Which kinds of file docqa reads, and by what."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import PurePath

from docqa.documents.document import Document
from docqa.documents.limits import DEFAULT_LIMITS, Limits
from docqa.documents.mending import read_pdf_mended
from docqa.documents.pdf import read_pdf
from docqa.documents.pdfium import is_installed, read_pdf_by_pdfium
from docqa.documents.text import read_markdown, read_text
from docqa.errors import DocumentError, UsageError

#: File name suffix (lower case) to the function that reads the file's bytes.
READERS: dict[str, Callable[[bytes], Document]] = {
    ".pdf": read_pdf,
    ".txt": read_text,
    ".md": read_markdown,
}

#: Name of an extractor to the function that reads a PDF's bytes with it; the first is the one used unless asked for.
PDF_EXTRACTORS: dict[str, Callable[[bytes, Limits, Sequence[str]], Document]] = {
    "pypdf": read_pdf_mended,
    "pypdfium2": read_pdf_by_pdfium,
}
DEFAULT_PDF_EXTRACTOR = "pypdf"


def check_pdf_extractor(name: str) -> str:
    """The name of an extractor for PDFs. Raises `UsageError` when there is none of that name or it is not installed."""
    if name not in PDF_EXTRACTORS:
        raise UsageError(f"There is no PDF extractor {name!r}; there are {' and '.join(PDF_EXTRACTORS)}.")
    if PDF_EXTRACTORS[name] is read_pdf_by_pdfium and not is_installed():
        raise UsageError("The extractor pypdfium2 is not installed; install it with `pip install pypdfium2`.")
    return name


def is_readable_kind(path: PurePath | str) -> bool:
    """Whether docqa reads files named like this.

    >>> is_readable_kind("report.PDF"), is_readable_kind("photo.jpg")
    (True, False)
    """
    return PurePath(path).suffix.lower() in READERS


def read_document(
    name: PurePath | str,
    data: bytes,
    pdf_extractor: str = DEFAULT_PDF_EXTRACTOR,
    limits: Limits = DEFAULT_LIMITS,
    passwords: Sequence[str] = (),
) -> Document:
    """Read a file's bytes by the suffix of its name. Raises `DocumentError` with a code and a sentence."""
    suffix = PurePath(name).suffix.lower()
    if suffix == ".pdf":
        return PDF_EXTRACTORS[pdf_extractor](data, limits, passwords)
    if suffix not in READERS:
        raise DocumentError("KIND-UNKNOWN", f"docqa does not read {suffix or 'files without a suffix'}.")
    return READERS[suffix](data)
