"""Collecting training questions from several files."""

from __future__ import annotations

import random
from collections.abc import Iterable
from pathlib import Path

from docqa.errors import DataFileError
from docqa.evaluation.squad import AnnotatedQuestion, load_squad


def collect_questions(files: Iterable[str], seed: int) -> list[AnnotatedQuestion]:
    """All questions of SQuAD-format files, each pair of question and paragraph once.

    `FILE@N` draws N questions of a file with the seed. Raises `DataFileError` when a file cannot be used.
    """
    collected: dict[tuple[str, str], AnnotatedQuestion] = {}
    for given in files:
        path, _, count = given.rpartition("@") if not Path(given).exists() else (given, "", "")
        if not path:
            path, count = given, ""
        if count and not count.isdigit():
            raise DataFileError(f"{given!r} names no number of questions after the @; write it as FILE@1000.")
        questions = load_squad(path)
        if count and int(count) < len(questions):
            drawn = random.Random(seed).sample(questions, int(count))
            questions = sorted(drawn, key=lambda question: question.id)
        for question in questions:
            collected.setdefault((question.text, question.paragraph), question)
    return list(collected.values())
