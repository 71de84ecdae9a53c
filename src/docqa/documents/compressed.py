"""gzip: what a compressed file holds, up to a limit."""

from __future__ import annotations

import gzip
import io
import zlib

from docqa.errors import DocumentError

SUFFIX = ".gz"
#: No file may grow by more bytes than this when it is expanded: 128 MiB.
MOST_EXPANDED = 128 * 1024 * 1024
MARK = b"\x1f\x8b"


def expand(data: bytes, most: int = MOST_EXPANDED) -> bytes:
    """What a gzip file holds. Raises `DocumentError` when it is none, damaged, or grows by more than `most`."""
    if not data:
        raise DocumentError("DOC-EMPTY", "The file is empty (0 bytes).")
    if not data.startswith(MARK):
        raise DocumentError("DOC-NOT", "The file is named like a gzip file and is none; give it its right name.")
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
            expanded = file.read(len(data) + most + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise DocumentError("DOC-DAMAGED", "The gzip file is damaged or cut short. Get a fresh copy of it.") from error
    if len(expanded) > len(data) + most:
        raise DocumentError("DOC-TOO-LARGE", too_large(most))
    return expanded


def too_large(most: int = MOST_EXPANDED) -> str:
    """What is said about a file that expands to more than it may."""
    return f"The file expands to more than {most // 1024**2} MiB beyond its size; expand it yourself and split it."
