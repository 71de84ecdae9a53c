"""Reads the questions of benchmarks/peers.py, which starts it, with docqa; prints seconds and best answers."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

import torch
from number_formats import in_number_format
from timing import report

from docqa.answers.promise import read_candidates
from docqa.answers.ranking import rank_answers
from docqa.reading.reader import Reader


@dataclass(frozen=True)
class Way:
    """A way of reading: with candidates left unread or not, and in which number format (None: as docqa chooses)."""

    exhaustive: bool
    number_format: torch.dtype | None = None


WAYS = {
    "usual": Way(exhaustive=False),
    "exhaustive": Way(exhaustive=True),
    "float32": Way(exhaustive=True, number_format=torch.float32),
}


def main() -> None:
    """Read and print."""
    work, way = json.loads(Path(sys.argv[1]).read_text()), WAYS[sys.argv[2]]
    with in_number_format(way.number_format):
        reader = Reader.load(work["reader"])
    stop = None if way.exhaustive else reader.settings.stop

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
