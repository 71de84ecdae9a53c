"""Which kinds of file docqa reads, and by what."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from docqa.documents import compressed
from docqa.documents.document import Document
from docqa.documents.docx import read_docx
from docqa.documents.epub import read_epub
from docqa.documents.html import read_html
from docqa.documents.limits import DEFAULT_LIMITS, Limits
from docqa.documents.mail import read_mail
from docqa.documents.markup import read_asciidoc, read_log, read_org, read_restructured_text, read_tex
from docqa.documents.mending import read_pdf_mended
from docqa.documents.opendocument import read_odp, read_odt
from docqa.documents.pdf import read_pdf
from docqa.documents.pdfium import is_installed, read_pdf_by_pdfium
from docqa.documents.plugins import find_plugins, read_by_plugin
from docqa.documents.pptx import read_pptx
from docqa.documents.table import read_comma_separated, read_tab_separated
from docqa.documents.text import read_markdown, read_text
from docqa.errors import DocumentError, UsageError

#: File name suffix (lower case) to the function that reads the file's bytes. Installed packages add others, see
#: `docqa.documents.plugins`; `.gz` after any of them is read as well.
READERS: dict[str, Callable[[bytes], Document]] = {
    ".pdf": read_pdf,
    ".txt": read_text,
    ".text": read_text,
    ".log": read_log,
    ".md": read_markdown,
    ".markdown": read_markdown,
    ".rst": read_restructured_text,
    ".org": read_org,
    ".adoc": read_asciidoc,
    ".asciidoc": read_asciidoc,
    ".tex": read_tex,
    ".html": read_html,
    ".htm": read_html,
    ".xhtml": read_html,
    ".eml": read_mail,
    ".docx": read_docx,
    ".pptx": read_pptx,
    ".odt": read_odt,
    ".odp": read_odp,
    ".epub": read_epub,
    ".csv": read_comma_separated,
    ".tsv": read_tab_separated,
}

#: The kinds that docqa reads by itself.
OWN = frozenset(READERS)

#: Name of an extractor to the function that reads a PDF's bytes with it; the first is the one used unless asked for.
PDF_EXTRACTORS: dict[str, Callable[[bytes, Limits, Sequence[str], str | None], Document]] = {
    "pypdf": read_pdf_mended,
    "pypdfium2": read_pdf_by_pdfium,
}
DEFAULT_PDF_EXTRACTOR = "pypdf"


@dataclass(frozen=True)
class Kind:
    """The suffix, in lower case, that says what a file holds, and whether it is compressed besides."""

    suffix: str
    is_compressed: bool = False


def check_pdf_extractor(name: str) -> str:
    """The name of an extractor for PDFs. Raises `UsageError` when there is none of that name or it is not installed."""
    if name not in PDF_EXTRACTORS:
        raise UsageError(f"There is no PDF extractor {name!r}; there are {' and '.join(PDF_EXTRACTORS)}.")
    if PDF_EXTRACTORS[name] is read_pdf_by_pdfium and not is_installed():
        raise UsageError("The extractor pypdfium2 is not installed; install it with `pip install pypdfium2`.")
    return name


def is_readable_kind(path: PurePath | str) -> bool:
    """Whether docqa reads files named like this, by itself or through a plug-in, as they are or compressed.

    >>> is_readable_kind("report.PDF"), is_readable_kind("notes.txt.gz"), is_readable_kind("photo.jpg")
    (True, True, False)
    """
    suffix = kind_of(path).suffix
    return suffix in READERS or suffix in find_plugins(OWN)


def readable_kinds() -> str:
    """The kinds of files that are read, those of plug-ins too, as a sentence names them."""
    return f"{', '.join(sorted({*READERS, *find_plugins(OWN)}))}, and any of them compressed ({compressed.SUFFIX})"


def kind_of(name: PurePath | str) -> Kind:
    """What the name of a file says of how it is read.

    >>> kind_of("Notes.TXT.gz"), kind_of("notes.gz").suffix
    (Kind(suffix='.txt', is_compressed=True), '.gz')
    """
    stem, suffix = _split(os.path.basename(name))  # noqa: PTH119
    inner = _split(stem)[1] if suffix == compressed.SUFFIX else ""
    return Kind(inner, is_compressed=True) if inner else Kind(suffix)


def _split(name: str) -> tuple[str, str]:
    """A name without its suffix, and the suffix in lower case, as pathlib has them, which takes ten times as long."""
    place = name.rfind(".")
    return (name[:place], name[place:].lower()) if 0 < place < len(name) - 1 else (name, "")


def read_document(
    name: PurePath | str,
    data: bytes,
    pdf_extractor: str = DEFAULT_PDF_EXTRACTOR,
    limits: Limits = DEFAULT_LIMITS,
    passwords: Sequence[str] = (),
    ocr: str | None = None,
) -> Document:
    """Read a file's bytes by the suffix of its name. Raises `DocumentError` with a code and a sentence."""
    kind = kind_of(name)
    suffix = kind.suffix
    is_own = suffix in READERS
    plugin = None if is_own else find_plugins(OWN).get(suffix)
    if not is_own and plugin is None:
        raise DocumentError("KIND-UNKNOWN", f"docqa does not read {suffix or 'files without a suffix'}.")
    if kind.is_compressed:
        data = compressed.expand(data)
    if plugin is not None:
        return read_by_plugin(plugin, data)
    return PDF_EXTRACTORS[pdf_extractor](data, limits, passwords, ocr) if suffix == ".pdf" else READERS[suffix](data)
