"""Which tables of OpenDocument files name their columns: by header rows, a row shown as first, or one that is bold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from docqa.documents.table import first_row_stands_out

NAMES = "{urn:oasis:names:tc:opendocument:xmlns:%s:1.0}"
TEXT, TABLE, STYLE = NAMES % "text", NAMES % "table", NAMES % "style"
WEIGHT = "{urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0}font-weight"
#: What a style can rest on is followed so far: a file can say that styles rest on each other.
MOST_STYLES = 20
#: From this weight on words are bold, as in CSS.
BOLD = 600

#: Whether words are bold where a style, by its family and its name, is used; styles that say nothing are not in it.
Weights = Mapping[tuple[str, str], bool]


def style_weights(parts: Iterable[Any]) -> Weights:
    """Which styles of a document's parts set words in bold or not in bold, by themselves or by what they rest on."""
    every = {
        (style.get(f"{STYLE}family") or "", style.get(f"{STYLE}name") or ""): style
        for part in parts
        for style in part.iter(f"{STYLE}style")
    }
    told = ((key, _inherited(every, key)) for key in every)
    return {key: weight for key, weight in told if weight is not None}


def names_its_columns(table: Any, weights: Weights) -> bool:
    """Whether the first row of a table names its columns."""
    header = table.find(f"{TABLE}table-header-rows")
    if header is not None:
        return len(header) == 1
    rows = [[_is_bold(cell, weights) for cell in row.iterchildren(f"{TABLE}table-cell")] for row in own_rows(table)]
    return table.get(f"{TABLE}use-first-row-styles") == "true" or first_row_stands_out(rows[:2])


def own_rows(table: Any) -> Iterator[Any]:
    """The rows of a table, without those of tables in its cells."""
    for child in table:
        if child.tag == f"{TABLE}table-row":
            yield child
        elif isinstance(child.tag, str) and child.tag.startswith(TABLE):
            yield from own_rows(child)


def _is_bold(cell: Any, weights: Weights) -> bool | None:
    """Whether all words of a cell are bold; None where it has none."""
    inner = [element for element in cell.iter() if isinstance(element.tag, str)]
    around = [element for element in inner if element.text and element.text.strip()]
    around += [
        element.getparent() for element in inner if element is not cell and element.tail and element.tail.strip()
    ]
    return all(_weight_of(element, cell, weights) for element in around) if around else None


def _weight_of(element: Any, cell: Any, weights: Weights) -> bool:
    """What the innermost style around words says that says something."""
    for above in (element, *element.iterancestors()):
        family, name = _style_of(above)
        told = weights.get((family, name))
        if told is not None or above is cell:
            return bool(told)
    return False


def _style_of(element: Any) -> tuple[str, str]:
    if element.tag == f"{TABLE}table-cell":
        return "table-cell", element.get(f"{TABLE}style-name") or ""
    family = "paragraph" if element.tag in {f"{TEXT}p", f"{TEXT}h"} else "text"
    return family, element.get(f"{TEXT}style-name") or ""


def _inherited(every: Mapping[tuple[str, str], Any], key: tuple[str, str]) -> bool | None:
    for _ in range(MOST_STYLES):
        style = every.get(key)
        if style is None:
            return None
        properties = style.find(f"{STYLE}text-properties")
        told = properties.get(WEIGHT) if properties is not None else None
        if told is not None:
            return bool(told == "bold" or (told.isascii() and told.isdecimal() and int(told[:9]) >= BOLD))
        key = (key[0], style.get(f"{STYLE}parent-style-name") or "")
    return None
