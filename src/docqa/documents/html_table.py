"""Tables of HTML: each row as a line, with the names of its columns where the table says them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from docqa.documents.table import filled, first_row_stands_out, row_line, unsaid

#: A table that holds one of these, or a cell of so many characters, arranges a page rather than data.
OF_LAYOUT = ("table", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "pre", "form")
LAYOUT_CELL = 1000
#: What sets words in bold.
BOLD = ("b", "strong", "th")
#: No cell spans more columns than this, whatever it says.
MOST_SPANNED = 100


def is_data(table: Any) -> bool:
    """Whether a table holds data, in rows."""
    if any(table.find(f".//{tag}") is not None for tag in OF_LAYOUT):
        return False
    return all(len(_words(cell)) <= LAYOUT_CELL for cell in table.iter("td", "th"))


def table_lines(table: Any) -> Iterator[str]:
    """The caption and the rows of a table, a line each."""
    for caption in table.iter("caption"):
        yield _words(caption)
    rows = [[cell for cell in row if cell.tag in {"td", "th"}] for row in table.iter("tr")]
    rows = [row for row in rows if any(_words(cell) for cell in row)]
    # A cell that spans rows moves the columns of the next ones, so that names would go astray.
    straight = all((cell.get("rowspan") or "1") == "1" for row in rows for cell in row)
    stands_out = first_row_stands_out([[_is_bold(cell) for cell in row] for row in rows[:2]])
    names: list[str] | None = None
    for place, row in enumerate(rows):
        values = _spread(row)
        if names is None and straight and (_are_names(row) or (place == 0 and stands_out)):
            names = values
            later = [other for other in map(_spread, rows[place + 1 :]) if len(other) == len(names)]
            yield unsaid(names, set().union(*map(filled, later)))
        else:
            yield _line(row, values, names)


def _are_names(row: list[Any]) -> bool:
    """Whether a row says itself that it has the names of columns; the corner above names of rows may be empty."""
    if len(row) > 1 and all(cell.tag == "th" for cell in row):
        return True
    named = [cell for cell in row if _words(cell)]
    return len(named) > 1 and (row[0].getparent().getparent().tag == "thead" or all(cell.tag == "th" for cell in named))


def _is_bold(cell: Any) -> bool | None:
    """Whether all words of a cell are bold; None where it has none."""
    words = "".join(_words(cell).split())
    if not words or cell.tag == "th":
        return bool(words) or None
    bold = [element for element in cell.iter(*BOLD) if not any(above.tag in BOLD for above in element.iterancestors())]
    return "".join("".join(map(_words, bold)).split()) == words


def _line(row: list[Any], values: list[str], names: list[str] | None) -> str:
    if names is not None and len(values) == len(names):
        return row_line(names, values)
    if len(row) > 1 and row[0].tag == "th" and row[1].tag == "td" and values[0]:
        return f"{values[0].removesuffix(':')}: {row_line([], values[1:])}"
    return row_line([], values)


def _spread(row: list[Any]) -> list[str]:
    values: list[str] = []
    for cell in row:
        spanned = cell.get("colspan") or "1"
        width = min(int(spanned), MOST_SPANNED) if spanned.isascii() and spanned.isdecimal() else 1
        values += [_words(cell), *[""] * (width - 1)]
    return values


def _words(element: Any) -> str:
    # A line break or a paragraph parts words, although no blank stands there.
    parts = []
    for child in element.iter():
        if child.tag in {"br", "p", "div"}:
            parts.append(" ")
        if isinstance(child.tag, str) and child.tag not in {"script", "style"} and child.text:
            parts.append(child.text)
        if child is not element and child.tail:
            parts.append(child.tail)
    return " ".join("".join(parts).split())
