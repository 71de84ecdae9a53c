"""What starting costs: commands from the shell against a bare Python, and a cold question against the bare imports.

python benchmarks/start.py --runs 7

Indexes the sample documents into a temporary folder; the runs of all commands are interleaved, medians are printed. The
bare imports are those of a script of a few lines that loads the same reader by transformers alone.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from results import Column, Table, add_json_option, publish

SAMPLE = Path(__file__).resolve().parent.parent / "data" / "sample"
QUESTION = "What affected the depth perception of the pilot at Alton?"

#: Loads a reader's weights as an unconverted model of the hub would be loaded, from a folder that is made once.
BARE = """
import sys
from transformers import AutoModelForQuestionAnswering, AutoTokenizer
import torch
AutoTokenizer.from_pretrained(sys.argv[1])
AutoModelForQuestionAnswering.from_pretrained(sys.argv[1], dtype=torch.bfloat16).eval()
"""


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--reader", default="docqa-base")
    add_json_option(parser)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        index, plain = Path(temporary) / "docqa.db", Path(temporary) / "plain"
        docqa = [sys.executable, "-m", "docqa"]
        subprocess.run([*docqa, "index", str(SAMPLE), "--index", str(index)], check=True, capture_output=True)
        save_plain(options.reader, plain)
        commands = {
            "python -c pass": [sys.executable, "-c", "pass"],
            "docqa --help": [*docqa, "--help"],
            "docqa search": [*docqa, "search", "depth perception", "--index", str(index)],
            "docqa status": [*docqa, "status", "--index", str(index)],
            "bare imports and weights": [sys.executable, "-c", BARE, str(plain)],
            "docqa ask": [*docqa, "ask", QUESTION, "--index", str(index), "--reader", options.reader],
        }
        took: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(options.runs):
            for name, command in commands.items():
                begun = time.perf_counter()
                subprocess.run(command, check=True, capture_output=True)
                took[name].append(time.perf_counter() - begun)
    ratio = statistics.median(took["docqa ask"]) / statistics.median(took["bare imports and weights"])
    columns = (Column("command"), Column("median seconds", 2), Column("fastest", 2))
    rows = tuple((name, statistics.median(times), min(times)) for name, times in took.items())
    note = f"A cold question takes {ratio:.2f} times the bare imports and weights."
    table = Table("commands", f"{options.reader}, {options.runs} runs in turn", columns, rows, note)
    publish("start", "Starting", [table], options.json)


def save_plain(reader: str, folder: Path) -> None:
    """The reader's weights in half precision, as transformers stores them."""
    code = (
        "import sys; from pathlib import Path; from docqa.reading.loading import load_for_training;"
        "from docqa.training.train import save_reader;"
        "save_reader(*load_for_training(sys.argv[1]), Path(sys.argv[2]))"
    )
    subprocess.run([sys.executable, "-c", code, reader, str(folder)], check=True, capture_output=True)


if __name__ == "__main__":
    main()
