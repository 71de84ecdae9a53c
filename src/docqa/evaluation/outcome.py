"""What came out for one question, and the figures over many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from docqa.evaluation.intervals import interval
from docqa.evaluation.metrics import exact_match, f1
from docqa.evaluation.reliability import reliability

SCHEMA = "docqa.eval/1"


@dataclass(frozen=True)
class Outcome:
    """The best answer's words (None: no span at all), its probability (None: no calibration), and what is accepted.

    `refused` says that the reader's threshold, or the null score of a reader without calibration, called it no answer.
    """

    prediction: str | None
    probability: float | None
    refused: bool
    accepted: tuple[str, ...]

    @property
    def exact_match(self) -> float:
        """1.0 when the best answer is an accepted one, whether it was refused or not."""
        return exact_match(self.prediction or "", self.accepted) if self.accepted else 0.0

    @property
    def f1(self) -> float:
        """The F1 of the best answer, whether it was refused or not."""
        return f1(self.prediction or "", self.accepted) if self.accepted else 0.0

    @property
    def final(self) -> str:
        """What the user is told: the best answer's words, or nothing."""
        return "" if self.refused else self.prediction or ""


def percent(values: Sequence[float]) -> float:
    """The mean of values between 0 and 1 in percent, 0.0 when there are none.

    >>> percent([1.0, 0.0])
    50.0
    """
    return 100.0 * sum(values) / len(values) if values else 0.0


def summarize(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The figures that every evaluation has, with 95 % bootstrap intervals.

    Where some questions are unanswerable, refusing counts: exact match and F1 are those of SQuAD 2.0 at the stored
    threshold, and `best_threshold` says what the best one would give. Otherwise the best span counts always.
    """
    may_refuse = any(not outcome.accepted for outcome in outcomes)
    exact = [
        exact_match(outcome.final, outcome.accepted) if may_refuse else outcome.exact_match for outcome in outcomes
    ]
    shared = [f1(outcome.final, outcome.accepted) if may_refuse else outcome.f1 for outcome in outcomes]
    answerable = [outcome for outcome in outcomes if outcome.accepted]
    figures: dict[str, Any] = {
        "schema": SCHEMA,
        "questions": len(outcomes),
        "unanswerable": len(outcomes) - len(answerable),
        "exact_match": percent(exact),
        "f1": percent(shared),
        "intervals": {"exact_match": interval(exact), "f1": interval(shared)},
        "answerable": {
            "exact_match": percent([outcome.exact_match for outcome in answerable]),
            "f1": percent([outcome.f1 for outcome in answerable]),
        },
    }
    if may_refuse:
        refused = [outcome.refused for outcome in outcomes if not outcome.accepted]
        figures["refused_unanswerable"] = percent([float(value) for value in refused])
        figures["best_threshold"] = best_threshold(outcomes)
    judged = [outcome for outcome in outcomes if outcome.probability is not None]
    if judged:
        chances = [float(outcome.probability or 0.0) for outcome in judged]
        figures["reliability"] = reliability(chances, [outcome.exact_match for outcome in judged]).to_dict()
    return figures


def best_threshold(outcomes: Sequence[Outcome]) -> dict[str, float] | None:
    """The threshold on the probability with the highest F1, as the official script of SQuAD 2.0 finds it.

    None when some outcome has no probability.
    """
    if any(outcome.probability is None for outcome in outcomes):
        return None
    total = sum(not outcome.accepted for outcome in outcomes)
    best = (100.0 * total / len(outcomes), 1.0)
    score = float(total)
    ordered = sorted(outcomes, key=lambda outcome: -float(outcome.probability or 0.0))
    for outcome in ordered:
        score += outcome.f1 if outcome.accepted else -1.0
        best = max(best, (100.0 * score / len(outcomes), float(outcome.probability or 0.0)))
    return {"f1": best[0], "threshold": best[1]}
