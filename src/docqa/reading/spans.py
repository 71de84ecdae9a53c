"""Scoring spans: S·T_i + E·T_j for all j >= i of a window, without ever building an L x L table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float32]


@dataclass(frozen=True, order=True)
class TokenSpan:
    """The first and the last token of a span, and its raw score."""

    first: int
    last: int
    score: float


def span_band(start: Scores, end: Scores, longest: int) -> Scores:
    """All span scores of a window: entry [i, m] is start[i] + end[i + m], minus infinity past the window's end.

    `start` and `end` are S·T and E·T of the paragraph's tokens, shape (tokens,); the band has shape
    (tokens, longest). This is the score of Devlin et al. 2019, section 4.2, for spans of at most `longest` tokens.

    >>> span_band(np.array([1.0, 2.0], np.float32), np.array([10.0, 20.0], np.float32), 2).tolist()
    [[11.0, 21.0], [22.0, -inf]]
    """
    if not len(start):
        return np.empty((0, longest), np.float32)
    padded = np.concatenate([end, np.full(longest - 1, -np.inf, end.dtype)])
    band: Scores = start[:, None] + np.lib.stride_tricks.sliding_window_view(padded, longest)
    return band


def best_spans(band: Scores, count: int) -> list[TokenSpan]:
    """The `count` best spans that do not overlap, best first: the exact best, then the best clear of it, and so on.

    Ties go to the earlier start, then to the earlier end.

    >>> best_spans(span_band(np.array([0, 5, 1], np.float32), np.array([0, 1, 5], np.float32), 3), 2)
    [TokenSpan(first=1, last=2, score=10.0), TokenSpan(first=0, last=0, score=0.0)]
    """
    left = band.copy()
    tokens, longest = left.shape
    lasts = np.arange(tokens)[:, None] + np.arange(longest)
    spans: list[TokenSpan] = []
    while len(spans) < count and tokens:
        first, extra = divmod(int(left.argmax()), longest)
        score = float(left[first, extra])
        if score == -np.inf:
            break
        last = first + extra
        spans.append(TokenSpan(first, last, score))
        # What begins before these tokens ends before the span.
        near = slice(max(0, first - longest + 1), last + 1)
        left[near][lasts[near] >= first] = -np.inf
    return spans


def second_highest(band: Scores) -> float:
    """The second highest score of a band, minus infinity when there is no other.

    >>> second_highest(span_band(np.array([0, 5], np.float32), np.array([0, 1], np.float32), 2))
    1.0
    """
    if not band.size:
        return float("-inf")
    # Two looks at everything are faster than a partition.
    rest = band.flatten()
    rest[rest.argmax()] = -np.inf
    return float(rest.max())


def log_mass(band: Scores) -> float:
    """Log of the sum of exp(score) over all spans of a band: the window's part of one softmax over everything read."""
    highest = float(band.max(initial=-np.inf))
    if highest == -np.inf:
        return highest
    return highest + float(np.log(np.exp(band.astype(np.float64) - highest).sum()))
