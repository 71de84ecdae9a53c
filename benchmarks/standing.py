"""Where docqa stands: the few figures that matter, from the results of a run, each beside what is aimed at.

What was not measured in the run is left out; aims that are meant for a million paragraphs are asked only there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from results import Cell, Column, Result, Table

MILLION = 1_000_000
COLUMNS = (Column("what"), Column("measured"), Column("aim"), Column("reached"))


class Figure(NamedTuple):
    """A measured number in its unit, with so many decimals, and the aim, if any: no less, or with `most` no more."""

    what: str
    measured: float
    decimals: int
    aim: float | None
    unit: str = ""
    most: bool = False

    def row(self) -> tuple[Cell, ...]:
        """As the table shows it; compared is what was measured, not what is shown.

        >>> Figure("times", 3.998, 2, 4).row()
        ('times', '4.00', 'at least 4', 'no')
        """
        shown = f"{self.measured:,.{self.decimals}f}{self.unit}"
        if self.aim is None:
            return self.what, shown, None, None
        reached = self.measured <= self.aim if self.most else self.measured >= self.aim
        aim = f"at {'most' if self.most else 'least'} {self.aim:,g}{self.unit}"
        return self.what, shown, aim, "yes" if reached else "no"


def standing(results: Mapping[str, Result]) -> Table:
    """The table of all figures that these results hold, by the names of their files."""
    found = (figure for stem in FIGURES if stem in results for figure in FIGURES[stem](results[stem]))
    figures = [figure for figure in found if not math.isnan(figure.measured)]
    return Table("standing", "Where docqa stands", COLUMNS, tuple(figure.row() for figure in figures))


def _rows(result: Result, name: str, *, by: int = 1) -> dict[tuple[Cell, ...], dict[str, Cell]]:
    """The rows of a table by their first `by` cells, each by the names of its columns."""
    table = result.table(name)
    if table is None:
        return {}
    names = [column.name for column in table.columns]
    return {row[:by]: dict(zip(names, row, strict=True)) for row in table.rows}


def _number(row: Mapping[str, Cell], column: str) -> float:
    cell = row[column]
    return float(cell) if isinstance(cell, int | float) else float("nan")


def _reading(result: Result) -> Iterator[Figure]:
    rates = {name[0]: _number(row, "paragraphs a second") for name, row in _rows(result, "readers").items()}
    peers = {
        peer: max((rate for name, rate in rates.items() if str(name).startswith(begins)), default=0.0)
        for peer, begins in (("the transformers pipeline", "transformers"), ("Haystack's reader", "Haystack"))
    }
    for ours, peer, aim in (
        ("docqa, all candidates", "the transformers pipeline", 4),
        ("docqa, all candidates", "Haystack's reader", 6),
        ("docqa, int8, all candidates", "the transformers pipeline", 2),
        ("docqa", "the transformers pipeline", None),
        ("docqa", "Haystack's reader", None),
    ):
        if ours in rates and peers[peer]:
            how = ours.removeprefix("docqa").removeprefix(", ") or "as it is"
            yield Figure(f"Reading ({how}): times as fast as {peer}", rates[ours] / peers[peer], 2, aim)


def _arithmetic(result: Result) -> Iterator[Figure]:
    table = result.table("arithmetic")
    reader = table.title.partition(",")[0] if table else ""
    rows = _rows(result, "arithmetic")
    exact = rows.get(("float32",))
    for rough in ("bfloat16", "int8"):
        row = rows.get((f"{rough}, close calls again",)) or rows.get((rough,))
        if row and exact:
            what = f"{reader} in {rough}: best answers that are those of float32"
            yield Figure(what, _number(row, "same as in float32, %"), 1, 99, " %")
            if row["F1"] is not None:
                lost = _number(exact, "F1") - _number(row, "F1")
                yield Figure(f"{reader} in {rough}: F1 lost by it", lost, 2, 0.2, most=True)


def _stopping(result: Result) -> Iterator[Figure]:
    for (way,), row in _rows(result, "stopping").items():
        if way != "all candidates":
            aim = 98 if "scout" in str(way) else 99
            yield Figure(f"Reading less ({way}): same best answers", _number(row, "same best answer, %"), 1, aim, " %")


def _peak(result: Result) -> Iterator[Figure]:
    shares: dict[str, list[float]] = {}
    for (reader, arithmetic, *_), row in _rows(result, "peak", by=4).items():
        if reader == "docqa-base":
            shares.setdefault(str(arithmetic), []).append(_number(row, "share of square, %"))
    for arithmetic, lowest in shares.items():
        # Beside bfloat16, float32 is the arithmetic that docqa does not compute in.
        if arithmetic == "bfloat16" or len(shares) == 1:
            what = f"docqa-base in {arithmetic}: lowest share of a square product's speed"
            yield Figure(what, min(lowest), 0, 35, " %")


def _scale(result: Result) -> Iterator[Figure]:
    for row in _rows(result, "making").values():
        if _number(row, "paragraphs drawn") >= MILLION:
            held = f"{_number(row, 'in the index'):,.0f} paragraphs"
            yield Figure(f"Indexing {held}", _number(row, "docqa index, s"), 0, 90, " s", most=True)
            yield Figure(f"Adding one file to {held}", _number(row, "adding one file, ms"), 0, 1000, " ms", most=True)
    for row in _rows(result, "searching").values():
        if _number(row, "in the index") >= MILLION:
            for column, what, decimals, aim, unit in (
                ("first search, ms", "the first search after opening", 0, 50, " ms"),
                ("p50 ms", "median search", 2, 4, " ms"),
                ("p95 ms", "95 of 100 searches", 2, 15, " ms"),
                ("memory added, MB", "memory it adds", 0, 1000, " MB"),
            ):
                where = f"Searching {_number(row, 'in the index'):,.0f} paragraphs: {what}"
                yield Figure(where, _number(row, column), decimals, aim, unit, most=True)


def _ingestion(result: Result) -> Iterator[Figure]:
    rates = {name[0]: _number(row, "pages a second") for name, row in _rows(result, "pdfs").items()}
    ours, peer = rates.get("docqa index"), rates.get("pypdf alone, one process")
    if ours and peer:
        yield Figure("Indexing PDFs: times as fast as pypdf alone in one process", ours / peer, 2, 1.8)


def _start(result: Result) -> Iterator[Figure]:
    seconds = {name[0]: _number(row, "median seconds") for name, row in _rows(result, "commands").items()}
    for command, aim in (("docqa --help", 0.15), ("docqa search", 0.25)):
        if command in seconds:
            yield Figure(f"`{command}`", seconds[command], 2, aim, " s", most=True)
    cold, bare = seconds.get("docqa ask"), seconds.get("bare imports and weights")
    if cold and bare:
        yield Figure("A cold `docqa ask`: times the bare imports and weights", cold / bare, 2, 1.3, most=True)


FIGURES: dict[str, Callable[[Result], Iterator[Figure]]] = {
    "peers": _reading,
    "arithmetic-base": _arithmetic,
    "arithmetic-small": _arithmetic,
    "stopping": _stopping,
    "peak": _peak,
    "scale": _scale,
    "ingestion": _ingestion,
    "start": _start,
}
