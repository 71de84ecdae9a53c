"""How a row of a table is best written for a reader: right answers to questions about one cell, by the way of writing.

python benchmarks/table_rows.py [--tables FOLDER]

Eight small tables made up for this, or the first rows of the CSV files in a folder, and a question about each cell but
those of the first column. A row stands in a line of its own, all rows of a table in one paragraph, as
`docqa.documents.table.row_line` and others write it.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from results import Column, Table, add_json_option, publish

from docqa.documents.table import row_line
from docqa.evaluation.metrics import exact_match
from docqa.reading.reader import Reader


@dataclass(frozen=True)
class Example:
    """The names of a table's columns, its rows, and a question with {column} and {row}, the first cell."""

    question: str
    names: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def example(question: str, names: str, *rows: str) -> Example:
    """An example from lines whose cells are parted by bars."""
    return Example(question, _cells(names), tuple(map(_cells, rows)))


def _cells(line: str) -> tuple[str, ...]:
    return tuple(cell.strip() for cell in line.split("|"))


#: So much is taken of a CSV file, whose cells have at most so many characters.
ROWS, COLUMNS, LONGEST = 5, 5, 60

EXAMPLES = (
    example(
        "What is the {column} of {row}?",
        "City | Founded | Population | Mayor",
        "Bonn | 11 BC | 336,465 | Katja Dörner",
        "Rome | 753 BC | 2,746,984 | Roberto Gualtieri",
        "Bergen | 1070 | 291,940 | Marit Warncke",
        "Oslo | 1040 | 717,710 | Anne Lindboe",
        "Vigo | 1810 | 292,374 | Abel Caballero",
    ),
    example(
        "What is the {column} of the ship {row}?",
        "Ship | Length | Built | Owner",
        "Ada | 82 m | 1961 | Olsen Lines",
        "Marta | 120 m | 1974 | Nordic Freight",
        "Siv | 64 m | 1958 | Harbour Trust",
        "Hedda | 101 m | 1980 | Baltic Oil",
    ),
    example(
        "What is the {column} for the {row}?",
        "Part | Torque | Material | Interval",
        "Valve cover | 10 Nm | aluminium | 20,000 km",
        "Drain plug | 35 Nm | steel | 15,000 km",
        "Oil filter | 18 Nm | paper | 15,000 km",
        "Spark plug | 25 Nm | iridium | 60,000 km",
    ),
    example(
        "What were the {column} in the {row}?",
        " | Sales | Costs",
        "1st Qtr | 8.2 | 4.1",
        "2nd Qtr | 3.2 | 2.9",
        "3rd Qtr | 1.4 | 1.1",
        "4th Qtr | 1.2 | 0.7",
    ),
    example(
        "What was the rate of {row} in {column}?",
        " | 2019 | 2020 | 2021",
        "Norway | 3.7 % | 4.6 % | 4.4 %",
        "Sweden | 6.8 % | 8.3 % | 8.7 %",
        "Finland | 6.7 % | 7.7 % | 7.6 %",
        "Denmark | 5.0 % | 5.6 % | 5.1 %",
    ),
    example(
        "What is the {column} for {row}?",
        "Offence | Fine | Points | Court",
        "Speeding | $150 | 3 | District",
        "Parking | $40 | 0 | Municipal",
        "Reckless driving | $900 | 8 | Superior",
        "No licence | $300 | 4 | County",
    ),
    example(
        "What is the {column} of {row}?",
        "Drug | Dose | Maximum | Half-life",
        "Ibuprofen | 400 mg | 2,400 mg | 2 hours",
        "Aspirin | 500 mg | 4,000 mg | 20 minutes",
        "Codeine | 30 mg | 240 mg | 3 hours",
        "Naproxen | 250 mg | 1,250 mg | 14 hours",
    ),
    example(
        "What is the {column} of {row}?",
        "Name | Position | Phone | Office",
        "Ann Lee | Treasurer | 555-0101 | Room 12",
        "Bo Li | Secretary | 555-0177 | Room 3",
        "Cy Day | Chair | 555-0142 | Room 21",
        "Di Fox | Auditor | 555-0119 | Room 8",
    ),
)


