"""Fitting ranking, probabilities and threshold: what is learned, and what is refused."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import docqa
from docqa.answers.calibration import FEATURES, probability
from docqa.cli import main
from docqa.evaluation.given import evaluate_given
from docqa.evaluation.squad import AnnotatedAnswer, AnnotatedQuestion
from docqa.fitting.cases import ReadCase, load_cases, save_cases
from docqa.fitting.fit import (
    UNANSWERABLE,
    FittingCase,
    fit_calibration,
    fit_given,
    fit_ranking,
    fitting_case,
    probability_cases,
    worthwhile_threshold,
)
from docqa.fitting.held_out import HeldOut, leave_out, read_held_out
from docqa.reading.reader import ParagraphReading, Reader, Span
from docqa.reading.settings import CALIBRATION_WEIGHTS, Calibration, Ranking, save_settings
from tiny_reader import save_tiny_bert

TRUE_WEIGHTS = (0.5, 1.5, 0.4, 0.3, -0.6)


def _cases(count, seed=5, there=0.5):
    generator = np.random.default_rng(seed)
    cases = []
    for _ in range(count):
        features = (
            -generator.exponential(1.0),
            generator.normal(3, 3),
            generator.uniform(-2, 8),
            math.log(generator.integers(1, 21)),
        )
        right = bool(generator.random() < probability(TRUE_WEIGHTS, features))
        cases.append(FittingCase((features,), (right,), right or bool(generator.random() < there)))
    return cases


def _questions(count=100):
    return [
        AnnotatedQuestion(
            f"{i:03}",
            f"Who has number {i}?",
            f"Number {i} is held by keeper{i} of the house. " + f"Nobody else in street {i} has one of these. " * 5,
            (AnnotatedAnswer(f"keeper{i}", len(f"Number {i} is held by ")),),
        )
        for i in range(count)
    ]


def _read_case(totals, right, retriever, null=None):
    """A question whose paragraphs have one span each, of one word, with the given scores."""
    nulls = null or [0.0] * len(totals)
    readings = tuple(
        ParagraphReading((Span(0, 4, score),), nothing, score) for score, nothing in zip(totals, nulls, strict=True)
    )
    texts = tuple(f"w{number:03}" for number in range(len(totals)))
    return ReadCase("?", (texts[right],), True, False, texts, tuple(retriever), readings, ("a",) * len(texts))


def test_the_weights_of_a_calibration_are_one_for_each_feature_and_a_constant():
    assert len(FEATURES) + 1 == CALIBRATION_WEIGHTS


def test_a_fit_finds_the_weights_that_made_the_questions():
    fit = fit_calibration(_cases(6000, there=1.0))
    assert fit.calibration.right == pytest.approx(TRUE_WEIGHTS, abs=0.3)
    assert fit.held_out_error < 0.03


def test_how_many_questions_have_no_answer_does_not_decide_what_is_fitted():
    some = _cases(9000)
    more = [case for number, case in enumerate(some) if not case.answerable or number % 3 == 0]
    share = [1 - np.mean([case.answerable for case in cases]) for cases in (some, more)]
    assert share[1] > 2 * share[0]
    few, many = fit_calibration(some), fit_calibration(more)
    assert few.held_out_error < 0.02
    assert many.held_out_error < 0.03
    middling = (-1.0, 3.0, 3.0, 1.5)
    for name in ("right", "no_answer"):
        chances = [probability(getattr(fit.calibration, name), middling) for fit in (few, many)]
        assert chances[0] == pytest.approx(chances[1], abs=0.04)
    assert few.threshold == pytest.approx(many.threshold, abs=0.06)


def test_more_has_to_be_known_where_more_questions_have_no_answer():
    fit = fit_calibration(_cases(2000))
    assert 0 < fit.threshold < fit.given_threshold < 1


def test_a_reader_refuses_by_its_own_threshold_where_the_paragraph_is_given(tmp_path):
    reader = Reader.load(save_tiny_bert(tmp_path / "reader"))
    weights = Calibration(*[(0.0, *[0.0] * len(FEATURES))] * 3)
    questions = _questions(3)

    def refused(**thresholds):
        settings = replace(reader.settings, calibration=weights, **thresholds)
        save_settings(settings, tmp_path / "reader")
        return {outcome.refused for outcome in evaluate_given(Reader.load(tmp_path / "reader"), questions)}

    assert refused(threshold=0.9) == {True}
    assert refused(threshold=0.9, given_threshold=0.4) == {False}
    assert refused(threshold=0.4, given_threshold=0.6) == {True}


def test_a_given_paragraph_has_a_probability_of_its_own_where_one_is_stored(tmp_path):
    reader = Reader.load(save_tiny_bert(tmp_path / "reader"))
    nothing = [0.0] * len(FEATURES)
    for own, expected in ((None, 0.5), ((math.log(4), *nothing), 0.8)):
        weights = Calibration((0.0, *nothing), (0.0, *nothing), (0.0, *nothing), own)
        save_settings(replace(reader.settings, calibration=weights), tmp_path / "reader")
        outcomes = evaluate_given(Reader.load(tmp_path / "reader"), _questions(3))
        assert [outcome.probability for outcome in outcomes] == pytest.approx([expected] * 3)


def test_a_surer_answer_is_more_probable_and_less_likely_to_be_none():
    fit = fit_calibration(_cases(1000))
    weak, strong = (-3.0, -2.0, 0.1, 3.0), (-0.1, 8.0, 6.0, 3.0)
    assert probability(fit.calibration.right, strong) > probability(fit.calibration.right, weak)
    assert probability(fit.calibration.no_answer, strong) < probability(fit.calibration.no_answer, weak)


def test_the_best_answers_and_those_after_them_have_regressions_of_their_own():
    # The best ones are right half of the time, the others one time in ten, whatever their features.
    generator = np.random.default_rng(3)
    cases = [
        FittingCase(
            tuple((-generator.exponential(1.0), generator.normal(), generator.normal(), 0.0) for _ in range(3)),
            (bool(generator.random() < 0.5), bool(generator.random() < 0.1), bool(generator.random() < 0.1)),
            True,
        )
        for _ in range(3000)
    ]
    calibration = fit_calibration(cases).calibration
    middling = (-1.0, 0.0, 0.0, 0.0)
    assert probability(calibration.right, middling) == pytest.approx(0.5, abs=0.05)
    assert probability(calibration.other, middling) == pytest.approx(0.1, abs=0.03)


def test_answers_that_never_were_right_are_improbable_and_not_impossible():
    cases = [
        FittingCase(((0.0, 1.0, 1.0, 0.0), (-1.0, 0.0, -1.0, 0.0)), (turn, False), True) for turn in (True, False)
    ] * 50
    assert probability(fit_calibration(cases).calibration.other, (-1.0, 0.0, -1.0, 0.0)) == pytest.approx(1 / 102)


def test_too_few_questions_are_refused_with_a_sentence():
    with pytest.raises(docqa.DataFileError, match="at least 20"):
        fit_calibration(_cases(5))
    with pytest.raises(docqa.DataFileError, match="at least 20"):
        fit_ranking([_read_case([1.0, 2.0], 0, [0.0, 0.0])] * 5, Ranking())


def test_only_right_answers_are_refused_with_a_sentence():
    with pytest.raises(docqa.DataFileError, match="both right and wrong"):
        fit_calibration([FittingCase(((0.0, 1.0, 1.0, 0.0),), (True,), True)] * 30)


def _threshold_rows(count=4000, seed=11):
    generator = np.random.default_rng(seed)
    chances = generator.uniform(0.01, 0.99, count)
    right = generator.random(count) < chances
    # Of what is not right two thirds are questions without an answer.
    answerable = right | (generator.random(count) < 1 / 3)
    return chances, right.astype(float), answerable


def test_the_threshold_is_where_showing_begins_to_serve_more_questions_than_it_harms():
    chances, right, answerable = _threshold_rows()

    def worth(threshold):
        shown = chances >= threshold
        answered, refused = (right * shown)[answerable].mean(), (~shown)[~answerable].mean()
        return (1 - UNANSWERABLE) * answered + UNANSWERABLE * refused

    chosen = worthwhile_threshold(chances, right, answerable)
    best = max(worth(other / 100) for other in range(101))
    assert 0 < chosen < 1
    assert worth(chosen) > best - 0.005


@given(st.integers(0, 3), st.integers(20, 60))
def test_a_threshold_lies_between_0_and_1_and_is_0_when_every_question_has_an_answer(seed, count):
    chances, right, answerable = _threshold_rows(count, seed)
    assert 0 < worthwhile_threshold(chances, right, answerable) < 1
    assert worthwhile_threshold(chances, right, np.ones(count, bool)) == 0


def _given(count, missing, share):
    """Answers with a score above the null score by 0 to 9; where it is below `missing`, a share has no answer."""
    generator = np.random.default_rng(7)
    cases = []
    for above in generator.uniform(0, 9, count):
        there = not (above < missing and generator.random() < share)
        cases.append(FittingCase(((0.0, float(above), 1.0, 0.0),), (there,), there))
    return cases


def test_questions_that_look_answerable_and_are_not_ask_for_a_surer_answer_where_the_paragraph_is_given():
    told_easily, looking_alike = (fit_given(_given(400, missing=missing, share=0.9)) for missing in (3, 7))
    features = (0.0, 5.0, 1.0, 0.0)
    shown = [probability(fit.weights, features) >= fit.threshold for fit in (told_easily, looking_alike)]
    assert shown == [True, False]
    assert told_easily.questions == 400


def test_how_many_given_questions_have_no_answer_does_not_decide_when_one_is_shown():
    some = _given(6000, missing=7, share=0.9)
    fewer = [case for number, case in enumerate(some) if case.answerable or number % 3 == 0]
    assert sum(not case.answerable for case in some) > 2 * sum(not case.answerable for case in fewer)
    chances = [probability(fit_given(cases).weights, (0.0, 6.0, 1.0, 0.0)) for cases in (some, fewer)]
    assert chances[0] == pytest.approx(chances[1], abs=0.04)
    assert fit_given(some).threshold == pytest.approx(fit_given(fewer).threshold, abs=0.06)


def test_what_is_shown_of_a_given_paragraph_needs_questions_with_and_without_an_answer():
    with pytest.raises(docqa.DocqaError, match=r"20 questions with an answer and 20 without; there are 40 and 0\."):
        fit_given(_given(40, missing=0, share=0.0))


def test_the_ranking_that_decided_is_found():
    generator = np.random.default_rng(3)
    cases = []
    for _ in range(1500):
        scores, nulls, retrieved = generator.normal(5, 2, 6), generator.normal(3, 2, 6), generator.normal(12, 4, 6)
        totals = 2.0 * (scores - 0.5 * nulls + 0.25 * retrieved)
        shares = np.exp(totals - totals.max())
        right = int(generator.choice(6, p=shares / shares.sum()))
        cases.append(_read_case(scores.tolist(), right, retrieved.tolist(), nulls.tolist()))
    ranking = fit_ranking(cases, Ranking(0.0, 0.0))
    assert (ranking.null, ranking.retriever) == pytest.approx((-0.5, 0.25), abs=0.05)


def test_questions_whose_paragraphs_are_left_out_count_as_unanswerable():
    pool, asked = leave_out(_questions(), 0.2, 50, seed=1)
    assert len(pool) == 90
    assert len(asked) == 50
    assert sum(not answerable for _, answerable in asked) == 10
    assert all((question.paragraph in pool) == answerable for question, answerable in asked)


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    """A tiny reader of random weights."""
    return Reader.load(str(save_tiny_bert(tmp_path_factory.mktemp("reader") / "tiny")))


def test_held_out_questions_are_read_open_and_given_and_left_out_texts_do_not_come_back(reader):
    questions = _questions(40)
    everything = [question.paragraph for question in questions]
    heard = []
    cases = read_held_out(
        reader, questions, [*everything, "a text of its own"], HeldOut(20, 0.25, 12, 5), lambda *at: heard.append(at)
    )
    opened = [case for case in cases if not case.given]
    alone = [case for case in cases if case.given]
    assert (len(opened), len(alone)) == (20, 12)
    assert heard[-1] == (32, 32)
    assert sum(not case.answerable for case in opened) == 5
    assert sum(not case.answerable for case in alone) == 6
    for case in opened:
        assert len(case.texts) <= 5
        if not case.answerable:
            assert not any(answer in text for answer in case.accepted for text in case.texts)
    assert cases == read_held_out(reader, questions, [*everything, "a text of its own"], HeldOut(20, 0.25, 12, 5))


def test_probabilities_are_fitted_on_questions_given_their_paragraph_where_there_are_some(reader):
    cases = read_held_out(reader, _questions(30), [], HeldOut(10, 0.2, 4, 3))
    assert [case.given for case in probability_cases(cases)] == [True] * 4
    asked = [case for case in cases if not case.given]
    assert probability_cases(asked) == asked


def test_what_was_read_is_kept_and_taken_back(reader, tmp_path):
    cases = read_held_out(reader, _questions(30), [], HeldOut(10, 0.2, 4, 3))
    save_cases(cases, tmp_path / "readings.jsonl")
    assert load_cases(tmp_path / "readings.jsonl") == cases
    (tmp_path / "other.jsonl").write_text(json.dumps({"question": "?"}))
    with pytest.raises(docqa.DataFileError, match=r"other\.jsonl"):
        load_cases(tmp_path / "other.jsonl")


def test_an_answer_is_right_only_when_there_is_one_and_in_the_right_file():
    case = _read_case([1.0, 2.0], 1, [0.0, 0.0])
    best = case.ranked(Ranking(0.0, 0.0))[0]
    assert case.is_right(best)
    assert fitting_case(case, Ranking(0.0, 0.0)).right == (True, False)
    stored = case.to_dict()
    assert not ReadCase.from_dict({**stored, "answerable": False}).is_right(best)
    assert not ReadCase.from_dict({**stored, "file": "b"}).is_right(best)
    assert ReadCase.from_dict({**stored, "file": "a"}).is_right(best)


def _question_file(path, questions, unanswerable=()):
    entries = [
        {
            "context": question.paragraph,
            "qas": [
                {
                    "id": question.id,
                    "question": question.text,
                    "answers": [{"text": answer.text, "answer_start": answer.start} for answer in question.answers],
                },
                *(
                    {"id": f"{question.id}-no", "question": text, "is_impossible": True, "answers": []}
                    for text in unanswerable
                ),
            ],
        }
        for question in questions
    ]
    path.write_text(json.dumps({"data": [{"paragraphs": entries}]}), encoding="utf-8")
    return str(path)


def test_the_command_fits_probabilities_and_those_of_given_paragraphs_on_the_file_for_them(tmp_path, capsys):
    questions = _questions(80)
    asked = _question_file(tmp_path / "asked.json", questions[:60])
    own = ["--given-file", _question_file(tmp_path / "own.json", questions[60:], ["Who wrote the house a letter?"])]
    fixed = ["--limit", "30", "--candidates", "5", "--given", "60", "--readings", str(tmp_path / "readings.jsonl")]
    fitted = {}
    for name, reader, more in (
        ("by_rule", "docqa-small", [asked, *fixed]),
        ("from_file", "docqa-small", [asked, *fixed, *own]),
        ("later", str(tmp_path / "by_rule"), own),
        ("kept", str(tmp_path / "from_file"), [asked, "--limit", "30", "--candidates", "5"]),
    ):
        out = tmp_path / name
        with pytest.raises(SystemExit, match="0"):
            main(["calibrate", *more, "--reader", reader, "--out", str(out), "--json"])
        said = json.loads(capsys.readouterr().out)
        fitted[name] = json.loads((out / "docqa.json").read_text())
        assert said["given_threshold"] == fitted[name]["given_threshold"]
        assert said["questions"] == {"later": 40, "kept": 30}.get(name, 60)
    for name in ("right", "other", "no_answer"):
        assert fitted["by_rule"]["calibration"][name] == fitted["from_file"]["calibration"][name]
    assert fitted["by_rule"]["calibration"]["given"] is None
    assert fitted["by_rule"]["threshold"] == fitted["from_file"]["threshold"]
    assert fitted["later"] == fitted["from_file"]
    assert fitted["kept"]["calibration"]["right"] != fitted["from_file"]["calibration"]["right"]
    assert fitted["kept"]["calibration"]["given"] == fitted["from_file"]["calibration"]["given"]
    assert fitted["kept"]["given_threshold"] == fitted["from_file"]["given_threshold"]


def test_the_command_needs_questions_and_probabilities_to_put_those_of_given_paragraphs_beside(tmp_path, capsys):
    own = ["--given-file", _question_file(tmp_path / "own.json", _questions(3))]
    reader = ["--reader", str(save_tiny_bert(tmp_path / "reader")), "--out", str(tmp_path / "out")]
    for more, said in (([], "no questions to fit on"), (own, "has no probabilities yet")):
        with pytest.raises(SystemExit, match="2"):
            main(["calibrate", *reader, *more])
        assert said in capsys.readouterr().err
