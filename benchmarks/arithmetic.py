"""What a reader's arithmetic costs and changes: the same questions and paragraphs in each, beside float32.

python benchmarks/arithmetic.py --qa FILE --reader docqa-base --questions 400

Each question is read with its own paragraph. "Same" is the share of best answers that stand at the same place as in
float32, "score" the mean difference of their scores. The arithmetics take turns, question by question, so that all meet
the same disturbances; those that this machine has no fast instructions for are slow, which says nothing about others.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from typing import get_args

from results import Cell, Column, Table, add_json_option, publish
from sample_text import measures_time_only

from docqa.evaluation.metrics import exact_match, f1
from docqa.evaluation.squad import load_squad
from docqa.reading.arithmetic import Arithmetic
from docqa.reading.reader import ParagraphReading, Reader
from docqa.reading.two_digits import multiplies_bytes

SEED = 5
COLUMNS = (
    Column("arithmetic"),
    Column("paragraphs a second", 1),
    Column("same as in float32, %", 2),
    Column("score, mean difference", 4),
    Column("exact match", 2),
    Column("F1", 2),
)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--qa", required=True)
    parser.add_argument("--reader", default="docqa-base")
    parser.add_argument("--questions", type=int, default=400)
    add_json_option(parser)
    options = parser.parse_args()
    answerable = [question for question in load_squad(options.qa) if question.answers]
    asked = random.Random(SEED).sample(answerable, min(options.questions, len(answerable)))
    arithmetics: list[Arithmetic] = [
        name for name in get_args(Arithmetic) if name != "float16" and (name != "int8" or multiplies_bytes())
    ]
    readers = {name: Reader.load(options.reader, arithmetic=name) for name in arithmetics}
    seconds = dict.fromkeys(arithmetics, 0.0)
    read: dict[Arithmetic, list[ParagraphReading]] = {name: [] for name in arithmetics}
    for reader in readers.values():
        reader.read_paragraphs(asked[0].text, [asked[0].paragraph], spans=1)
    for question in asked:
        for name, reader in readers.items():
            begun = time.perf_counter()
            read[name] += reader.read_paragraphs(question.text, [question.paragraph], spans=1)
            seconds[name] += time.perf_counter() - begun
    rows: list[tuple[Cell, ...]] = []
    for name in arithmetics:
        pairs = [(one.spans[0], exact.spans[0]) for one, exact in zip(read[name], read["float32"], strict=True)]
        words = [q.paragraph[span.start : span.end] for q, (span, _) in zip(asked, pairs, strict=True)]
        same = [float((one.start, one.end) == (exact.start, exact.end)) for one, exact in pairs]
        apart = statistics.mean(abs(one.score - exact.score) for one, exact in pairs)
        right = [exact_match(text, q.answer_texts) for text, q in zip(words, asked, strict=True)]
        alike = [f1(text, q.answer_texts) for text, q in zip(words, asked, strict=True)]
        percents = [100 * statistics.mean(values) for values in (same, right, alike)]
        gold = (None, None) if measures_time_only(asked) else percents[1:]
        rows.append((name, len(asked) / seconds[name], percents[0], apart, *gold))
    title = f"{options.reader}, {len(asked)} questions"
    publish("arithmetic", "Arithmetic", [Table("arithmetic", title, COLUMNS, tuple(rows))], options.json)


if __name__ == "__main__":
    main()
