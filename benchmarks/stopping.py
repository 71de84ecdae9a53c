"""Reading less: what stopping early and a scout save, and whether the best answer stays.

python benchmarks/stopping.py --qa FILE... --with FILE... --questions 200 --reader docqa-base
python benchmarks/stopping.py --folder DOCS --questions-of QUESTIONS.jsonl --reader docqa-base

Questions drawn from the files are asked over the pooled paragraphs of all files, or those of a folder over its
documents, with 20 candidates, three ways in turn: all candidates read; in the retriever's order until none left is
likely to come first; and with the reader's scout. "Same" is the share of questions whose best answer is that of reading
everything, in normal form.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from results import Cell, Column, Table, add_json_option, publish

from docqa.answers.cascade import CandidateReadings, read_promising
from docqa.answers.normal import normal_form
from docqa.answers.ranking import rank_answers
from docqa.corpus import open_corpus
from docqa.evaluation.folder import load_folder_questions
from docqa.evaluation.pooled import pool_paragraphs
from docqa.evaluation.squad import load_squad
from docqa.reading.reader import Reader
from docqa.retrieval.analyzer import Analyzer
from docqa.retrieval.bm25 import Parameters
from docqa.retrieval.search import Hit, search_paragraphs

SEED, CANDIDATES, SPANS = 5, 20, 8
WAYS = ("all candidates", "stopping", "stopping, with the scout")
COLUMNS = (
    Column("way"),
    Column("mean candidates read", 1),
    Column("same best answer, %", 1),
    Column("mean ms", 0),
    Column("p50 ms", 0),
)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--qa", nargs="+", default=[])
    parser.add_argument("--with", dest="others", nargs="+", default=[])
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--questions-of", type=Path)
    parser.add_argument("--reader", default="docqa-base")
    add_json_option(parser)
    options = parser.parse_args()
    if options.folder:
        asked = folder_hits(options.folder, options.questions_of)
    else:
        asked = pooled_hits(options.qa, options.others, options.questions)
    reader = Reader.load(options.reader)
    took: dict[str, list[float]] = {way: [] for way in WAYS}
    read: dict[str, list[int]] = {way: [] for way in WAYS}
    words: dict[str, list[str]] = {way: [] for way in WAYS}
    scouted = reader.settings
    read_promising(reader, "Who?", ["a text"] * 3, [1.0] * 3, spans=1)
    for question, hits in asked:
        texts, scores = [hit.paragraph.paragraph.text for hit in hits], [hit.score for hit in hits]
        for way in WAYS:
            reader.settings = scouted if way == WAYS[2] else replace(scouted, scout=None)
            begun = time.perf_counter()
            found = read_promising(reader, question, texts, scores, spans=SPANS, exhaustive=way == WAYS[0])
            took[way].append(1000 * (time.perf_counter() - begun))
            read[way].append(len(found.numbers))
            words[way].append(best_words(reader, found, texts, scores))
    rows: list[tuple[Cell, ...]] = []
    for way in WAYS:
        same = [float(one == other) for one, other in zip(words[way], words[WAYS[0]], strict=True)]
        times = (statistics.mean(took[way]), statistics.median(took[way]))
        rows.append((way, statistics.mean(read[way]), 100 * statistics.mean(same), *times))
    title = f"{reader.name}, {len(asked)} questions {'on a folder' if options.folder else 'over pooled paragraphs'}"
    publish("stopping", "Reading less", [Table("stopping", title, COLUMNS, tuple(rows))], options.json)


def pooled_hits(files: Sequence[str], others: Sequence[str], count: int) -> list[tuple[str, list[Hit]]]:
    """Questions with their candidates among the pooled paragraphs."""
    everything = [question for file in files for question in load_squad(file)]
    answerable = [question for question in everything if question.answers]
    asked = random.Random(SEED).sample(answerable, min(count, len(answerable)))
    pool = pool_paragraphs([*everything, *(q for file in others for q in load_squad(file))], Analyzer())
    return [
        (
            question.text,
            search_paragraphs(pool, question.text, limit=CANDIDATES, analyzer=Analyzer(), parameters=Parameters()),
        )
        for question in asked
    ]


def folder_hits(folder: Path, questions: Path) -> list[tuple[str, list[Hit]]]:
    """Questions with their candidates among the paragraphs of documents."""
    with tempfile.TemporaryDirectory() as temporary, open_corpus(Path(temporary) / "folder.db") as corpus:
        corpus.index(folder)
        return [
            (question.text, corpus.search(question.text, CANDIDATES)) for question in load_folder_questions(questions)
        ]


def best_words(reader: Reader, read: CandidateReadings, texts: Sequence[str], scores: Sequence[float]) -> str:
    """The words of the best answer in normal form; none where nothing was found."""
    texts, scores = [texts[number] for number in read.numbers], [scores[number] for number in read.numbers]
    ranked = rank_answers(read.readings, scores, texts, reader.settings.ranking, 1)
    if not ranked:
        return ""
    best = ranked[0].best
    words = texts[best.paragraph][best.span.start : best.span.end]
    return normal_form(words) or words


if __name__ == "__main__":
    main()
