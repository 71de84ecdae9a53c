"""Reading, side by side with peers: the same weights, questions and paragraphs, in one run.

python benchmarks/peers.py --environments FOLDER --qa FILE --reader docqa-small

Each peer runs in an environment of its own, which is built in FOLDER the first time: transformers 4.57.6 (the last
series with the question answering pipeline) and Haystack's extractive reader. The readers take turns, round by round,
each in a fresh process; a question is read with the retriever's 20 best paragraphs. Medians over rounds. A peer whose
environment cannot be built is left out, and so is int8 on a CPU that has no instructions for it.

To add a way of reading of docqa's own, give it a row in `READERS`, and its argument an entry in `WAYS` of
peers/read_docqa.py.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from environments import peer_python
from results import Column, Table, add_json_option, publish
from sample_text import measures_time_only
from start import save_plain

from docqa.evaluation.metrics import exact_match
from docqa.evaluation.pooled import pool_paragraphs
from docqa.evaluation.squad import AnnotatedQuestion, load_squad
from docqa.reading.arithmetic import is_fast_here
from docqa.retrieval.analyzer import Analyzer
from docqa.retrieval.bm25 import Parameters
from docqa.retrieval.search import search_paragraphs

SEED, CANDIDATES = 5, 20
RUNNERS = Path(__file__).resolve().parent / "peers"
#: What is installed into each peer's environment; torch first, by its exact version, which is the CPU build.
PACKAGES = {
    "transformers": ["torch==2.13.0", "transformers==4.57.6"],
    "haystack": ["torch==2.13.0", "transformers-haystack==2.0.0"],
}
#: Name in the table, environment (None: this one), script, and its argument: docqa's way of reading, a peer's batch.
READERS = [
    ("docqa", None, "read_docqa.py", "usual"),
    ("docqa, all candidates", None, "read_docqa.py", "exhaustive"),
    ("docqa, int8", None, "read_docqa.py", "int8-usual"),
    ("docqa, int8, all candidates", None, "read_docqa.py", "int8"),
    ("docqa, float32, all candidates", None, "read_docqa.py", "float32"),
    ("transformers pipeline, batch 1", "transformers", "read_pipeline.py", "1"),
    ("transformers pipeline, batch 16", "transformers", "read_pipeline.py", "16"),
    ("Haystack reader, batch 16", "haystack", "read_haystack.py", "16"),
]
REFERENCE = "docqa, float32, all candidates"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--environments", type=Path, required=True)
    parser.add_argument("--qa", required=True)
    parser.add_argument("--reader", default="docqa-small")
    parser.add_argument("--questions", type=int, default=40)
    parser.add_argument("--candidates", type=int, default=CANDIDATES)
    parser.add_argument("--rounds", type=int, default=3)
    add_json_option(parser)
    options = parser.parse_args()
    everything = load_squad(options.qa)
    asked = draw(everything, options.questions, options.candidates)
    there: dict[str | None, str | None] = {None: sys.executable}
    there |= {name: peer_python(options.environments / name, packages) for name, packages in PACKAGES.items()}
    with tempfile.TemporaryDirectory() as temporary:
        work, plain = Path(temporary) / "work.json", Path(temporary) / "reader"
        save_plain(options.reader, plain)
        work.write_text(json.dumps({"reader": options.reader, "plain": str(plain), "questions": asked}))
        runs: dict[str, list[dict[str, Any]]] = {
            name: []
            for name, environment, _, argument in READERS
            if there[environment] and (not argument.startswith("int8") or is_fast_here("int8"))
        }
        for _ in range(options.rounds):
            for name, environment, script, argument in READERS:
                if name in runs:
                    runs[name].append(read(there[environment], script, work, argument))
    table = tabulate(asked, runs, gold=not measures_time_only(everything))
    publish("peers", f"Reading, beside peers: {options.reader}", [table], options.json)


def draw(everything: list[AnnotatedQuestion], count: int, candidates: int) -> list[dict[str, Any]]:
    """Questions with their candidates."""
    pool = pool_paragraphs(everything, Analyzer())
    answerable = [question for question in everything if question.answers]
    found = []
    for question in random.Random(SEED).sample(answerable, min(count, len(answerable))):
        hits = search_paragraphs(pool, question.text, limit=candidates, analyzer=Analyzer(), parameters=Parameters())
        found.append(
            {
                "question": question.text,
                "accepted": list(question.answer_texts),
                "paragraphs": [hit.paragraph.paragraph.text for hit in hits],
                "scores": [hit.score for hit in hits],
            }
        )
    return found


def read(python: str | None, script: str, work: Path, argument: str) -> dict[str, Any]:
    """Seconds and answers of one reader in a process of its own."""
    command = [str(python), str(RUNNERS / script), str(work), argument]
    environment = dict(os.environ)
    if python == sys.executable:
        # docqa's script uses modules that lie beside this one.
        paths = (str(RUNNERS.parent), environment.get("PYTHONPATH"))
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def tabulate(asked: list[dict[str, Any]], runs: dict[str, list[dict[str, Any]]], *, gold: bool) -> Table:
    """The table of medians and spreads; without gold answers nothing is called right."""
    paragraphs = sum(len(question["paragraphs"]) for question in asked)
    reference = runs[REFERENCE][0]["answers"]
    rows = []
    for name, rounds in runs.items():
        seconds = [one["seconds"] for one in rounds]
        answers = rounds[0]["answers"]
        right = sum(exact_match(answer, entry["accepted"]) for answer, entry in zip(answers, asked, strict=True))
        same = sum(answer == other for answer, other in zip(answers, reference, strict=True))
        middle = statistics.median(seconds)
        rates = (paragraphs / middle, paragraphs / min(seconds), paragraphs / max(seconds))
        rows.append((name, *rates, 1000 * middle / len(asked), right if gold else None, same))
    columns = (
        Column("reader"),
        Column("paragraphs a second", 1),
        Column("fastest round", 1),
        Column("slowest round", 1),
        Column("milliseconds a question"),
        Column("right"),
        Column("as in float32"),
    )
    note = f'"Right" is exact match of {len(asked)}, "as in float32" the same best answer as that of "{REFERENCE}".'
    if not gold:
        note += " These questions have no gold answers and measure time only."
    title = f"{len(asked)} questions, {paragraphs} paragraphs in all"
    return Table("readers", title, columns, tuple(rows), note)


if __name__ == "__main__":
    main()