def found(folder: Path) -> list[Example]:
    """The beginnings of the CSV files under a folder whose columns have names and whose rows begin differently.

    Those that begin alike are one table.
    """
    examples: dict[tuple[str, ...], Example] = {}
    for file in sorted(folder.rglob("*.csv")):
        try:
            with file.open(encoding="utf-8", newline="") as lines:
                names, *rows = [row[:COLUMNS] for row in islice(csv.reader(lines), ROWS + 1)]
        except (ValueError, csv.Error):
            continue
        cells = [cell.strip() for row in rows for cell in row]
        even = len(names) > 1 and all(len(row) == len(names) for row in rows) and len(rows) == ROWS
        if not even or not all(cells) or max(map(len, cells)) > LONGEST or len({row[0] for row in rows}) < ROWS:
            continue
        # Names are words, and so are first cells; a table of numbers alone is none that people ask about.
        if all(any(map(str.isalpha, cell)) for cell in (*names, *(row[0] for row in rows))):
            table = Example("What is the {column} of {row}?", tuple(names), tuple(map(tuple, rows)))
            examples.setdefault(table.names, table)
    return list(examples.values())


def _named(names: Sequence[str], values: Sequence[str]) -> list[str]:
    return [f"{name}: {value}" if name else value for name, value in zip(names, values, strict=True)]


WAYS: dict[str, Callable[[Sequence[str], Sequence[str]], str]] = {
    "as docqa writes it": row_line,
    "semicolons": lambda names, values: "; ".join(_named(names, values)),
    "semicolons, full stop": lambda names, values: "; ".join(_named(names, values)) + ".",
    "commas": lambda names, values: ", ".join(_named(names, values)),
    "names without colons, commas, full stop": lambda names, values: (
        ", ".join(f"{name} {value}".strip() for name, value in zip(names, values, strict=True)) + "."
    ),
    "no names, semicolons": lambda _, values: "; ".join(values),
    "no names, commas, full stop": lambda _, values: ", ".join(values) + ".",
}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--readers", nargs="+", default=["docqa-base", "docqa-small"])
    parser.add_argument("--tables", type=Path, metavar="FOLDER", help="CSV files to take instead of the tables made up")
    add_json_option(parser)
    options = parser.parse_args()
    readers = [Reader.load(name) for name in options.readers]
    examples = found(options.tables) if options.tables else EXAMPLES
    rows: list[tuple[str | int, ...]] = [(way, *(right(reader, way, examples) for reader in readers)) for way in WAYS]
    columns = (Column("a row is written with"), *(Column(f"right by {reader.name}") for reader in readers))
    asked = sum(len(one.rows) * (len(one.names) - 1) for one in examples)
    table = Table("rows", f"{asked} questions about cells of {len(examples)} tables", columns, tuple(rows))
    publish("table_rows", "Rows of tables", [table], options.json)


def right(reader: Reader, way: str, examples: Sequence[Example]) -> int:
    """How many of the questions the reader answers exactly when rows are written so."""
    count = 0
    for one in examples:
        # Where rows do not say the names of their columns, these stand above.
        lines = [WAYS[way](one.names, row) for row in one.rows]
        if way.startswith("no names"):
            lines.insert(0, WAYS[way](one.names, one.names))
        text = "\n\n".join(lines)
        for row in one.rows:
            for name, value in list(zip(one.names, row, strict=True))[1:]:
                question = one.question.format(column=name.lower(), row=row[0])
                (answer,) = reader.read(question, [text], top_k=1)
                count += bool(exact_match(answer.text, [value]))
    return count


if __name__ == "__main__":
    main()
