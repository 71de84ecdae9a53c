"""Reading the candidates of many questions once, so that rankings can be compared on the same readings."""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlite_utils import Database

from docqa.answers.normal import normal_form
from docqa.answers.ranking import RankedAnswer, rank_answers
from docqa.evaluation.pooled import pool_paragraphs
from docqa.evaluation.squad import AnnotatedQuestion, load_squad
from docqa.indexing.run import index_paths
from docqa.reading.reader import ParagraphReading, Reader
from docqa.reading.settings import Ranking
from docqa.retrieval.analyzer import Analyzer
from docqa.retrieval.bm25 import Parameters
from docqa.retrieval.search import Hit, search_paragraphs
from docqa.store.opening import open_database

CANDIDATES = 20
SPANS = 8


@dataclass(frozen=True)
class Case:
    """A question, what is accepted as right, and what was read for it."""

    question: str
    answers: tuple[str, ...]
    file: str | None
    hits: tuple[Hit, ...]
    readings: tuple[ParagraphReading, ...]

    def ranked(self, ranking: Ranking, top_k: int = 3) -> list[RankedAnswer]:
        """The answers under a ranking."""
        texts = [hit.paragraph.paragraph.text for hit in self.hits]
        return rank_answers(self.readings, [hit.score for hit in self.hits], texts, ranking, top_k)

    def words(self, answer: RankedAnswer) -> str:
        """An answer's words."""
        best = answer.best
        return self.hits[best.paragraph].paragraph.paragraph.text[best.span.start : best.span.end]

    def is_right(self, answer: RankedAnswer) -> bool:
        """Whether an answer is one of the accepted ones in normal form, from the right file where one is known."""
        path = self.hits[answer.best.paragraph].document.path
        right_file = self.file is None or any(
            self.hits[candidate.paragraph].document.path.endswith(self.file) for candidate in answer.candidates
        )
        words = normal_form(self.words(answer))
        return bool(path) and right_file and any(words == normal_form(accepted) for accepted in self.answers)


def read_case(
    db: Database, reader: Reader, question: str, answers: Sequence[str], file: str | None, candidates: int
) -> Case:
    """Find and read the candidates of one question."""
    hits = search_paragraphs(db, question, limit=candidates, analyzer=Analyzer(), parameters=Parameters())
    texts = [hit.paragraph.paragraph.text for hit in hits]
    readings = reader.read_paragraphs(question, texts, spans=SPANS)
    return Case(question, tuple(answers), file, tuple(hits), tuple(readings))


def pooled_cases(
    reader: Reader, pool: Sequence[AnnotatedQuestion], asked: Sequence[AnnotatedQuestion], candidates: int = CANDIDATES
) -> list[Case]:
    """Cases over the pooled paragraphs of `pool`."""
    db = pool_paragraphs(pool, Analyzer())
    cases = []
    for number, question in enumerate(asked, start=1):
        cases.append(read_case(db, reader, question.text, question.answer_texts, None, candidates))
        if number % 50 == 0:
            print(f"{number}/{len(asked)}", file=sys.stderr)
    return cases


def folder_cases(
    reader: Reader, folder: Path, questions: Path, index_file: Path, candidates: int = CANDIDATES
) -> list[Case]:
    """Cases over a real folder; each line of `questions` is {"question", "answers", "file"}, answers empty for none."""
    db = open_database(index_file, create=True)
    index_paths(db, index_file, [folder], analyzer=Analyzer())
    entries = [json.loads(line) for line in questions.read_text(encoding="utf-8").splitlines()]
    return [
        read_case(db, reader, entry["question"], entry["answers"], entry["file"] or "", candidates) for entry in entries
    ]


def sample(files: Sequence[str], count: int, seed: int = 7) -> tuple[list[AnnotatedQuestion], list[AnnotatedQuestion]]:
    """All questions of the files, and `count` answerable ones of them drawn with a seed."""
    everything = [question for file in files for question in load_squad(file)]
    answerable = [question for question in everything if question.answers]
    return everything, random.Random(seed).sample(answerable, min(count, len(answerable)))
