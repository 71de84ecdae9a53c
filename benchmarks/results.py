"""Results of benchmarks: tables that are printed as Markdown and stored as JSON, with the machine they come from.

Every benchmark of `make bench` takes `--json FILE` and writes one result there; benchmarks/report.py puts those of a
folder together. Cells are stored as measured, and rounded only where they are shown.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from machine import describe_machine

SCHEMA = "docqa.benchmark/1"

#: What a cell holds; None is shown as an empty cell.
Cell = str | int | float | None


@dataclass(frozen=True)
class Column:
    """A column's heading, and how many decimals its numbers are shown with."""

    name: str
    decimals: int = 0


@dataclass(frozen=True)
class Table:
    """A named table: `name` is for programs, `title` and `note` are for people."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""

    def markdown(self) -> str:
        """The table in Markdown, its note after it.

        >>> print(Table("t", "", (Column("size"), Column("ms", 1)), ((1000, 0.25), ("all", None))).markdown())
        | size | ms |
        |---|---|
        | 1,000 | 0.2 |
        | all |  |
        """
        heading = [_line(column.name for column in self.columns), "|" + "---|" * len(self.columns)]
        rows = [_line(map(_shown, row, self.columns)) for row in self.rows]
        return "\n".join([*heading, *rows, *(["", self.note] if self.note else [])])

    def column(self, name: str) -> list[Any]:
        """The cells of a column, from the first row on. Raises `StopIteration` when there is none of that name."""
        place = next(number for number, column in enumerate(self.columns) if column.name == name)
        return [row[place] for row in self.rows]


@dataclass(frozen=True)
class Result:
    """What one run of a benchmark measured: its name, a title, the command it was called by, and tables."""

    benchmark: str
    title: str
    command: str
    machine: dict[str, Any]
    tables: tuple[Table, ...]

    def table(self, name: str) -> Table | None:
        """The table of that name, None when the run measured none."""
        return next((table for table in self.tables if table.name == name), None)


def add_json_option(parser: argparse.ArgumentParser) -> None:
    """The option that all benchmarks of `make bench` have."""
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the result there as JSON")


def publish(benchmark: str, title: str, tables: Sequence[Table], file: Path | None) -> Result:
    """Print the tables, and write them to `file` unless it is None."""
    result = Result(benchmark, title, _command(), describe_machine(), tuple(tables))
    for table in tables:
        print(f"{table.title}\n\n{table.markdown()}\n", flush=True)
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"schema": SCHEMA, **asdict(result)}, indent=1, ensure_ascii=False)
        file.write_text(text + "\n", encoding="utf-8")
    return result


def load_result(file: Path) -> Result | None:
    """The result in a file, None when it holds something else."""
    stored = json.loads(file.read_text(encoding="utf-8"))
    if not isinstance(stored, dict) or stored.pop("schema", None) != SCHEMA:
        return None
    tables = tuple(
        Table(
            table["name"],
            table["title"],
            tuple(Column(**column) for column in table["columns"]),
            tuple(tuple(row) for row in table["rows"]),
            table["note"],
        )
        for table in stored.pop("tables")
    )
    return Result(**stored, tables=tables)


def percentile(values: Iterable[float], share: float) -> float:
    """The value that so large a share of the values does not exceed.

    >>> percentile([4.0, 1.0, 3.0, 2.0], 0.5)
    3.0
    """
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _command() -> str:
    # Where the result is written says nothing about how it came about.
    words = [Path(sys.argv[0]).name, *sys.argv[1:]]
    kept = [
        word
        for number, word in enumerate(words)
        if word != "--json" and words[number - 1] != "--json" and not word.startswith("--json=")
    ]
    return "python benchmarks/" + " ".join(kept)


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _shown(cell: Cell, column: Column) -> str:
    if cell is None:
        return ""
    return cell if isinstance(cell, str) else f"{cell:,.{column.decimals}f}"
