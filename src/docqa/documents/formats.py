"""Which kinds of file docqa reads, and by what."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePath

from docqa.documents.document import Document
from docqa.documents.pdf import read_pdf
from docqa.documents.text import read_markdown, read_text
from docqa.errors import DocumentError

#: File name suffix (lower case) to the function that reads the file's bytes.
READERS: dict[str, Callable[[bytes], Document]] = {
    ".pdf": read_pdf,
    ".txt": read_text,
    ".md": read_markdown,
}


def is_readable_kind(path: PurePath | str) -> bool:
    """Whether docqa reads files named like this.

    >>> is_readable_kind("report.PDF"), is_readable_kind("photo.jpg")
    (True, False)
    """
    return PurePath(path).suffix.lower() in READERS


def read_document(name: PurePath | str, data: bytes) -> Document:
    """Read a file's bytes by the suffix of its name. Raises `DocumentError` with a code and a sentence."""
    suffix = PurePath(name).suffix.lower()
    if suffix not in READERS:
        raise DocumentError("KIND-UNKNOWN", f"docqa does not read {suffix or 'files without a suffix'}.")
    return READERS[suffix](data)
