"""BM25 as formulas: what a query term adds to the score of a paragraph that holds it.

Each variant means what the class of that name in rank_bm25 computes, less a constant per query: BM25Plus gives every
paragraph, holding a query term or not, at least the share that `delta` makes, and that share is left out here, so
paragraphs without any query word score 0 and are not results.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Parameters:
    """The variant ("plus", "l" or "okapi") and its constants; docs/retrieval.md has what the defaults rest on."""

    variant: str = "plus"
    k1: float = 0.9
    b: float = 0.75
    delta: float = 1.0


def idf_plus(paragraphs: int, holding: int) -> float:
    """log((N + 1) / n): positive for every word (Lv & Zhai 2011, "Lower-Bounding Term Frequency Normalization")."""
    return math.log((paragraphs + 1) / holding)


def idf_l(paragraphs: int, holding: int) -> float:
    """log((N + 1) / (n + 0.5)) (Lv & Zhai 2011, "When Documents Are Very Long, BM25 Fails!")."""
    return math.log((paragraphs + 1) / (holding + 0.5))


def idf_okapi(paragraphs: int, holding: int) -> float:
    """log((N - n + 0.5) / (n + 0.5)), negative for words in most paragraphs (Robertson & Walker 1994): floored at 0."""
    return max(0.0, math.log((paragraphs - holding + 0.5) / (holding + 0.5)))


def weight_saturating(frequency: Floats, relative_length: Floats, constants: Parameters) -> Floats:
    """F (k1 + 1) / (f + k1 (1 - b + b L)), L the paragraph's length over the mean: Okapi, and Plus less its delta."""
    norm = constants.k1 * (1 - constants.b + constants.b * relative_length)
    return np.asarray(frequency * (constants.k1 + 1) / (frequency + norm))


def weight_l(frequency: Floats, relative_length: Floats, constants: Parameters) -> Floats:
    """F (k1 + 1) (c + delta) / (k1 + c + delta) with c = f / (1 - b + b L).

    The factor f is rank_bm25's; the paper does not have it.
    """
    normal = frequency / (1 - constants.b + constants.b * relative_length) + constants.delta
    return np.asarray(frequency * (constants.k1 + 1) * normal / (constants.k1 + normal))


IDF: dict[str, Callable[[int, int], float]] = {"plus": idf_plus, "l": idf_l, "okapi": idf_okapi}
WEIGHT: dict[str, Callable[[Floats, Floats, Parameters], Floats]] = {
    "plus": weight_saturating,
    "l": weight_l,
    "okapi": weight_saturating,
}
