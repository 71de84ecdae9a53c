"""Where the files of an index lie: from the paths that it holds to files on the disk, and back."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from docqa.store.documents import get_setting

if TYPE_CHECKING:
    from sqlite_utils import Database

#: The setting that holds the folder which documents' paths start from, relative to the index file's folder.
BASE_SETTING = "base"
#: What stands in a stored path for a byte that is no UTF-8.
ESCAPED_BYTE = re.compile(r"\\udc([89a-f][0-9a-f])")


def storable(name: str) -> str:
    r"""A file's name as text that can be stored and shown: bytes in it that are no text become escapes.

    >>> storable("caf\udce9.txt")
    'caf\\udce9.txt'
    """
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def link_to(path: str) -> str:
    r"""A stored path as a link, percent-encoded: bytes of its name that are no text are those bytes again.

    >>> link_to("reports/old 2024.pdf"), link_to("caf\\udce9.txt")
    ('reports/old%202024.pdf', 'caf%E9.txt')
    """
    return quote(_with_bytes(path), errors="surrogateescape")


def base_folder(db: Database, index_file: Path) -> Path:
    """The folder that the documents' paths start from: the one in which the index was made, wherever both moved."""
    relative = get_setting(db, BASE_SETTING)
    return Path(os.path.normpath(index_file.absolute().parent / (relative or ".")))


def file_at(base: Path, path: str) -> Path:
    r"""The file of a stored path; bytes of its name that are no text stand there as escapes.

    A name that really holds the characters of such an escape is taken at its word when that file is there.
    """
    file = base / path
    if ESCAPED_BYTE.search(path) and not os.path.lexists(file):
        return base / _with_bytes(path)
    return file


def _with_bytes(path: str) -> str:
    """The path with the half characters that Python has in the place of bytes which are no text."""
    return ESCAPED_BYTE.sub(lambda match: chr(0xDC00 + int(match[1], 16)), path)
