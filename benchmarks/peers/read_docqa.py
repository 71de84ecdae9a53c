"""Reads the questions of benchmarks/peers.py with docqa and prints seconds and best answers."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from timing import report

from docqa.answers.promise import read_candidates
from docqa.answers.ranking import rank_answers
from docqa.reading.reader import Reader

#: Ways to read every candidate in an arithmetic that is not this machine's best one.
ARITHMETICS = ("float32", "int8")


def main() -> None:
    """Read and print."""
    work, how = json.loads(Path(sys.argv[1]).read_text()), sys.argv[2]
    reader = Reader.load(work["reader"], arithmetic=how if how in ARITHMETICS else None)
    stop = reader.settings.stop if how == "usual" else None

    def answer(entry: dict[str, list[str]]) -> str:
        texts, scores = entry["paragraphs"], [float(score) for score in entry["scores"]]
        question = str(entry["question"])
        readings = read_candidates(reader, question, texts, scores, spans=8, stop=stop)
        count = len(readings)
        best = rank_answers(readings, scores[:count], texts[:count], reader.settings.ranking, 1)[0].best
        return texts[best.paragraph][best.span.start : best.span.end]

    report(work, answer)


if __name__ == "__main__":
    main()
