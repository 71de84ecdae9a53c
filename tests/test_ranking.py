"""One ranking over all paragraphs, and the probabilities made of it."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docqa.answers.calibration import CLEAR, answer_features, fit_logistic, probability
from docqa.answers.normal import normal_form
from docqa.answers.ranking import rank_answers, rank_candidates, total_log_mass
from docqa.reading.reader import ParagraphReading, Span
from docqa.reading.settings import SPAN_RANKING, Ranking

PLAIN = Ranking(null=0.0, retriever=0.0)


def reading_of(text, *scored, null=0.0):
    """A reading of a paragraph in which the given (words, score) were found."""
    spans = tuple(Span(text.index(words), text.index(words) + len(words), score) for words, score in scored)
    return ParagraphReading(spans, null, math.log(sum(math.exp(span.score) for span in spans)) if spans else -math.inf)


def words_of(answers, texts):
    return [texts[answer.best.paragraph][answer.best.span.start : answer.best.span.end] for answer in answers]


@st.composite
def readings(draw):
    """Readings of up to six paragraphs, with retriever scores and weights."""
    found = []
    for _ in range(draw(st.integers(1, 6))):
        scores = sorted(draw(st.lists(st.floats(-10, 10), max_size=4)), reverse=True)
        spans = tuple(Span(5 * place, 5 * place + 4, score) for place, score in enumerate(scores))
        mass = float(np.logaddexp.reduce(scores)) if scores else -math.inf
        found.append(ParagraphReading(spans, draw(st.floats(-5, 5)), mass))
    retrieved = draw(st.lists(st.floats(0, 30), min_size=len(found), max_size=len(found)))
    return found, retrieved, Ranking(null=draw(st.floats(-1, 1)), retriever=draw(st.floats(0, 1)))


@settings(deadline=None)
@given(readings())
def test_the_first_candidate_has_the_highest_total_of_all_spans(case):
    found, retrieved, ranking = case
    totals = [
        span.score + ranking.null * reading.null + ranking.retriever * score
        for reading, score in zip(found, retrieved, strict=True)
        for span in reading.spans
    ]
    candidates = rank_candidates(found, retrieved, ranking)
    assert [candidate.total for candidate in candidates] == pytest.approx(sorted(totals, reverse=True))


@settings(deadline=None)
@given(readings(), st.randoms())
def test_the_order_of_the_paragraphs_does_not_change_the_answers(case, shuffler):
    found, retrieved, ranking = case
    texts = [" ".join(f"{chr(97 + number)}{place:03}" for place in range(4)) for number in range(len(found))]
    order = list(range(len(found)))
    shuffler.shuffle(order)
    straight = rank_answers(found, retrieved, texts, ranking, 5)
    shuffled = rank_answers(
        [found[n] for n in order], [retrieved[n] for n in order], [texts[n] for n in order], ranking, 5
    )
    assert [answer.best.total for answer in shuffled] == pytest.approx([answer.best.total for answer in straight])
    if len({answer.best.total for answer in straight}) == len(straight) < 5:
        assert words_of(shuffled, [texts[n] for n in order]) == words_of(straight, texts)


@settings(deadline=None)
@given(readings())
def test_the_share_of_an_answer_is_that_of_one_softmax_over_all_paragraphs(case):
    found, retrieved, ranking = case
    candidates = rank_candidates(found, retrieved, ranking)
    texts = ["aaaa bbbb cccc dddd"] * len(found)
    if candidates:
        total = sum(math.exp(candidate.total) for candidate in candidates)
        best = rank_answers(found, retrieved, texts, ranking, 1)[0]
        assert math.exp(best.log_share) == pytest.approx(math.exp(candidates[0].total) / total)


def test_answers_of_equal_words_are_one_answer_with_several_places():
    texts = ["It was signed by the Council.", "council", "The king signed it."]
    found = [
        reading_of(texts[0], ("the Council.", 5.0)),
        reading_of(texts[1], ("council", 4.0)),
        reading_of(texts[2], ("The king", 4.5)),
    ]
    answers = rank_answers(found, [0, 0, 0], texts, PLAIN, 3)
    assert words_of(answers, texts) == ["the Council.", "The king"]
    assert [candidate.paragraph for candidate in answers[0].candidates] == [0, 1]


def test_merged_answers_do_not_take_the_place_of_others_in_the_best():
    texts = ["Oslo", "Oslo", "Oslo", "Bergen"]
    found = [reading_of(text, (text, 9.0 - number)) for number, text in enumerate(texts)]
    assert words_of(rank_answers(found, [0] * 4, texts, PLAIN, 2), texts) == ["Oslo", "Bergen"]


def test_words_of_punctuation_alone_stay_apart():
    texts = ["...", "!!!"]
    found = [reading_of("...", ("...", 2.0)), reading_of("!!!", ("!!!", 1.0))]
    assert len(rank_answers(found, [0, 0], texts, PLAIN, 5)) == 2


def test_ties_go_to_the_retrievers_order_then_to_the_earlier_place():
    texts = ["red blue", "green"]
    found = [reading_of(texts[0], ("red", 1.0), ("blue", 1.0)), reading_of(texts[1], ("green", 1.0))]
    assert words_of(rank_answers(found, [0, 0], texts, PLAIN, 3), texts) == ["red", "blue", "green"]


def test_weights_of_null_and_retriever_decide_between_paragraphs():
    texts = ["here", "there"]
    found = [reading_of("here", ("here", 5.0), null=4.0), reading_of("there", ("there", 4.0), null=1.0)]
    retrieved = [1.0, 2.0]
    assert words_of(rank_answers(found, retrieved, texts, SPAN_RANKING, 1), texts) == ["here"]
    assert words_of(rank_answers(found, retrieved, texts, Ranking(null=-1.0, retriever=0.0), 1), texts) == ["there"]
    assert words_of(rank_answers(found, retrieved, texts, Ranking(null=0.0, retriever=2.0), 1), texts) == ["there"]
    assert rank_answers(found, retrieved, texts, Ranking(null=-1.0, retriever=2.0), 1)[0].best.total == 7.0


def test_nothing_read_and_nothing_found_give_no_answers():
    assert rank_answers([], [], [], PLAIN, 3) == []
    assert total_log_mass([], [], PLAIN) == -math.inf
    assert rank_answers([reading_of("")], [1.0], [""], PLAIN, 3) == []


def test_features_are_share_lead_margin_and_paragraphs():
    texts = ["red blue", "the red"]
    found = [reading_of(texts[0], ("red", 3.0), ("blue", 1.0), null=2.5), reading_of(texts[1], ("red", 2.0))]
    best, second = rank_answers(found, [3.0, 6.0], texts, PLAIN, 2)
    share = 3.0 - math.log(math.exp(3.0) + math.exp(1.0) + math.exp(2.0))
    assert answer_features(best, found) == pytest.approx((share, 0.5, 2.0, math.log(2)))
    assert answer_features(second, found) == pytest.approx((share - 2.0, -1.5, -2.0, math.log(2)))


def test_the_margin_asks_for_the_best_other_answer_even_when_only_one_is_wanted():
    found = [reading_of("red blue", ("red", 3.0), ("blue", 1.0))]
    assert rank_answers(found, [0.0], ["red blue"], PLAIN, 1)[0].margin == 2.0
    alone = [reading_of("red", ("red", 3.0))]
    assert rank_answers(alone, [0.0], ["red"], PLAIN, 1)[0].margin == math.inf
    assert answer_features(rank_answers(alone, [0.0], ["red"], PLAIN, 1)[0], alone)[2] == CLEAR


def test_logistic_regression_recovers_the_weights_that_made_the_data():
    draw = np.random.default_rng(7)
    features = draw.normal(size=(20_000, 2))
    chances = 1 / (1 + np.exp(-(0.5 + features @ [1.5, -0.7])))
    outcomes = (draw.random(20_000) < chances).astype(int)
    assert fit_logistic(features, outcomes) == pytest.approx((0.5, 1.5, -0.7), abs=0.1)


def test_logistic_regression_of_separable_data_stays_finite_and_separates():
    features = [[-2.0], [-1.0], [1.0], [2.0]]
    weights = fit_logistic(features, [0, 0, 1, 1])
    assert all(math.isfinite(weight) for weight in weights)
    assert [probability(weights, row) > 0.5 for row in features] == [False, False, True, True]


@settings(deadline=None)
@given(
    st.tuples(st.floats(-5, 5), st.floats(0.01, 5), st.floats(0.01, 5)),
    st.lists(st.tuples(st.floats(-50, 50), st.floats(-50, 50)), min_size=2, max_size=6),
)
def test_probabilities_grow_with_the_features_and_stay_between_0_and_1(weights, cases):
    ordered = sorted(cases, key=lambda features: weights[1] * features[0] + weights[2] * features[1])
    chances = [probability(weights, features) for features in ordered]
    assert chances == sorted(chances)
    assert all(0 <= chance <= 1 for chance in chances)


@pytest.mark.parametrize("size", [1e3, 1e300])
def test_probabilities_of_extreme_features_do_not_overflow(size):
    assert probability((0.0, 1.0), (size,)) == pytest.approx(1.0)
    assert probability((0.0, 1.0), (-size,)) == pytest.approx(0.0)


@settings(deadline=None)
@given(st.text(alphabet="aAnN tThe.,'é  \n", max_size=30))
def test_bringing_words_into_normal_form_twice_changes_nothing(text):
    form = normal_form(text)
    assert normal_form(form) == form == " ".join(form.split())
