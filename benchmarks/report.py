"""All results of a folder on one page: RESULTS.md, with where docqa stands, tables, commands, the machine and pictures.

python benchmarks/report.py FOLDER

FOLDER holds what benchmarks wrote with `--json`. Pictures need matplotlib, and are left out without it.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from machine import describe_in_words
from pictures import draw_growth, draw_peers, draw_retrieval_peers
from results import Result, load_result
from standing import standing

PAGE = "RESULTS.md"
#: In this order on the page; what is not named here comes last, by its file's name.
ORDER = (
    "peers",
    "arithmetic",
    "stopping",
    "retrieval_peers",
    "scale",
    "growth",
    "peak",
    "shapes",
    "ingestion",
    "start",
    "large_model",
)
PICTURES: dict[str, Callable[[Result, Path], None]] = {
    "peers": draw_peers,
    "retrieval_peers": draw_retrieval_peers,
    "growth": draw_growth,
}


def main() -> None:
    """Write the page and the pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    found = {file.stem: load_result(file) for file in sorted(options.folder.glob("*.json"))}
    results = {stem: result for stem, result in found.items() if result is not None}
    if not results:
        sys.exit(f"There are no results of benchmarks in {options.folder}.")
    results = dict(sorted(results.items(), key=lambda entry: place(entry[1])))
    pictures = draw(results, options.folder)
    page = options.folder / PAGE
    page.write_text(whole_page(results, pictures), encoding="utf-8")
    print(f"{page}: {len(results)} results, {len(pictures)} pictures")


def place(result: Result) -> int:
    """Where a result stands on the page."""
    return ORDER.index(result.benchmark) if result.benchmark in ORDER else len(ORDER)


def draw(results: dict[str, Result], folder: Path) -> dict[str, str]:
    """The file name of each picture that was drawn, by the name of its result."""
    if importlib.util.find_spec("matplotlib") is None:
        print("Pictures are left out: matplotlib is not installed.", file=sys.stderr)
        return {}
    drawn = {}
    for stem, result in results.items():
        if result.benchmark in PICTURES:
            drawn[stem] = f"{stem}.svg"
            PICTURES[result.benchmark](result, folder / drawn[stem])
    return drawn


def whole_page(results: dict[str, Result], pictures: dict[str, str]) -> str:
    """The page in Markdown. The machine stands at its beginning when all results come from the same one."""
    machines = list(dict.fromkeys(describe_in_words(result.machine) for result in results.values()))
    parts = ["# Results of benchmarks"]
    parts += ["Measured on: " + machines[0]] if len(machines) == 1 else []
    summary = standing(results)
    parts += [f"## {summary.title}", summary.markdown()] if summary.rows else []
    for stem, result in results.items():
        parts += [f"## {result.title}", f"    {result.command}"]
        parts += ["Measured on: " + describe_in_words(result.machine)] if len(machines) > 1 else []
        parts += tables(result)
        parts += [f"![{result.title}]({pictures[stem]})"] if stem in pictures else []
    return "\n\n".join(parts) + "\n"


def tables(result: Result) -> Sequence[str]:
    """The tables of a result, each after its title."""
    return [part for table in result.tables for part in (f"**{table.title}**", table.markdown())]


if __name__ == "__main__":
    main()
