"""Evaluation: figures that can be computed by hand."""

import json

import numpy as np
import pytest

import docqa
from docqa.answers.answer import Answer, Answers, IndexInfo, Source, Timings
from docqa.evaluation.folder import (
    FolderOutcome,
    FolderQuestion,
    load_folder_questions,
    summarize_folder,
)
from docqa.evaluation.intervals import interval
from docqa.evaluation.outcome import Outcome, best_threshold, summarize
from docqa.evaluation.plot import plot_reliability
from docqa.evaluation.reliability import reliability


def test_calibration_error_is_the_weighted_gap_of_the_bins():
    result = reliability([0.95, 0.95, 0.15, 0.15], [1, 0, 0, 0])
    assert result.expected_calibration_error == pytest.approx(0.5 * 0.45 + 0.5 * 0.15)
    assert [entry.count for entry in result.bins if entry.count] == [2, 2]


def test_perfect_probabilities_have_no_calibration_error():
    chances = np.repeat([0.05, 0.55, 0.95], 100)
    right = np.concatenate([np.arange(100) < 5, np.arange(100) < 55, np.arange(100) < 95]).astype(float)
    assert reliability(list(chances), list(right)).expected_calibration_error == pytest.approx(0, abs=1e-12)


def test_risk_grows_with_coverage_when_the_surest_are_right():
    result = reliability([0.9, 0.8, 0.2, 0.1], [1, 1, 0, 0])
    assert result.risk_coverage == ((0.25, 0.0), (0.5, 0.0), (0.75, pytest.approx(1 / 3)), (1.0, 0.5))


def test_a_probability_of_one_is_in_the_last_bin():
    assert reliability([1.0], [1]).bins[-1].count == 1


def test_an_interval_holds_the_mean_and_narrows_with_more_questions():
    few, many = interval([0.0, 1.0] * 10), interval([0.0, 1.0] * 1000)
    assert few[0] < 50 < few[1]
    assert many[1] - many[0] < few[1] - few[0]


def test_calibration_error_and_risk_have_intervals_around_them():
    draw = np.random.default_rng(2)
    chances = draw.random(400)
    right = (draw.random(400) < chances).astype(float)
    result = reliability(chances.tolist(), right.tolist())
    low, high = result.intervals["risk_area"]
    assert low < result.risk_area < high
    low, high = result.intervals["expected_calibration_error"]
    assert 0 <= low < high < 0.2


def test_without_unanswerable_questions_refusing_does_not_count():
    figures = summarize([Outcome("Paris", 0.01, refused=True, accepted=("paris",))])
    assert figures["exact_match"] == 100


def test_with_unanswerable_questions_refusing_counts_as_squad_2_has_it():
    outcomes = [
        Outcome("Paris", 0.9, refused=False, accepted=("Paris",)),
        Outcome("Rome", 0.6, refused=False, accepted=()),
        Outcome("Oslo", 0.2, refused=True, accepted=()),
        Outcome("Bern", 0.3, refused=True, accepted=("Bern",)),
    ]
    figures = summarize(outcomes)
    assert figures["f1"] == 50
    assert figures["answerable"]["f1"] == 100
    assert figures["refused_unanswerable"] == 50


def test_the_best_threshold_is_that_of_trying_all():
    generator = np.random.default_rng(3)
    outcomes = [
        Outcome("a", float(generator.random()), refused=False, accepted=("a",) if generator.random() < 0.6 else ())
        for _ in range(200)
    ]
    tried = {
        threshold: 100 * np.mean([(o.probability >= threshold) == bool(o.accepted) for o in outcomes])
        for threshold in [1.1, *(o.probability for o in outcomes)]
    }
    best = best_threshold(outcomes)
    assert best["f1"] == pytest.approx(max(tried.values()))
    assert tried[best["threshold"]] == pytest.approx(best["f1"])


def _answers(path, page, text, probability=0.8):
    shown = (text, 0, len(text), (), text, page, ())
    source = Source(path, "", "", page, 0, 1, None, 1, text, 0, len(text), 1.0, 1.0, 0.0, 1.0, path, *shown)
    found = (Answer(text, 1.0, probability, (source,), text),) if text else ()
    return Answers("?", found, 0.1, Timings(1, 1, 2), IndexInfo("i", 1, 1, 1), "r")


def test_right_file_page_and_answer_are_told_apart():
    question = FolderQuestion("?", ("1995",), "a/b.pdf", (2, 3))
    right = FolderOutcome(question, _answers("x/a/b.pdf", 3, "1995"))
    other_page = FolderOutcome(question, _answers("a/b.pdf", 4, "1995"))
    other_file = FolderOutcome(question, _answers("a/ab.pdf", 2, "1995"))
    other_words = FolderOutcome(question, _answers("a/b.pdf", 2, "1996"))
    refused = FolderOutcome(FolderQuestion("?", (), "", ()), _answers("a/b.pdf", 2, ""))
    figures = summarize_folder([right, other_page, other_file, other_words, refused])
    assert figures["right_file_first"]["count"] == 3
    assert figures["right_page_first"]["count"] == 2
    assert figures["answer_first"]["count"] == 2
    assert figures["unanswerable_refused"]["count"] == 1


def test_a_line_that_is_no_question_is_named(tmp_path):
    path = tmp_path / "questions.jsonl"
    path.write_text('{"question": "Who?", "answers": ["Ada"], "file": "a.txt"}\n{"q": 1}\n', encoding="utf-8")
    with pytest.raises(docqa.DataFileError, match="Line 2"):
        load_folder_questions(path)


def test_plotting_without_probabilities_is_refused(tmp_path):
    with pytest.raises(docqa.UsageError, match="calibration"):
        plot_reliability({"questions": 3}, tmp_path / "x.png")


def test_figures_are_json():
    json.dumps(summarize([Outcome("a", 0.5, refused=False, accepted=("a",))]))
