"""Tables of comma- or tab-separated values: a row becomes a line that says each value with the name of its column."""

from __future__ import annotations

import csv
import io
from collections.abc import Container, Iterator, Sequence

from docqa.documents.document import Document
from docqa.documents.foreign import reason
from docqa.documents.page_text import PageText
from docqa.documents.text import decode, decoder_version
from docqa.errors import DocumentError

#: What the delimiter is looked for in.
SAMPLE = 64 * 1024
DELIMITERS = ",;\t|"
#: A row of so many cells is a sentence, which ends with one of these.
MANY, ENDS = 2, (".", "!", "?")
#: A cell with more characters means that a quotation mark was never closed.
LONGEST_CELL = 1_000_000


def read_comma_separated(data: bytes) -> Document:
    """Read a CSV file, whatever its delimiter. Raises `DocumentError` when it is empty, not text or not a table."""
    text = decode(data)
    return _read(text, _delimiter(text))


def read_tab_separated(data: bytes) -> Document:
    """Read a TSV file. Raises `DocumentError` as `read_comma_separated` does."""
    return _read(decode(data), "\t")


def row_line(names: Sequence[str], values: Sequence[str]) -> str:
    """A row as a sentence that can be read alone; empty cells are left out, and one cell alone stays as it is.

    Readers tell rows apart by the full stop: of questions about one cell of a small table docqa-base answers half
    again as many as with semicolons and without it (`benchmarks/table_rows.py`).

    >>> row_line(["City", "Founded", "Twin"], ["Bonn", "11 BC", ""])
    'City: Bonn, Founded: 11 BC.'
    """
    cells = []
    for number, value in enumerate(values):
        words = " ".join(value.split())
        name = " ".join(names[number].split()) if number < len(names) else ""
        if words:
            cells.append(f"{name}: {words}" if name else words)
    line = ", ".join(cells)
    return line if len(cells) < MANY or line.endswith(ENDS) else f"{line}."


def table_lines(names: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """The lines of a table: names that no row says, then each row; rows of another length are not under the names.

    >>> list(table_lines(["City", "Founded", "Twin"], [["Bonn", "11 BC", ""], ["none"]]))
    ['Twin', 'City: Bonn, Founded: 11 BC.', 'none']
    """
    yield unsaid(names, set().union(*(filled(row) for row in rows if len(row) == len(names))))
    for row in rows:
        yield row_line(names if len(row) == len(names) else [], row)


def first_row_stands_out(bold: Sequence[Sequence[bool | None]]) -> bool:
    """Whether rows begin with one of two cells or more that are all in bold, and the next one is not.

    So people mark the names of columns who do not say which row they are. `bold` tells of each cell whether all its
    words are so, None where it has none.

    >>> first_row_stands_out([[None, True, True], [True, False, False]])
    True
    >>> first_row_stands_out([[True, False], [True, False]])
    False
    """
    first, second = ([cell for cell in row if cell is not None] for row in bold[:2]) if len(bold) > 1 else ([], [])
    return len(first) > 1 and all(first) and not all(second)


def filled(values: Sequence[str]) -> set[int]:
    """The columns in which a row has something."""
    return {number for number, value in enumerate(values) if value.strip()}


def unsaid(names: Sequence[str], said: Container[int]) -> str:
    """The names of columns that no row has said, because all are empty there, as a line of their own.

    A form to be filled in has no others.

    >>> unsaid(["Name", "Date", "Signature"], {1})
    'Name, Signature.'
    """
    return row_line([], [name for number, name in enumerate(names) if number not in said])


def _read(text: str, delimiter: str) -> Document:
    rows = _rows(text.removeprefix("\ufeff"), delimiter)
    names = next(rows, [])
    page = PageText()
    said: set[int] = set()
    for values in rows:
        said |= filled(values)
        page.add(row_line(names, values))
    page.add(unsaid(names, said))
    return Document((page.finish(1),), "", "csv", decoder_version())


def _rows(text: str, delimiter: str) -> Iterator[list[str]]:
    before = csv.field_size_limit(LONGEST_CELL)
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            if any(cell.strip() for cell in row):
                yield row
    except csv.Error as error:
        raise DocumentError(
            "DOC-DAMAGED",
            f"The table cannot be read ({reason(error)}); look for a quotation mark that is never closed.",
        ) from error
    finally:
        csv.field_size_limit(before)


def _delimiter(text: str) -> str:
    """The character that parts the first rows most evenly; a comma when none does."""
    # csv.Sniffer guesses letters and takes seconds on long texts.
    best, most = ",", 0
    for delimiter in DELIMITERS:
        rows = list(_first_rows(text[:SAMPLE], delimiter))
        cells = len(rows[0]) if rows else 0
        even = sum(len(row) == cells for row in rows)
        if cells > 1 and even * cells > most:
            best, most = delimiter, even * cells
    return best


def _first_rows(sample: str, delimiter: str) -> Iterator[list[str]]:
    try:
        for row in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter):
            if row:
                yield row
    except csv.Error:
        # The whole is read later, and what is wrong with it is told then.
        return
