"""Reading, side by side with peers: the same weights, questions and paragraphs, in one run.

python benchmarks/peers.py --environments FOLDER --qa FILE --reader docqa-small

Each peer runs in an environment of its own, which is built in FOLDER the first time: transformers 4.57.6 (the last
series with the question answering pipeline) and Haystack's extractive reader. The readers take turns, round by round,
each in a fresh process; a question is read with the retriever's 20 best paragraphs. Medians over rounds.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from start import save_plain

from docqa.evaluation.metrics import exact_match
from docqa.evaluation.pooled import pool_paragraphs
from docqa.evaluation.squad import load_squad
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
#: Name in the table, environment (None: this one), script, and its argument.
READERS = [
    ("docqa", None, "read_docqa.py", "usual"),
    ("docqa, all candidates", None, "read_docqa.py", "exhaustive"),
    ("docqa, float32, all candidates", None, "read_docqa.py", "float32"),
    ("transformers pipeline, batch 1", "transformers", "read_pipeline.py", "1"),
    ("transformers pipeline, batch 16", "transformers", "read_pipeline.py", "16"),
    ("Haystack reader, batch 16", "haystack", "read_haystack.py", "16"),
]
REFERENCE = "docqa, float32, all candidates"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--environments", type=Path, required=True)
    parser.add_argument("--qa", required=True)
    parser.add_argument("--reader", default="docqa-small")
    parser.add_argument("--questions", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    asked = questions(options.qa, options.questions)
    with tempfile.TemporaryDirectory() as temporary:
        work, plain = Path(temporary) / "work.json", Path(temporary) / "reader"
        save_plain(options.reader, plain)
        work.write_text(json.dumps({"reader": options.reader, "plain": str(plain), "questions": asked}))
        runs: dict[str, list[dict[str, Any]]] = {name: [] for name, *_ in READERS}
        for _ in range(options.rounds):
            for name, environment, script, argument in READERS:
                python = interpreter(options.environments, environment)
                command = [python, str(RUNNERS / script), str(work), argument]
                done = subprocess.run(command, check=True, capture_output=True, text=True)
                runs[name].append(json.loads(done.stdout.splitlines()[-1]))
    show(asked, runs)


def questions(file: str, count: int) -> list[dict[str, Any]]:
    """Questions with their candidates."""
    everything = load_squad(file)
    pool = pool_paragraphs(everything, Analyzer())
    drawn = random.Random(SEED).sample([question for question in everything if question.answers], count)
    found = []
    for question in drawn:
        hits = search_paragraphs(pool, question.text, limit=CANDIDATES, analyzer=Analyzer(), parameters=Parameters())
        found.append(
            {
                "question": question.text,
                "accepted": list(question.answer_texts),
                "paragraphs": [hit.paragraph.paragraph.text for hit in hits],
                "scores": [hit.score for hit in hits],
            }
        )
    return found


def interpreter(folder: Path, name: str | None) -> str:
    """The Python of an environment, which is built when it is not there."""
    if name is None:
        return sys.executable
    python = folder / name / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder / name)], check=True)
        for package in PACKAGES[name]:
            subprocess.run([str(python), "-m", "pip", "install", "--quiet", package], check=True)
    return str(python)


def show(asked: list[dict[str, Any]], runs: dict[str, list[dict[str, Any]]]) -> None:
    """The table of medians and spreads."""
    paragraphs = sum(len(question["paragraphs"]) for question in asked)
    reference = runs[REFERENCE][0]["answers"]
    print(f"{len(asked)} questions, {paragraphs} paragraphs.\n")
    print("| reader | paragraphs a second | fastest, slowest round | milliseconds a question | right | as in float32 |")
    print("|---|---|---|---|---|---|")
    for name, rounds in runs.items():
        seconds = [one["seconds"] for one in rounds]
        rates = [paragraphs / took for took in seconds]
        answers = rounds[0]["answers"]
        right = sum(exact_match(answer, entry["accepted"]) for answer, entry in zip(answers, asked, strict=True))
        same = sum(answer == other for answer, other in zip(answers, reference, strict=True))
        middle = statistics.median(seconds)
        print(
            f"| {name} | {paragraphs / middle:.1f} | {max(rates):.1f}, {min(rates):.1f} | "
            f"{1000 * middle / len(asked):.0f} | {right:.0f} | {same} |"
        )


if __name__ == "__main__":
    main()
