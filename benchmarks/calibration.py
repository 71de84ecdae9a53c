"""What probabilities are fitted on, and which threshold: tables made from readings that were kept.

python benchmarks/calibration.py --reader NAME --held-out READINGS.jsonl --keep FOLDER

`READINGS.jsonl` is what `docqa calibrate --readings` kept, `FOLDER` what `benchmarks/ranking.py --keep` kept.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

from docqa.answers.calibration import FEATURES, answer_features, fit_logistic, probability
from docqa.answers.normal import normal_form
from docqa.answers.ranking import RankedAnswer
from docqa.evaluation.metrics import exact_match, f1
from docqa.evaluation.reliability import reliability
from docqa.fitting.cases import ALIKE, ReadCase, load_cases
from docqa.fitting.fit import fit_counted, question_counts
from docqa.reading.loading import find_reader
from docqa.reading.settings import Ranking, load_settings

Label = Callable[[ReadCase, RankedAnswer], bool]
THRESHOLDS = (0.1, 0.16, 0.2, 0.24, 0.3, 0.35, 0.4, 0.5, 0.6)
EVERY = len(FEATURES)


def as_fitted(case: ReadCase, answer: RankedAnswer) -> bool:
    """What `docqa calibrate` calls right."""
    return case.is_right(answer)


def exact(case: ReadCase, answer: RankedAnswer) -> bool:
    """An accepted answer's words and no others."""
    words = case.words(answer.best.paragraph, answer.best.span)
    return case.answerable and exact_match(words, case.accepted) > 0


def alike(case: ReadCase, answer: RankedAnswer) -> bool:
    """Words that share most of theirs with an accepted answer."""
    return case.answerable and f1(case.words(answer.best.paragraph, answer.best.span), case.accepted) >= ALIKE


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reader", default="docqa-base")
    parser.add_argument("--held-out", type=Path, required=True)
    parser.add_argument("--keep", type=Path, required=True)
    options = parser.parse_args()
    settings = load_settings(Path(find_reader(options.reader)))
    held_out = load_cases(options.held_out)
    pooled, folder = load_cases(options.keep / "pooled.jsonl"), load_cases(options.keep / "folder.jsonl")
    given = [case for case in held_out if case.given]
    near = [case for case in held_out if case.given or not case.answerable or _stands_in(case, 5)]
    rows: list[tuple[str, Sequence[ReadCase], Label, int, bool]] = [
        ("all", held_out, as_fitted, EVERY, False),
        ("all, without the number of paragraphs", held_out, as_fitted, EVERY - 1, False),
        ("those whose answer stands in the first 5 candidates, and the given ones", near, as_fitted, EVERY, False),
        ("the same without the number of paragraphs", near, as_fitted, EVERY - 1, False),
        ("the given ones alone", given, as_fitted, EVERY, False),
        ("the same, only exact words counting as right", given, exact, EVERY, False),
        ("the same, words that share most of theirs counting as right", given, alike, EVERY, False),
        ("the given ones alone, counted as if one in ten had no answer", given, as_fitted, EVERY, True),
        ("the same, only exact words counting as right", given, exact, EVERY, True),
        ("all, counted so", held_out, as_fitted, EVERY, True),
    ]
    several = [case for case in held_out if case.answerable and len(case.accepted) > 1]
    for name, alone in (("through the retriever", False), ("given their paragraph", True)):
        firsts = [
            exact(case, best) for case in several if case.given == alone for best in case.ranked(settings.ranking, 1)
        ]
        print(f"Questions with several accepted answers, {name}: {sum(firsts)} of {len(firsts)} right.")
    print(f"\n| fitted on | questions | error, {len(pooled)} pooled | error, {len(folder)} on the folder |")
    print("|---|---|---|---|")
    for name, cases, label, features, counted in rows:
        weights = fit(cases, settings.ranking, label, features, counted=counted)
        errors = [error(weights, asked, settings.ranking, features) for asked in (pooled, folder)]
        print(f"| {name} | {len(cases)} | {errors[0]:.3f} | {errors[1]:.3f} |")
    assert settings.calibration is not None
    print(f"\nStored threshold: {settings.threshold}.\n")
    print("| threshold | right file first | right answer first | refused |")
    print("|---|---|---|---|")
    for threshold in THRESHOLDS:
        shown = [
            (case, best)
            for case in folder
            for best in case.ranked(settings.ranking, 1)
            if chance(settings.calibration.right, case, best, EVERY) >= threshold
        ]
        files = sum(case.answerable and case.paths[best.best.paragraph].endswith(case.file) for case, best in shown)
        right = sum(case.is_right(best) for case, best in shown)
        refused = sum(not case.answerable for case in folder) - sum(not case.answerable for case, _ in shown)
        print(f"| {threshold} | {files} | {right} | {refused} |")


def fit(
    cases: Sequence[ReadCase], ranking: Ranking, label: Label, features: int, *, counted: bool
) -> tuple[float, ...]:
    """The weights that a logistic regression of the best answers on the first so many features finds.

    With `counted` questions count as `docqa calibrate` has them count, so that few of them have no answer.
    """
    answers = [(case, answer) for case in cases for answer in case.ranked(ranking, 1)]
    rows = [answer_features(answer, case.readings)[:features] for case, answer in answers]
    right = [float(label(case, answer)) for case, answer in answers]
    if not counted:
        return fit_logistic(rows, right)
    return fit_counted(rows, right, question_counts([case.answerable for case, _ in answers]))


def chance(weights: Sequence[float], case: ReadCase, answer: RankedAnswer, features: int) -> float:
    """An answer's probability under such weights."""
    return probability(weights, answer_features(answer, case.readings)[:features])


def error(weights: Sequence[float], cases: Sequence[ReadCase], ranking: Ranking, features: int) -> float:
    """The expected calibration error of the first answers, by exact words."""
    best = [(case, answer) for case in cases for answer in case.ranked(ranking, 1)]
    chances = [chance(weights, case, answer, features) for case, answer in best]
    return reliability(chances, [float(exact(case, answer)) for case, answer in best]).expected_calibration_error


def _stands_in(case: ReadCase, depth: int) -> bool:
    return any(normal_form(answer) in normal_form(text) for answer in case.accepted for text in case.texts[:depth])


if __name__ == "__main__":
    main()
