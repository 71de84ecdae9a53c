"""Fit a reader's calibration and choose its threshold on questions that neither training nor evaluation used.

python benchmarks/calibrate.py --reader FOLDER --qa FILE... --used FILE@N... --sample 400

From the questions of --qa those that `docqa train` drew with `FILE@N` (same seed) are left out. Half of the paragraphs
are taken out of the pool together with their questions' right to an answer, so that the fit sees questions that the
documents do not answer. Writes docqa.json in the reader's folder.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from readings import Case, pooled_cases

from docqa.answers.calibration import answer_features, fit_logistic, probability
from docqa.evaluation.squad import AnnotatedQuestion, load_squad
from docqa.reading.reader import Reader
from docqa.reading.settings import Calibration, Ranking, save_settings
from docqa.training.questions import collect_questions

#: Of five questions so many are about paragraphs that were taken out of the pool.
UNANSWERABLE = 0.2
BINS = 10


def main() -> None:
    """Fit, report on the other half of the questions, and store."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reader", required=True)
    parser.add_argument("--qa", nargs="+", required=True)
    parser.add_argument("--used", nargs="*", default=[])
    parser.add_argument("--sample", type=int, default=600)
    parser.add_argument("--null", type=float, required=True, help="the ranking's weight of the null score")
    parser.add_argument("--retriever", type=float, required=True, help="the ranking's weight of the BM25 score")
    parser.add_argument("--seed", type=int, default=13)
    options = parser.parse_args()
    reader = Reader.load(options.reader)
    ranking = Ranking(options.null, options.retriever)
    pool, asked = choose(options.qa, options.used, options.sample, options.seed)
    pooled = {question.paragraph for question in pool}
    cases = pooled_cases(reader, pool, asked)
    answerable = [question.paragraph in pooled for question in asked]
    half = len(cases) // 2
    right, absent = fit(cases[:half], answerable[:half], ranking)
    held = outcomes(cases[half:], ranking)
    chances = [probability(right, features) for features, _ in held]
    error = calibration_error(chances, [is_right for _, is_right in held])
    print(f"fitted on {half} questions; on the other {len(cases) - half}: expected calibration error {error:.3f}")
    right, absent = fit(cases, answerable, ranking)
    threshold = best_threshold([(probability(right, f), is_right) for f, is_right in outcomes(cases, ranking)])
    print(f"right {right}\nno answer {absent}\nthreshold {threshold}")
    settings = replace(reader.settings, ranking=ranking, calibration=Calibration(right, absent), threshold=threshold)
    save_settings(settings, Path(options.reader))


def choose(
    files: Sequence[str], used: Sequence[str], count: int, seed: int
) -> tuple[list[AnnotatedQuestion], list[AnnotatedQuestion]]:
    """The questions whose paragraphs make the pool, and those asked: a fifth of them lack their paragraph in it."""
    shuffler = random.Random(seed)
    drawn = {(question.text, question.paragraph) for question in collect_questions(used, seed)}
    everything = [question for file in files for question in load_squad(file)]
    fresh = [q for q in everything if q.answers and (q.text, q.paragraph) not in drawn]
    paragraphs = sorted({question.paragraph for question in everything})
    taken_out = set(shuffler.sample(paragraphs, len(paragraphs) // 2))
    absent = [question for question in fresh if question.paragraph in taken_out]
    present = [question for question in fresh if question.paragraph not in taken_out]
    asked = shuffler.sample(absent, int(UNANSWERABLE * count)) + shuffler.sample(
        present, count - int(UNANSWERABLE * count)
    )
    shuffler.shuffle(asked)
    return [question for question in everything if question.paragraph not in taken_out], asked


def outcomes(cases: Sequence[Case], ranking: Ranking) -> list[tuple[tuple[float, float], bool]]:
    """The features of each case's first three answers, and whether the answer is right."""
    return [
        (answer_features(answer, case.readings), case.is_right(answer))
        for case in cases
        for answer in case.ranked(ranking)
    ]


def fit(
    cases: Sequence[Case], answerable: Sequence[bool], ranking: Ranking
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The weights for an answer being right, and for there being no answer."""
    seen = outcomes(cases, ranking)
    right = fit_logistic([features for features, _ in seen], [float(is_right) for _, is_right in seen])
    first = [answer_features(case.ranked(ranking, 1)[0], case.readings) for case in cases]
    absent = fit_logistic(first, [float(not there) for there in answerable])
    return right, absent


def calibration_error(chances: Sequence[float], right: Sequence[bool]) -> float:
    """Expected calibration error over ten bins of equal width (Guo et al. 2017, section 2)."""
    bins = np.minimum((np.array(chances) * BINS).astype(int), BINS - 1)
    gaps = [
        (bins == number).mean() * abs(np.array(chances)[bins == number].mean() - np.array(right)[bins == number].mean())
        for number in range(BINS)
        if (bins == number).any()
    ]
    return float(sum(gaps))


def best_threshold(pairs: Sequence[tuple[float, bool]]) -> float:
    """The probability above which showing an answer does most good: a right one counts one, a wrong one a quarter."""
    grid = [step / 100 for step in range(1, 50)]
    return max(grid, key=lambda limit: sum((1.0 if right else -0.25) for chance, right in pairs if chance >= limit))


if __name__ == "__main__":
    main()
