"""Fitting a scout: what its reading of a candidate lets one expect of the reader's, and when that is enough."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from docqa.answers.cascade import expected_total, reading_order
from docqa.answers.promise import STEP, score_to_beat
from docqa.answers.ranking import best_total
from docqa.errors import DataFileError
from docqa.fitting.cases import ReadCase
from docqa.fitting.stopping import FEWEST, best_words
from docqa.reading.reader import ParagraphReading, Reader
from docqa.reading.settings import ReaderSettings, Scout

#: The share of questions that keep the best answer which reading every candidate gives.
KEPT = 0.99


@dataclass(frozen=True)
class Scouted:
    """A question of which the reader read all candidates, and what the scout makes of each."""

    case: ReadCase
    seen: tuple[ParagraphReading, ...]


@dataclass(frozen=True)
class Scouting:
    """What a scout does: the share of questions with the same best answer, the mean shares of candidates each reads."""

    same: float
    read: float
    scouted: float


def scouted(cases: Sequence[ReadCase], scout: Reader) -> list[Scouted]:
    """Let a scout read the candidates of the questions that were asked through the retriever."""
    return [
        Scouted(case, tuple(scout.read_paragraphs(case.question, case.texts, spans=1)))
        for case in cases
        if not case.given and case.readings
    ]


def fit_scout(cases: Sequence[Scouted], settings: ReaderSettings, name: str, kept: float = KEPT) -> Scout:
    """The expectation by least squares, and the lowest margin at which a share `kept` keeps its best answer.

    `settings` are those of the reader, with the ranking and the stop that the scout is to serve. Raises
    `DataFileError` when there are fewer than `FEWEST` questions.
    """
    if len(cases) < FEWEST:
        raise DataFileError(
            f"At least {FEWEST} questions asked through the retriever say what a scout is worth, not {len(cases)}."
        )
    rows, totals = [], []
    for entry in cases:
        for seen, reading, score in zip(entry.seen, entry.case.readings, entry.case.retriever_scores, strict=True):
            if seen.spans and reading.spans:
                rows.append((1.0, seen.spans[0].score, seen.null, score))
                totals.append(best_total(reading, score, settings.ranking))
    weights = np.linalg.lstsq(np.array(rows), np.array(totals), rcond=None)[0]
    constant, score_weight, null, retriever = (round(float(weight), 4) for weight in weights)
    scout = Scout(name, constant, score_weight, null, retriever, 0.0)
    # A question keeps its answer at every margin above the last gap at which another answer was the best.
    gaps = sorted(
        max((gap for gap, same in _course(entry, settings, scout) if not same), default=-math.inf) for entry in cases
    )
    return replace(scout, margin=math.nextafter(max(0.0, gaps[math.ceil(kept * len(gaps)) - 1]), math.inf))


def scouting(cases: Sequence[Scouted], settings: ReaderSettings) -> Scouting:
    """What the scout of these settings does to questions asked through the retriever."""
    scout = settings.scout
    if scout is None or not cases:
        return Scouting(1.0, 1.0, 0.0)
    same = read = by_scout = 0.0
    for entry in cases:
        count = len(entry.case.readings)
        if count <= STEP or _settled(entry.case, settings):
            place = min(STEP, count)
            numbers = list(range(place))
        else:
            course = _course(entry, settings, scout)
            place = next((STEP + at for at, (gap, _) in enumerate(course) if gap >= scout.margin), count)
            numbers = _order(entry, scout)[:place]
            by_scout += (count - STEP) / count
        same += best_words(entry.case, settings.ranking, numbers) == best_words(
            entry.case, settings.ranking, range(count)
        )
        read += place / count
    return Scouting(same / len(cases), read / len(cases), by_scout / len(cases))


def _settled(case: ReadCase, settings: ReaderSettings) -> bool:
    needed = score_to_beat(case.readings[:STEP], case.retriever_scores, settings.ranking)
    return needed is not None and settings.stop is not None and needed >= settings.stop


def _order(entry: Scouted, scout: Scout) -> list[int]:
    expected = {
        number: expected_total(entry.seen[number], entry.case.retriever_scores[number], scout)
        for number in range(STEP, len(entry.seen))
    }
    return [*range(min(STEP, len(entry.seen))), *reading_order(expected)]


def _course(entry: Scouted, settings: ReaderSettings, scout: Scout) -> list[tuple[float, bool]]:
    """How far the best total is above the one to expect of the next candidate, from `STEP` candidates on.

    Beside it stands whether the best answer is already the final one.
    """
    case = entry.case
    order = _order(entry, scout)
    final = best_words(case, settings.ranking, order)
    course = []
    for count in range(STEP, len(order)):
        totals = (
            best_total(case.readings[number], case.retriever_scores[number], settings.ranking)
            for number in order[:count]
        )
        expected = expected_total(entry.seen[order[count]], case.retriever_scores[order[count]], scout)
        course.append((max(totals) - expected, best_words(case, settings.ranking, order[:count]) == final))
    return course
