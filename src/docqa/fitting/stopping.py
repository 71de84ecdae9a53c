"""When to stop reading candidates: fitted on questions of which all candidates were read."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from docqa.answers.normal import normal_form
from docqa.answers.promise import score_to_beat
from docqa.answers.ranking import rank_answers
from docqa.errors import DataFileError
from docqa.fitting.cases import ReadCase
from docqa.reading.settings import Ranking

#: The share of questions that keep the best answer which reading every candidate gives.
KEPT = 0.995
#: The fewest questions that say anything about such a share.
FEWEST = 100


@dataclass(frozen=True)
class Stopping:
    """What a `stop` does: the share of questions with the same best answer, and the mean share of candidates read."""

    same: float
    read: float


def fit_stop(cases: Sequence[ReadCase], ranking: Ranking, kept: float = KEPT) -> float:
    """The lowest score to beat at which to stop so that a share `kept` of the questions keep their best answer.

    Only questions asked through the retriever count. Raises `DataFileError` when there are fewer than `FEWEST`.
    """
    courses = [_course(case, ranking) for case in cases if not case.given and len(case.readings) > 1]
    if len(courses) < FEWEST:
        raise DataFileError(
            f"At least {FEWEST} questions asked through the retriever say when to stop; there are {len(courses)}."
        )
    # A question keeps its answer at every stop above the last score to beat at which another answer was the best.
    needed = sorted(max((at for at, same in course if not same), default=-math.inf) for course in courses)
    last = needed[math.ceil(kept * len(needed)) - 1]
    return math.nextafter(last, math.inf)


def stopping(cases: Sequence[ReadCase], ranking: Ranking, stop: float) -> Stopping:
    """What a stop does to questions asked through the retriever, looking after every candidate."""
    same = read = count = 0.0
    for case in cases:
        if case.given or not case.readings:
            continue
        course = _course(case, ranking)
        place = next((number for number, (at, _) in enumerate(course) if at >= stop), None)
        same += True if place is None else course[place][1]
        read += 1.0 if place is None else (place + 1) / len(case.readings)
        count += 1
    return Stopping(same / count, read / count) if count else Stopping(1.0, 1.0)


def _course(case: ReadCase, ranking: Ranking) -> list[tuple[float, bool]]:
    """After each candidate but the last: the score to beat, and whether the best answer is already the final one."""
    final = best_words(case, ranking, range(len(case.readings)))
    course = []
    for count in range(1, len(case.readings)):
        needed = score_to_beat(case.readings[:count], case.retriever_scores, ranking)
        course.append((-math.inf if needed is None else needed, best_words(case, ranking, range(count)) == final))
    return course


def best_words(case: ReadCase, ranking: Ranking, numbers: Iterable[int]) -> str | None:
    """The words of the best answer in normal form, when the candidates of these numbers are read; None without one."""
    read = sorted(numbers)
    readings, scores = [case.readings[number] for number in read], [case.retriever_scores[number] for number in read]
    texts = [case.texts[number] for number in read]
    answers = rank_answers(readings, scores, texts, ranking, 1)
    if not answers:
        return None
    best = answers[0].best
    words = texts[best.paragraph][best.span.start : best.span.end]
    return normal_form(words) or words
