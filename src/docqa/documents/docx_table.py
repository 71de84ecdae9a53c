"""Tables of DOCX: each row as a line, with the names of its columns where the first row is set apart as their names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from docqa.documents.table import first_row_stands_out, table_lines
from docqa.documents.word_xml import WORD, own, text_of

#: Styles rest on others; in a damaged file they may do so in a circle.
MOST_STYLES = 20
#: Where the style alone sets the first row apart, as it does in tables of any kind, fewer columns say nothing.
FEWEST_COLUMNS = 3
#: The bit of a table's look that says that its first row is a special one.
FIRST_ROW = 0x0020
OFF = {"0", "false", "off", "none"}


@dataclass(frozen=True)
class Styles:
    """Ids of the styles that set words in bold, and of the table styles that set those of the first row so."""

    bold: frozenset[str]
    first_row: frozenset[str]


def bold_styles(styles: Any) -> Styles:
    """Which styles of a document's `styles` element make bold, by themselves or by what they rest on."""
    every = {style.get(f"{WORD}styleId") or "": style for style in styles.iter(f"{WORD}style")}
    bold = {name for name in every if _inherited(every, name, f"{WORD}rPr")}
    first_row = {
        name for name in every if _inherited(every, name, f"{WORD}tblStylePr[@{WORD}type='firstRow']/{WORD}rPr")
    }
    return Styles(frozenset(bold), frozenset(first_row))


def docx_table_lines(table: Any, styles: Styles) -> Iterator[str]:
    """The rows of a table, a line each, with the names of the columns where there are some."""
    cells = [list(own(row, f"{WORD}tc")) for row in own(table, f"{WORD}tr")]
    texts = [[text_of(cell) for cell in row] for row in cells]
    kept = [number for number, row in enumerate(texts) if any(cell.strip() for cell in row)]
    rows = [texts[number] for number in kept]
    names: list[str] = []
    if len(rows) > 1 and (
        next(table.iter(f"{WORD}tblHeader"), None) is not None
        or first_row_stands_out([[_is_bold(cell, styles) for cell in cells[number]] for number in kept[:2]])
        or (len(rows[0]) >= FEWEST_COLUMNS and _has_special_first_row(table, styles))
    ):
        names = rows.pop(0)
    return table_lines(names, rows)


def _is_bold(cell: Any, styles: Styles) -> bool | None:
    """Whether all words of a cell are bold; None where it has none."""
    told = [_run_is_bold(run, styles) for run in cell.iter(f"{WORD}r") if text_of(run).strip()]
    return all(told) if told else None


def _run_is_bold(run: Any, styles: Styles) -> bool:
    told = _switched(run.find(f"{WORD}rPr"))
    if told is not None:
        return told
    paragraph = next(run.iterancestors(f"{WORD}p"), None)
    named = [run.find(f"{WORD}rPr/{WORD}rStyle")]
    if paragraph is not None:
        named.append(paragraph.find(f"{WORD}pPr/{WORD}pStyle"))
    return any(style is not None and style.get(f"{WORD}val") in styles.bold for style in named)


def _has_special_first_row(table: Any, styles: Styles) -> bool:
    style = table.find(f"{WORD}tblPr/{WORD}tblStyle")
    look = table.find(f"{WORD}tblPr/{WORD}tblLook")
    if style is None or look is None or style.get(f"{WORD}val") not in styles.first_row:
        return False
    told = look.get(f"{WORD}firstRow")
    if told is not None:
        return told not in OFF
    try:
        return bool(int(look.get(f"{WORD}val") or "0", 16) & FIRST_ROW)
    except ValueError:
        return False


def _inherited(every: Mapping[str, Any], name: str, path: str) -> bool:
    """Whether a style says bold at a path, or the first of those it rests on that says something there does."""
    for _ in range(MOST_STYLES):
        style = every.get(name)
        if style is None:
            return False
        told = _switched(style.find(path))
        if told is not None:
            return told
        base = style.find(f"{WORD}basedOn")
        name = base.get(f"{WORD}val") or "" if base is not None else ""
    return False


def _switched(properties: Any) -> bool | None:
    """Whether properties of words switch bold on or off; None where they say nothing of it."""
    bold = properties.find(f"{WORD}b") if properties is not None else None
    return None if bold is None else bold.get(f"{WORD}val", "1").lower() not in OFF
