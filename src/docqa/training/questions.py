"""Collecting training questions from several files."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable
from pathlib import Path

from docqa.errors import DataFileError
from docqa.evaluation.squad import AnnotatedQuestion, load_squad

DRAWING = re.compile(r"@(?P<count>\d+)(?:@(?P<seed>\d+))?$")


def collect_questions(files: Iterable[str], seed: int) -> list[AnnotatedQuestion]:
    """All questions of SQuAD-format files, each pair of question and paragraph once.

    `FILE@N` draws N questions of a file with the seed, `FILE@N@SEED` with another one. Raises `DataFileError` when a
    file cannot be used.
    """
    collected: dict[tuple[str, str], AnnotatedQuestion] = {}
    for given in files:
        drawing = None if Path(given).exists() else DRAWING.search(given)
        if drawing is None and "@" in given and not Path(given).exists():
            raise DataFileError(f"{given!r} names no number of questions after the @; write it as FILE@1000.")
        questions = load_squad(given[: drawing.start()] if drawing else given)
        if drawing and int(drawing["count"]) < len(questions):
            chance = random.Random(int(drawing["seed"] or seed))
            drawn = chance.sample(questions, int(drawing["count"]))
            questions = sorted(drawn, key=lambda question: question.id)
        for question in questions:
            collected.setdefault((question.text, question.paragraph), question)
    return list(collected.values())
