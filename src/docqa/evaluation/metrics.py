"""Exact match and F1, as the official SQuAD script defines them (Rajpurkar et al. 2016, section 6.1)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from docqa.answers.normal import normal_form


def exact_match(prediction: str, answers: Sequence[str]) -> float:
    """1.0 when the prediction is one of the answers in normal form; without answers, when it is empty.

    >>> exact_match("The treaty.", ["treaty"])
    1.0
    """
    return float(any(normal_form(prediction) == normal_form(answer) for answer in answers or [""]))


def f1(prediction: str, answers: Sequence[str]) -> float:
    """The best F1 of the prediction's words against an answer's; without answers, 1.0 when it is empty.

    >>> f1("in 1215", ["1215"])
    0.6666666666666666
    """
    return max(_f1(normal_form(prediction).split(), normal_form(answer).split()) for answer in answers or [""])


def _f1(predicted: list[str], right: list[str]) -> float:
    if not predicted or not right:
        return float(predicted == right)
    shared = sum((Counter(predicted) & Counter(right)).values())
    return 2 * shared / (len(predicted) + len(right))
