"""Recall of the retriever by variant, constants and analyzer: the measurement behind the defaults.

python benchmarks/retrieval.py --qa FILE... --folder DIR --questions FILE.jsonl > docs/retrieval-table.md

The paragraphs of all SQuAD-format files are pooled in one index; a question counts as found when its own paragraph is
among the first so many. In the folder, it counts when a paragraph of the right file that holds an accepted answer is.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from collections.abc import Sequence
from itertools import product
from pathlib import Path

from sqlite_utils import Database

from docqa.answers.normal import normal_form
from docqa.evaluation.pooled import pool_paragraphs
from docqa.evaluation.squad import AnnotatedQuestion, load_squad
from docqa.indexing.run import index_paths
from docqa.retrieval.analyzer import Analyzer
from docqa.retrieval.bm25 import Parameters
from docqa.retrieval.search import Hit, search_paragraphs
from docqa.store.opening import open_database

ANALYZERS = {
    "words": Analyzer(stemmer="", stop_words=False),
    "no function words": Analyzer(stemmer="", stop_words=True),
    "stems": Analyzer(stemmer="english", stop_words=False),
    "stems, no function words": Analyzer(stemmer="english", stop_words=True),
}
AT = (1, 5, 20)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--qa", nargs="+", required=True)
    parser.add_argument("--folder", required=True)
    parser.add_argument("--questions", required=True)
    parser.add_argument("--sample", type=int, default=1500)
    options = parser.parse_args()
    questions = [question for file in options.qa for question in load_squad(file)]
    asked = random.Random(7).sample([q for q in questions if q.answers], options.sample)
    lines = Path(options.questions).read_text(encoding="utf-8").splitlines()
    folder_questions = [entry for line in lines if (entry := json.loads(line))["answers"]]
    paragraphs = len({question.paragraph for question in questions})
    print(f"{len(asked)} questions over {paragraphs} pooled paragraphs; {len(folder_questions)} over the folder.\n")
    print("| analyzer | variant | k1 | b | pool @1 | @5 | @20 | folder @1 | @5 | @20 |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as temporary:
        for number, (name, analyzer) in enumerate(ANALYZERS.items()):
            pool = pool_paragraphs(questions, analyzer)
            file = Path(temporary) / f"{number}.db"
            db = open_database(file, create=True)
            index_paths(db, file, [options.folder], analyzer=analyzer)
            grid = product(("plus", "l", "okapi"), (0.9, 1.2, 1.5), (0.4, 0.75))
            settings = [Parameters(variant=v, k1=k1, b=b) for v, k1, b in grid]
            if analyzer != Analyzer():
                settings = [Parameters()]
            for parameters in settings:
                shares = [
                    *pooled_recall(pool, asked, analyzer, parameters),
                    *folder_recall(db, folder_questions, analyzer, parameters),
                ]
                row = " | ".join(f"{share:.1f}" for share in shares)
                print(f"| {name} | {parameters.variant} | {parameters.k1} | {parameters.b} | {row} |", flush=True)


def pooled_recall(
    db: Database, questions: Sequence[AnnotatedQuestion], analyzer: Analyzer, parameters: Parameters
) -> list[float]:
    """Percent of the questions whose paragraph is among the first so many."""
    ranks = []
    for question in questions:
        hits = search_paragraphs(db, question.text, limit=AT[-1], analyzer=analyzer, parameters=parameters)
        texts = [hit.paragraph.paragraph.text for hit in hits]
        ranks.append(texts.index(question.paragraph) if question.paragraph in texts else AT[-1])
    return [100 * sum(rank < limit for rank in ranks) / len(ranks) for limit in AT]


def folder_recall(
    db: Database, questions: Sequence[dict[str, object]], analyzer: Analyzer, parameters: Parameters
) -> list[float]:
    """Percent of the questions for which a paragraph of the right file with an accepted answer is."""
    ranks = []
    for question in questions:
        hits = search_paragraphs(db, str(question["question"]), limit=AT[-1], analyzer=analyzer, parameters=parameters)
        ranks.append(next((rank for rank, hit in enumerate(hits) if _holds(hit, question)), AT[-1]))
    return [100 * sum(rank < limit for rank in ranks) / len(ranks) for limit in AT]


def _holds(hit: Hit, question: dict[str, object]) -> bool:
    answers: list[str] = question["answers"]  # type: ignore[assignment]
    words = normal_form(hit.paragraph.paragraph.text)
    is_right = hit.path_ending(str(question["file"])).endswith(str(question["file"]))
    return is_right and any(normal_form(a) in words for a in answers)


if __name__ == "__main__":
    main()
