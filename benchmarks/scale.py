"""The retriever at size: an index of N paragraphs of real sentences, how long building, opening and searching take.

python benchmarks/scale.py --qa FILE... --paragraphs 1000000 --folder FOLDER

Paragraphs are made of sentences drawn with replacement from the paragraphs of question files, five at a time, so words
are as frequent as in real text; a file holds a hundred. The questions are those of the same files. An index that FOLDER
holds already is used again. For some of the questions what is found is compared with what scoring every paragraph that
holds a word of it would give.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

from grown_index import draw_questions, grown_index
from results import Column, Table, add_json_option, percentile, publish

from docqa.corpus import open_corpus
from docqa.retrieval.analyzer import Analyzer
from docqa.retrieval.best import top
from docqa.retrieval.bm25 import Parameters
from docqa.retrieval.search import score_paragraphs, search_paragraphs
from docqa.store.opening import open_database, reading

QUESTIONS, LIMIT, COMPARED = 400, 20, 40


def main() -> None:
    """Make the files, index them, and print what searching takes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--qa", nargs="+", required=True)
    parser.add_argument("--paragraphs", type=int, default=100_000)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--search-only", action="store_true", help=argparse.SUPPRESS)
    add_json_option(parser)
    options = parser.parse_args()
    if options.search_only:
        print(json.dumps(searching(options.folder / "docqa.db", options.qa)))
        return
    built = grown_index(options.qa, options.paragraphs, options.folder)
    with open_corpus(built.index, create=False) as corpus:
        held = corpus.info().paragraphs
    adding = one_more_file(built.index, built.files)
    command = [sys.executable, __file__, "--qa", *options.qa, "--folder", str(options.folder), "--search-only"]
    found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    making = Table(
        "making",
        "Making the index",
        (
            Column("paragraphs drawn"),
            Column("in the index"),
            Column("text, MB"),
            Column("index file, MB"),
            Column("docqa index, s", 1),
            Column("adding one file, ms"),
        ),
        (
            (
                options.paragraphs,
                held,
                built.text_bytes / 1e6,
                built.index.stat().st_size / 1e6,
                built.build_seconds,
                adding,
            ),
        ),
        "Long paragraphs are cut, so the index holds more of them.",
    )
    searched = Table(
        "searching",
        f"Searching it for the {LIMIT} best",
        (
            Column("in the index"),
            Column("first search, ms"),
            Column("p50 ms", 2),
            Column("p95 ms", 2),
            Column("mean ms", 2),
            Column("memory added, MB"),
            Column(f"as by scoring everything, of {COMPARED}"),
        ),
        (
            (
                held,
                *(found[name] for name in ("first_ms", "p50_ms", "p95_ms", "mean_ms", "memory_mb")),
                agreeing(built.index, options.qa),
            ),
        ),
        f"{found['questions']} questions; the first search includes opening the index. Memory is that of the process.",
    )
    publish("scale", "Size", [making, searched], options.json)


def one_more_file(index: Path, files: Path) -> float:
    """How many milliseconds adding one file takes."""
    file = index.parent / "one-more.txt"
    first = next(iter(sorted(files.rglob("*.txt"))))
    file.write_text(first.read_text(encoding="utf-8")[::-1] + f"\n\n{time.time()}", encoding="utf-8")
    with open_corpus(index) as corpus:
        begun = time.perf_counter()
        corpus.index(file)
        return (time.perf_counter() - begun) * 1000


def agreeing(index: Path, question_files: list[str]) -> int:
    """For how many questions the best paragraphs and their scores are those of scoring all paragraphs."""
    with reading(open_database(index, create=False)) as db:
        analyzer, parameters = Analyzer(), Parameters()
        same = 0
        for question in draw_questions(question_files, COMPARED):
            numbers, scores = score_paragraphs(db, question, analyzer=analyzer, parameters=parameters)
            expected = [(int(numbers[place]), float(scores[place])) for place in top(numbers, scores, LIMIT)]
            hits = search_paragraphs(db, question, limit=LIMIT, analyzer=analyzer, parameters=parameters)
            same += expected == [(hit.paragraph.id, hit.score) for hit in hits]
    return same


def searching(index: Path, question_files: list[str]) -> dict[str, float]:
    """Milliseconds of opening with a first query, and of many queries after it; memory of the process."""
    asked = draw_questions(question_files, QUESTIONS)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun = time.perf_counter()
    with open_corpus(index, create=False) as corpus:
        corpus.search(asked[0], LIMIT)
        first = (time.perf_counter() - begun) * 1000
        took = []
        for question in asked[1:]:
            begun = time.perf_counter()
            corpus.search(question, LIMIT)
            took.append((time.perf_counter() - begun) * 1000)
    return {
        "questions": len(asked),
        "first_ms": first,
        "p50_ms": percentile(took, 0.5),
        "p95_ms": percentile(took, 0.95),
        "mean_ms": sum(took) / len(took),
        "memory_mb": (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024,
    }


if __name__ == "__main__":
    main()
