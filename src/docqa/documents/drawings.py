"""Charts and diagrams (SmartArt) of office documents: their words and numbers, which stand in parts of their own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from docqa.documents.foreign import library, reason
from docqa.documents.table import table_lines

CHART = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
DIAGRAM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}"
DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
#: What a format of numbers says about percents: "0.0%" has one digit after the point.
PERCENT, MOST_PERCENT = re.compile(r"0(?:\.(0{1,9}))?%"), 10**9
#: And about dates, which are days since one of these; what is quoted or stands in brackets is none of it.
DAY_OR_YEAR, NO_CODE = re.compile("[dy]", re.IGNORECASE), re.compile(r'"[^"]*"|\[[^\]]*\]|\\.')
USUAL_START, OTHER_START, MOST_DAYS = date(1899, 12, 30), date(1904, 1, 1), 2_957_000
NUMBERS = {f"{CHART}numCache", f"{CHART}numLit"}


@dataclass(frozen=True)
class Drawings:
    """The lines of charts and diagrams, and why others could not be read, a reason each."""

    lines: tuple[str, ...]
    failures: tuple[str, ...]


def drawings(part: Any, package: str) -> Drawings:
    """The charts and diagrams that a part of a document refers to, in the order of its references.

    `part` is one of python-pptx or python-docx, and `package` says which.
    """
    parse = library(f"{package.removeprefix('python-')}.oxml", package).parse_xml
    lines: list[str] = []
    failures: list[str] = []
    for relation in part.rels.values():
        read = READ.get(relation.reltype.rpartition("/")[2])
        if read is None or relation.is_external:
            continue
        try:
            lines += list(read(parse(relation.target_part.blob)))
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - a foreign parser
            # As with the document itself: lxml and the packages raise nearly anything. It must not cost the text.
            failures.append(reason(error))
    return Drawings(tuple(lines), tuple(failures))


def _of_diagram(root: Any) -> Iterator[str]:
    for point in root.iter(f"{DIAGRAM}pt"):
        for paragraph in point.iterfind(f"{DIAGRAM}t/{DRAWING}p"):
            yield _words(paragraph)


def _of_chart(root: Any) -> Iterator[str]:
    """Titles of the chart and its axes, then for each category a line with its value in each series."""
    for title in root.iter(f"{CHART}title"):
        yield _words(title)
    # Series that have the same categories share lines. Those of a scatter chart need not: each has places of its own.
    groups: list[tuple[dict[int, str], list[str], list[dict[int, str]]]] = []
    for series in root.iter(f"{CHART}ser"):
        name = " ".join(value.text or "" for value in series.iterfind(f"{CHART}tx//{CHART}v"))
        categories, values = _points(_first(series, "cat", "xVal")), _points(_first(series, "val", "yVal"))
        if not groups or categories not in ({}, groups[-1][0]):
            groups.append((categories, [], []))
        groups[-1][1].append(name)
        groups[-1][2].append(values)
    for categories, names, columns in groups:
        numbers = sorted({*categories, *(number for column in columns for number in column)})
        rows = [[categories.get(at, ""), *(column.get(at, "") for column in columns)] for at in numbers]
        yield from table_lines(["", *names], rows)


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
        number = Decimal(value)
    except InvalidOperation:
        return value
    if not number.is_finite():
        return value
    percent = PERCENT.search(code)
    if percent and abs(number) < MOST_PERCENT:
        # A half goes up, as in the programs that draw charts.
        step = Decimal(1).scaleb(-len(percent[1] or ""))
        return f"{(number * 100).quantize(step, ROUND_HALF_UP)}%"
    if DAY_OR_YEAR.search(NO_CODE.sub("", code)) and 0 < number < MOST_DAYS:
        return (start + timedelta(days=int(number))).isoformat()
    return f"{float(number):.15g}"


def _words(element: Any) -> str:
    tags = (f"{DRAWING}t", f"{CHART}v", f"{DRAWING}br", f"{DRAWING}p")
    parts = [" " if child.tag in tags[2:] else child.text or "" for child in element.iter(*tags)]
    return " ".join("".join(parts).split())


#: How the parts are read that a document refers to by these names.
READ: dict[str, Callable[[Any], Iterator[str]]] = {"chart": _of_chart, "diagramData": _of_diagram}
