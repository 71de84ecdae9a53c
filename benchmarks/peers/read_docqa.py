"""Reads the questions of benchmarks/peers.py, which starts it, with docqa; prints seconds and best answers."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

from timing import report

from docqa.answers.cascade import read_promising
from docqa.answers.ranking import rank_answers
from docqa.reading.arithmetic import Arithmetic
from docqa.reading.reader import Reader


@dataclass(frozen=True)
class Way:
    """A way of reading: with candidates left unread or not, and in which arithmetic (None: as docqa chooses)."""

    exhaustive: bool
    arithmetic: Arithmetic | None = None


WAYS = {
    "usual": Way(exhaustive=False),
    "exhaustive": Way(exhaustive=True),
    "int8-usual": Way(exhaustive=False, arithmetic="int8"),
    "int8": Way(exhaustive=True, arithmetic="int8"),
    "float32": Way(exhaustive=True, arithmetic="float32"),
}


def main() -> None:
    """Read and print."""
    work, way = json.loads(Path(sys.argv[1]).read_text()), WAYS[sys.argv[2]]
    reader = Reader.load(work["reader"], arithmetic=way.arithmetic)
    if reader.exact:
        # Loaded when it is first needed; the clock starts with everything loaded, here as for the peers.
        reader.exact.read_paragraphs("Who?", ["A text."], spans=1)

    def answer(entry: dict[str, list[str]]) -> str:
        texts, scores = entry["paragraphs"], [float(score) for score in entry["scores"]]
        read = read_promising(reader, str(entry["question"]), texts, scores, spans=8, exhaustive=way.exhaustive)
        texts, scores = [texts[number] for number in read.numbers], [scores[number] for number in read.numbers]
        best = rank_answers(read.readings, scores, texts, reader.settings.ranking, 1)[0].best
        return texts[best.paragraph][best.span.start : best.span.end]

    report(work, answer)


if __name__ == "__main__":
    main()
