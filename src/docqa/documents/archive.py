"""Documents that are zip archives (DOCX, ODT, EPUB, ...): opened only when what they expand to is within the limit."""

from __future__ import annotations

import io
import zipfile
from typing import Any

from docqa.documents.compressed import MOST_EXPANDED, too_large
from docqa.documents.foreign import library, reason
from docqa.errors import DocumentError

#: How files of the older Office formats begin, and the newer ones with a password, which are wrapped into one.
OLE_MARK = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")
#: No document has more parts.
MOST_PARTS = 100_000


def open_archive(data: bytes, kind: str, holds: str) -> zipfile.ZipFile:
    """The archive that a document of a kind, such as "DOCX", is; its parts are still to be read.

    `holds` is how the name of some part begins in files of this kind. Raises `DocumentError` when the file is empty,
    of another kind, damaged, encrypted, or expands to more than it may.
    """
    if not data:
        raise DocumentError("DOC-EMPTY", "The file is empty (0 bytes).")
    if data.startswith(OLE_MARK):
        if ENCRYPTED_PACKAGE in data:
            raise DocumentError("DOC-ENCRYPTED", "The document needs a password; save it without one.")
        raise DocumentError("DOC-NOT", f"The file is of an older Office format; save it as {kind}.")
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, OSError, ValueError, EOFError, NotImplementedError) as error:
        if not data.startswith(b"PK"):
            raise _other_kind(kind) from error
        raise DocumentError("DOC-DAMAGED", "The file is damaged or cut short. Get a fresh copy of it.") from error
    parts = archive.infolist()
    if not any(part.filename.startswith(holds) for part in parts):
        raise _other_kind(kind)
    # zipfile reads no more of a part than the directory says, so what it says is what can come.
    if len(parts) > MOST_PARTS or sum(max(0, part.file_size - part.compress_size) for part in parts) > MOST_EXPANDED:
        raise DocumentError("DOC-TOO-LARGE", too_large())
    if sum(part.compress_size for part in parts) > len(data):
        # Parts that lie one over the other are how a small archive holds a lot.
        raise DocumentError("DOC-DAMAGED", "The parts of the file overlap. Get a fresh copy of it.")
    if any(part.flag_bits & 1 for part in parts):
        raise DocumentError("DOC-ENCRYPTED", "The document needs a password; save it without one.")
    return archive


def read_part(archive: zipfile.ZipFile, name: str) -> bytes:
    """The bytes of a part. Raises `DocumentError` when it is missing or damaged."""
    try:
        return archive.read(name)
    except KeyError as error:
        raise DocumentError("DOC-DAMAGED", f"The file lacks its part {name}. Get a fresh copy of it.") from error
    except MemoryError:
        raise
    except Exception as error:
        # Each way of compressing raises errors of its own.
        raise DocumentError(
            "DOC-DAMAGED", f"The part {name} of the file is damaged. Get a fresh copy of it."
        ) from error


def read_xml(archive: zipfile.ZipFile, name: str) -> Any:
    """The root of a part that is XML, as lxml has it. Raises `DocumentError` when it is missing or damaged."""
    etree = library("lxml.etree", "lxml")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        return etree.fromstring(read_part(archive, name), parser)
    except etree.XMLSyntaxError as error:
        raise DocumentError("DOC-DAMAGED", f"The part {name} of the file is damaged ({reason(error)}).") from error


def _other_kind(kind: str) -> DocumentError:
    return DocumentError("DOC-NOT", f"The file is named like {kind} and is none; give it its right name.")
