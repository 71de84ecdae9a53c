"""The search for the best spans of a window against brute force over all of them."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docqa.reading.spans import best_spans, log_mass, span_band

#: Small whole numbers make ties; -inf stands for a token that no span may begin or end with.
LOGITS = st.integers(-3, 3) | st.floats(-20, 20, width=32) | st.just(-math.inf)


@st.composite
def windows(draw):
    """The start and end logits of a window, and the longest span allowed."""
    tokens = draw(st.integers(1, 24))
    sides = st.lists(LOGITS, min_size=tokens, max_size=tokens)
    return np.array(draw(sides), np.float32), np.array(draw(sides), np.float32), draw(st.integers(1, 8))


def all_spans(start, end, longest):
    """Every span that has a score: (minus score, first, last), so that the smallest is the best."""
    spans = [
        (-float(start[i] + end[j]), i, j)
        for i in range(len(start))
        for j in range(i, min(i + longest, len(start)))
        if start[i] + end[j] > -math.inf
    ]
    return sorted(spans)


def as_tuples(spans):
    return [(-span.score, span.first, span.last) for span in spans]


@settings(deadline=None, max_examples=120)
@given(windows())
def test_the_best_span_is_that_of_brute_force_over_all_spans(window):
    assert as_tuples(best_spans(span_band(*window), 1)) == all_spans(*window)[:1]


@settings(deadline=None, max_examples=120)
@given(windows(), st.integers(0, 30))
def test_the_best_spans_are_those_of_a_greedy_choice_among_all_spans(window, count):
    kept = []
    for score, first, last in all_spans(*window):
        if all(last < other[1] or first > other[2] for other in kept):
            kept.append((score, first, last))
    assert as_tuples(best_spans(span_band(*window), count)) == kept[:count]


@settings(deadline=None)
@given(windows())
def test_finding_spans_leaves_the_scores_as_they_are(window):
    band = span_band(*window)
    before = band.copy()
    best_spans(band, 3)
    np.testing.assert_array_equal(band, before)


@settings(deadline=None)
@given(windows())
def test_the_mass_is_the_log_of_the_sum_over_all_spans(window):
    expected = sum(math.exp(-score) for score, _, _ in all_spans(*window))
    assert log_mass(span_band(*window)) == pytest.approx(math.log(expected) if expected else -math.inf)


def test_among_equal_scores_the_earlier_start_wins_then_the_earlier_end():
    flat = span_band(np.zeros(4, np.float32), np.zeros(4, np.float32), 3)
    assert as_tuples(best_spans(flat, 9)) == [(0, 0, 0), (0, 1, 1), (0, 2, 2), (0, 3, 3)]
    ends = span_band(np.array([1, 0, 1], np.float32), np.array([0, 2, 2], np.float32), 3)
    assert as_tuples(best_spans(ends, 1)) == [(-3, 0, 1)]


def test_a_window_without_tokens_has_no_spans():
    band = span_band(np.empty(0, np.float32), np.empty(0, np.float32), 30)
    assert best_spans(band, 3) == []
    assert log_mass(band) == -math.inf


def test_masses_of_large_scores_do_not_overflow():
    band = span_band(np.array([900, 0], np.float32), np.array([900, 0], np.float32), 2)
    assert log_mass(band) == pytest.approx(1800)
