"""Reading the candidates of many questions once, so that rankings can be compared on the same readings."""

from __future__ import annotations

import random
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from docqa.corpus import open_corpus
from docqa.evaluation.folder import load_folder_questions
from docqa.evaluation.pooled import pool_paragraphs
from docqa.evaluation.squad import load_squad
from docqa.fitting.cases import ReadCase, read_open
from docqa.reading.reader import Reader
from docqa.retrieval.analyzer import Analyzer
from docqa.retrieval.bm25 import Parameters
from docqa.retrieval.search import search_paragraphs


def pooled_cases(
    reader: Reader, files: Sequence[str], distractors: Sequence[str], count: int, candidates: int, seed: int = 7
) -> list[ReadCase]:
    """`count` answerable questions of `files`, drawn with the seed, over the pooled paragraphs of all files."""
    everything = [question for file in files for question in load_squad(file)]
    answerable = [question for question in everything if question.answers]
    asked = random.Random(seed).sample(answerable, min(count, len(answerable)))
    pool = pool_paragraphs([*everything, *(q for file in distractors for q in load_squad(file))], Analyzer())
    cases = []
    for number, question in enumerate(asked, start=1):
        hits = search_paragraphs(pool, question.text, limit=candidates, analyzer=Analyzer(), parameters=Parameters())
        texts, scores = [hit.paragraph.paragraph.text for hit in hits], [hit.score for hit in hits]
        cases.append(read_open(reader, question.text, question.answer_texts, texts, scores))
        if number % 50 == 0:
            print(f"{number}/{len(asked)}", file=sys.stderr)
    return cases


def folder_cases(reader: Reader, folder: Path, questions: Path, candidates: int) -> list[ReadCase]:
    """The questions on a real folder."""
    with (
        tempfile.TemporaryDirectory() as temporary,
        open_corpus(Path(temporary) / "folder.db", reader=reader) as corpus,
    ):
        corpus.index(folder)
        cases = []
        for question in load_folder_questions(questions):
            hits = corpus.search(question.text, candidates)
            texts, scores = [hit.paragraph.paragraph.text for hit in hits], [hit.score for hit in hits]
            known = {"paths": tuple(hit.path_ending(question.file) for hit in hits), "file": question.file}
            cases.append(read_open(reader, question.text, question.accepted, texts, scores, **known))
        return cases
