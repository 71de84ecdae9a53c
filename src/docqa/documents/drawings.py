"""Charts and diagrams (SmartArt) of office documents: their words and numbers, which stand in parts of their own."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

from docqa.documents.foreign import library
from docqa.documents.table import row_line

CHART = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
DIAGRAM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}"
DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
#: What a format of numbers says about percents: "0.0%" has one digit after the point.
PERCENT = re.compile(r"0(?:\.(0+))?%")
#: And about dates, which are days since one of these; what is quoted or stands in brackets is none of it.
DAY_OR_YEAR, NO_CODE = re.compile("[dy]", re.IGNORECASE), re.compile(r'"[^"]*"|\[[^\]]*\]|\\.')
USUAL_START, OTHER_START, MOST_DAYS = date(1899, 12, 30), date(1904, 1, 1), 2_957_000
NUMBERS = {f"{CHART}numCache", f"{CHART}numLit"}

logger = logging.getLogger(__name__)


def drawn_lines(part: Any, package: str) -> Iterator[str]:
    """The lines of the charts and diagrams that a part of a document refers to, in the order of its references.

    `part` is one of python-pptx or python-docx, and `package` says which. What is damaged is left out.
    """
    parse = library(f"{package.removeprefix('python-')}.oxml", package).parse_xml
    for relation in part.rels.values():
        read = READ.get(relation.reltype.rpartition("/")[2])
        if read is None or relation.is_external:
            continue
        try:
            lines = list(read(parse(relation.target_part.blob)))
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - a foreign parser
            # As with the document itself: lxml and the packages raise nearly anything. The text around it counts more.
            logger.info("a drawing: %r", error)
            continue
        yield from lines


def _of_diagram(root: Any) -> Iterator[str]:
    for point in root.iter(f"{DIAGRAM}pt"):
        for paragraph in point.iterfind(f"{DIAGRAM}t/{DRAWING}p"):
            yield _words(paragraph)


def _of_chart(root: Any) -> Iterator[str]:
    """Titles of the chart and its axes, then for each category a line with its value in each series."""
    for title in root.iter(f"{CHART}title"):
        yield _words(title)
    names: list[str] = []
    categories: dict[int, str] = {}
    values: list[dict[int, str]] = []
    for series in root.iter(f"{CHART}ser"):
        names.append(" ".join(value.text or "" for value in series.iterfind(f"{CHART}tx//{CHART}v")))
        values.append(_points(_first(series, "val", "yVal")))
        # Series share their categories; a later one may know more of them.
        categories = {**_points(_first(series, "cat", "xVal")), **categories}
    for number in sorted({*categories, *(number for held in values for number in held)}):
        row = [categories.get(number, ""), *(held.get(number, "") for held in values)]
        yield row_line(["", *names], row)


def _first(series: Any, *tags: str) -> Any:
    found = (series.find(f"{CHART}{tag}") for tag in tags)
    return next((element for element in found if element is not None), None)


def _points(element: Any) -> dict[int, str]:
    """The values that a chart keeps of cells of its table, by their number; wider categories follow narrower ones."""
    if element is None:
        return {}
    levels = [_cells(level) for level in element.iter(f"{CHART}lvl")] or [_cells(element)]
    points = levels[0]
    for level in levels[1:]:
        wider = ""
        for number in sorted(points):
            wider = level.get(number, wider)
            points[number] = f"{points[number]} {wider}".strip()
    return points


def _cells(element: Any) -> dict[int, str]:
    cells, start = {}, _start_of_dates(element)
    for point in element.iter(f"{CHART}pt"):
        number, value, cache = point.get("idx", ""), point.findtext(f"{CHART}v"), point.getparent()
        if number.isdecimal() and value:
            code = point.get("formatCode") or cache.findtext(f"{CHART}formatCode") or ""
            cells[int(number)] = _shown(value, code, start) if cache.tag in NUMBERS else value
    return cells


def _start_of_dates(element: Any) -> date:
    other = element.getroottree().getroot().find(f"{CHART}date1904")
    return OTHER_START if other is not None and other.get("val", "1") in {"1", "true"} else USUAL_START


def _shown(value: str, code: str, start: date = USUAL_START) -> str:
    """A number as people see it: percents, dates, and no digits that a binary fraction has too many.

    >>> _shown("0.30000000000000004", "General"), _shown("0.125", "0.0%"), _shown("45292", "d/m/yyyy")
    ('0.3', '12.5%', '2024-01-01')
    """
    try:
        number = float(value)
    except ValueError:
        return value
    percent = PERCENT.search(code)
    if percent:
        return f"{number:.{len(percent[1] or '')}%}"
    if DAY_OR_YEAR.search(NO_CODE.sub("", code)) and 0 < number < MOST_DAYS:
        return (start + timedelta(days=int(number))).isoformat()
    return f"{number:.15g}"


def _words(element: Any) -> str:
    tags = (f"{DRAWING}t", f"{CHART}v", f"{DRAWING}br", f"{DRAWING}p")
    parts = [" " if child.tag in tags[2:] else child.text or "" for child in element.iter(*tags)]
    return " ".join("".join(parts).split())


#: How the parts are read that a document refers to by these names.
READ: dict[str, Callable[[Any], Iterator[str]]] = {"chart": _of_chart, "diagramData": _of_diagram}
