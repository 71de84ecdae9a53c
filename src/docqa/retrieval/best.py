"""The best paragraphs for a query without scoring all that hold a word of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from docqa.retrieval.terms import Numbers, QueryTerm, Scores

#: A bound is a sum of rounded numbers, so it rules out only what is below by more than their rounding.
SLACK = 1.0 - 1e-12
NOTHING = np.empty(0, np.int64), np.empty(0)
#: So many times as many paragraphs as are wanted are scored in full early, to know what the others have to reach.
AHEAD = 4
#: Which are best so far is told by the scores of one in so many, where there are many.
SAMPLED = 8
#: Looking a paragraph up among the postings of a term takes about as long as adding so many of these.
LOOKED_UP = 8


def best_paragraphs(terms: Sequence[QueryTerm], limit: int, highest: int) -> tuple[Numbers, Scores]:
    """Paragraphs, ascending, among which the `limit` best are, with their exact scores.

    `terms` come in the order in which their scores are summed, those that can add most first; `highest` is the
    highest paragraph id. A paragraph is given up once all that the terms to come can add does not lift it to the score
    of the paragraph at the limit, as far as that is known, and none comes in any more once the terms to come cannot
    alone (the MaxScore of Turtle & Flood 1995, term by term). To know early what is needed, the best so far are scored
    in full.
    """
    numbers, scores = NOTHING
    if limit < 1:
        return numbers, scores
    # A term may stand in all paragraphs, as Okapi sees it, and add nothing; what adds nothing finds nothing.
    terms = [term for term in terms if term.highest > 0.0]
    rest = [sum(term.highest for term in terms[place:]) for place in range(len(terms) + 1)]
    # One number for each paragraph of the index: adding to it is faster than joining sorted lists.
    sums = np.zeros(highest + 1)
    needed = 0.0
    for place, term in enumerate(terms):
        enter = rest[place] >= needed * SLACK
        if LOOKED_UP * len(numbers) < len(term):
            numbers.sort()
            scores = sums[numbers] + term.of(numbers)
            sums[numbers] = scores
            others, added = term.adding(needed * SLACK - rest[place + 1]) if enter else NOTHING
            if len(numbers):
                new = np.flatnonzero(sums[others] == 0.0)
                others, added = others[new], added[new]
            sums[others] = added
        elif enter:
            found, adds = term.all()
            before = sums[found]
            sums[found] = before + adds
            scores = sums[numbers]
            new = np.flatnonzero(before == 0.0)
            others, added = found[new], adds[new]
        else:
            # Without a look at what is there, which is to be known only where a paragraph may come in.
            np.add.at(sums, *term.all())
            scores = sums[numbers]
            others, added = NOTHING
        if len(others):
            numbers, scores = np.concatenate([numbers, others]), np.concatenate([scores, added])
        later = terms[place + 1 :]
        if len(numbers) > LOOKED_UP * AHEAD * limit or not later:
            needed = max(needed, _at_limit(_ahead(numbers, scores, later, AHEAD * limit), limit))
        # Places of those that stay: taking by mask is slower than both steps of this.
        staying = np.flatnonzero(scores + rest[place + 1] >= needed * SLACK)
        if len(staying) < len(numbers):
            numbers = numbers[staying]
    numbers.sort()
    return numbers, sums[numbers]


def _ahead(numbers: Numbers, scores: Scores, terms: Sequence[QueryTerm], count: int) -> Scores:
    """The full scores of about so many of those that are best so far."""
    if terms and len(numbers) > count:
        best = _best(scores, count)
        best = best[np.argsort(numbers[best])]
        numbers, scores = numbers[best], scores[best]
    for term in terms:
        scores = scores + term.of(numbers)
    return scores


def _best(scores: Scores, count: int) -> NDArray[np.intp]:
    """Places of about `count` of the highest scores, of half to twice as many where a sample tells them."""
    if len(scores) > 2 * SAMPLED * count:
        sample, held = scores[::SAMPLED], max(1, count // SAMPLED)
        high = np.flatnonzero(scores >= np.partition(sample, -held)[-held])
        if count <= 2 * len(high) <= 4 * count:
            return high
    return np.argpartition(scores, -count)[-count:]


def _at_limit(scores: Scores, limit: int) -> float:
    """The score at the limit; 0 where there are fewer."""
    return float(np.partition(scores, -limit)[-limit]) if len(scores) >= limit else 0.0


def top(numbers: NDArray[np.int64], scores: NDArray[np.float64], limit: int) -> list[int]:
    """Positions of the `limit` highest scores above 0, highest first, ties by lower number.

    >>> top(np.array([4, 7, 9]), np.array([1.0, 2.0, 1.0]), 2)
    [1, 0]
    """
    if limit < len(scores):
        threshold = np.partition(scores, -limit)[-limit]
        candidates = np.flatnonzero(scores >= threshold)
    else:
        candidates = np.arange(len(scores))
    candidates = candidates[scores[candidates] > 0]
    order = np.lexsort((numbers[candidates], -scores[candidates]))
    return [int(position) for position in candidates[order][:limit]]
