"""What a reader's arithmetic costs and changes: the same questions and paragraphs in each, beside float32.

python benchmarks/arithmetic.py --qa FILE --reader docqa-base --questions 400

Each question is read with its own paragraph. "Same" is the share of best answers that stand at the same place as in
float32, "score" the mean difference of their scores. "Close calls again" is bfloat16 or int8 where best spans that are
less than the reader's margin above others are read again in int16 or float32 (docqa.answers.close_calls); a table for
each has other margins. The arithmetics take turns, question by question, so that all meet the same disturbances; those
that this machine has no instructions for are left out.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from typing import get_args

from results import Cell, Column, Table, add_json_option, publish
from sample_text import measures_time_only

from docqa.answers.close_calls import close_calls, settle_each
from docqa.evaluation.metrics import exact_match, f1
from docqa.evaluation.squad import load_squad
from docqa.reading.arithmetic import Arithmetic, is_fast_here
from docqa.reading.reader import ParagraphReading, Reader

SEED = 5
#: Margins that are tried beside the reader's own.
MARGINS = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6)
#: Those in which close calls are read again.
ROUGH: tuple[Arithmetic, ...] = ("bfloat16", "int8")
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
    arithmetics: list[Arithmetic] = [name for name in get_args(Arithmetic) if is_fast_here(name)]
    readers = {name: Reader.load(options.reader, arithmetic=name) for name in arithmetics}
    ways: dict[str, tuple[Arithmetic, bool]] = {name: (name, False) for name in arithmetics}
    rough = [name for name in ROUGH if name in readers]
    ways |= {f"{name}, close calls again": (name, True) for name in rough if readers[name].close}
    seconds = dict.fromkeys(ways, 0.0)
    read: dict[str, list[ParagraphReading]] = {name: [] for name in ways}
    for reader in (*readers.values(), *(readers[name].exact for name in rough)):
        if reader:
            reader.read_paragraphs(asked[0].text, [asked[0].paragraph], spans=1)
    for question in asked:
        for name, (arithmetic, settled) in ways.items():
            begun = time.perf_counter()
            reader, text, paragraph = readers[arithmetic], [question.text], [question.paragraph]
            readings = reader.read_pairs(text, paragraph, spans=1)
            read[name] += settle_each(reader, text, paragraph, readings, spans=1) if settled else readings
            seconds[name] += time.perf_counter() - begun
    rows: list[tuple[Cell, ...]] = []
    for name in ways:
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
    tables = [Table("arithmetic", title, COLUMNS, tuple(rows))]
    tables += [margins(name, read[name], read["float32"]) for name in rough]
    publish("arithmetic", "Arithmetic", tables, options.json)


def margins(name: str, fast: list[ParagraphReading], exact: list[ParagraphReading]) -> Table:
    """How many best spans are closer to others than a margin, and how many are those of float32 if they are settled."""
    rows = []
    for margin in MARGINS:
        again = [bool(close_calls([one], [one.spans[0].score], margin)) for one in fast]
        same = [
            close or (one.spans[0].start, one.spans[0].end) == (other.spans[0].start, other.spans[0].end)
            for close, one, other in zip(again, fast, exact, strict=True)
        ]
        rows.append((margin, 100 * statistics.mean(again), 100 * statistics.mean(same)))
    columns = (Column("margin", 2), Column("read again, %", 1), Column("same as in float32 then, %", 2))
    return Table(
        f"margins-{name}", f"{name}, by the margin below which a best span is read again", columns, tuple(rows)
    )


if __name__ == "__main__":
    main()
