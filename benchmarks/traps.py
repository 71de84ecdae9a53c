"""What hostile PDFs do to text, before and after: pypdf's plain text of a page, and what docqa makes of it.

python benchmarks/traps.py FOLDER

FOLDER holds the files that are named here; rows of files that are not there are left out. Another trap is a function
from a file to (before, after), added to `TRAPS` with its name and the end of the file's name.
"""

from __future__ import annotations

import argparse
import io
import logging
from collections.abc import Callable
from pathlib import Path

import pypdf

from docqa.documents.formats import read_document
from docqa.documents.ocr import installed_version
from docqa.errors import DocumentError
from docqa.paragraphs.running_lines import without_running_lines
from docqa.paragraphs.segment import segment
from docqa.retrieval.analyzer import Analyzer

#: So much of a text is shown.
SHOWN = 72

Trap = Callable[[Path], tuple[str, str]]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    files = sorted(options.folder.rglob("*.pdf"))
    print("| trap | file | pypdf alone | docqa |\n|---|---|---|---|")
    for name, ending, trap in TRAPS:
        for file in files:
            if file.name.endswith(ending):
                before, after = trap(file)
                print(f"| {name} | `{file.name}` | {_cell(before)} | {_cell(after)} |")
                break


def excerpt(page: int, words: str, *, after: str = "") -> Trap:
    """A trap that shows in the text of a page from `words` on; docqa's from `after` on, where that is given."""
    return lambda file: (_from(plain(file, page), words), _from(read(file, page), after or words))


def end_of(page: int) -> Trap:
    """A trap that shows at the end of a page."""
    return lambda file: (plain(file, page)[-SHOWN:], read(file, page)[-SHOWN:])


def paragraph(page: int, words: str, *, after: str) -> Trap:
    """A trap that shows in the paragraphs: the page from `words` on, and a paragraph of it from `after` on."""

    def show(file: Path) -> tuple[str, str]:
        pages = without_running_lines(read_document(file.name, file.read_bytes()).pages)
        texts = [one.text for one in segment(pages) if one.page == page]
        return _from(plain(file, page), words), next((_from(text, after) for text in texts if after in text), "")

    return show


def found(page: int, words: str, query: str) -> Trap:
    """A trap for searches: the characters of the text stay, and whether a word is found there."""

    def show(file: Path) -> tuple[str, str]:
        hit = set(Analyzer().terms(query)) <= set(Analyzer().terms(read(file, page)))
        answer = "found" if hit else "not found"
        return _line(plain(file, page), words), f"{_line(read(file, page), words)}; a search for “{query}”: {answer}"

    return show


def said(file: Path) -> tuple[str, str]:
    """A trap that the ledger tells of."""
    try:
        document = read_document(file.name, file.read_bytes())
    except DocumentError as error:
        return plain(file, 1), f"{error.code}: {error}"
    return plain(file, 1), f"{document.code}: {document.notes[0]}" if document.notes else document.pages[0].text


def recognised(file: Path) -> tuple[str, str]:
    """A scanned page, with Tesseract."""
    if installed_version() is None:
        return plain(file, 1), "(Tesseract is not installed)"
    return plain(file, 1), read_document(file.name, file.read_bytes(), ocr="eng").pages[0].text


def plain(file: Path, page: int) -> str:
    """The text of a page as pypdf alone extracts it, or what it says."""
    reader = pypdf.PdfReader(io.BytesIO(file.read_bytes()))
    return reader.pages[page - 1].extract_text()


def read(file: Path, page: int) -> str:
    """The text of a page as docqa reads it, or why it does not."""
    try:
        return read_document(file.name, file.read_bytes()).pages[page - 1].text
    except DocumentError as error:
        return f"{error.code}: {error}"


#: Name of a trap, the end of the name of a file that has it, and what shows it.
TRAPS: list[tuple[str, str, Trap]] = [
    ("table: cells drawn out of order", "test_4639.pdf", excerpt(1, "Room:", after="Tech:")),
    (
        "table: cells drawn out of order",
        "argentina_diputados_voting_record.pdf",
        excerpt(1, "Frente Cívico", after="ABDALA"),
    ),
    ("table: cells glued to each other", "pdfplumber__examples__pdfs__background-checks.pdf", excerpt(1, "Florida")),
    ("form fields", "libreoffice-form.pdf", end_of(1)),
    ("annotations", "annotated_pdf.pdf", end_of(1)),
    ("garbage: glyph codes", "issue9655_reduced.pdf", excerpt(1, "")),
    ("garbage: no blanks", "issue1002.pdf", excerpt(1, "Thea", after="The natural")),
    ("garbage: private names of glyphs", "issue10640.pdf", excerpt(1, "")),
    ("NUL", "issue7901.pdf", excerpt(1, "")),
    ("private use, unreadable", "issue215.pdf", said),
    ("unreadable: controls for letters", "cff_bluescale_small_zones.pdf", said),
    ("scanned", "scan_no_text.pdf", said),
    ("scanned, with `--ocr eng`", "scan_no_text.pdf", recognised),
    ("ligature", "crazyones.pdf", found(1, "misﬁts", "misfits")),
    ("ligature, in the paragraph", "cython.pdf", paragraph(7, "1.2.1", after="1.2.1")),
    ("soft hyphen, in the paragraph", "issue9084.pdf", paragraph(1, "", after="")),
    ("zero-width space, in the paragraph", "bug1392647.pdf", paragraph(1, "", after="")),
    ("running header, in the paragraph", "bookmark_sample.pdf", paragraph(2, "", after="")),
    ("broken word, in the paragraph", "test_4435.pdf", paragraph(1, "derive the geome", after="derive the geome")),
    (
        "page break, in the paragraph",
        "pdf__lorem-ipsum.pdf",
        paragraph(1, "Integer quis ligula", after="Integer quis ligula"),
    ),
]


def _from(text: str, words: str) -> str:
    place = text.find(words)
    return text[max(0, place) :]


def _line(text: str, words: str) -> str:
    return _from(text, words).partition("\n")[0]


def _cell(text: str) -> str:
    shown = "".join(letter if letter.isprintable() or letter in "\r\n" else f"\\u{ord(letter):04x}" for letter in text)
    shown = " / ".join(line.strip() for line in shown.splitlines() if line.strip())
    # What the ledger and searches say is shown to its end.
    if len(shown) > SHOWN and "index with" not in shown and "a search for" not in shown:
        shown = shown[:SHOWN] + " …"
    return shown.replace("|", "\\|").replace("`", "") or "(nothing)"


if __name__ == "__main__":
    main()
