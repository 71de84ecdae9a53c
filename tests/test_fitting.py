"""Fitting a calibration: what it learns, and what it refuses."""

import numpy as np
import pytest

import docqa
from docqa.answers.calibration import probability
from docqa.evaluation.fitting import HARM, FittingCase, fit_calibration, leave_out, worthwhile_from
from docqa.evaluation.squad import AnnotatedAnswer, AnnotatedQuestion


def _cases(count, seed=5):
    generator = np.random.default_rng(seed)
    cases = []
    for _ in range(count):
        share, margin = -generator.exponential(1.0), generator.normal(3, 3)
        chance = 1 / (1 + np.exp(-(0.5 + 1.5 * share + 0.4 * margin)))
        right = bool(generator.random() < chance)
        cases.append(FittingCase(((share, margin),), (right,), right or bool(generator.random() < 0.5)))
    return cases


def test_a_fit_finds_the_weights_that_made_the_questions():
    fit = fit_calibration(_cases(4000))
    assert fit.calibration.right == pytest.approx((0.5, 1.5, 0.4), abs=0.2)
    assert fit.held_out_error < 0.03


def test_a_surer_answer_is_more_probable_and_less_likely_to_be_none():
    fit = fit_calibration(_cases(1000))
    weak, strong = (-3.0, -2.0), (-0.1, 8.0)
    assert probability(fit.calibration.right, strong) > probability(fit.calibration.right, weak)
    assert probability(fit.calibration.no_answer, strong) < probability(fit.calibration.no_answer, weak)


def test_too_few_questions_are_refused_with_a_sentence():
    with pytest.raises(docqa.DataFileError, match="at least 20"):
        fit_calibration(_cases(5))


def test_only_right_answers_are_refused_with_a_sentence():
    with pytest.raises(docqa.DataFileError, match="both right and wrong"):
        fit_calibration([FittingCase(((0.0, 1.0),), (True,), True)] * 30)


def test_the_threshold_is_where_a_right_answer_is_worth_as_much_as_wrong_ones_cost():
    threshold, harm = worthwhile_from(0.25), 0.25
    assert threshold * 1.0 == pytest.approx((1 - threshold) * harm)
    assert fit_calibration(_cases(100)).threshold == worthwhile_from(HARM)


def test_questions_about_paragraphs_that_are_left_out_count_as_unanswerable():
    questions = [
        AnnotatedQuestion(str(i), f"Who is {i}?", f"It is {i}.", (AnnotatedAnswer(f"{i}", 6),)) for i in range(100)
    ]
    pool, asked = leave_out(questions, 0.2, 50, seed=1)
    paragraphs = {question.paragraph for question in pool}
    assert len(pool) == 80
    assert len(asked) == 50
    assert sum(not answerable for _, answerable in asked) == 10
    assert all((question.paragraph in paragraphs) == answerable for question, answerable in asked)
