"""One ranking over all spans of all paragraphs: the single definition that every command uses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from docqa.answers.normal import normal_form
from docqa.reading.reader import ParagraphReading, Span
from docqa.reading.settings import Ranking


@dataclass(frozen=True)
class Candidate:
    """A span that competes: the number of its paragraph in the list read, and what it ranks by."""

    paragraph: int
    span: Span
    total: float


@dataclass(frozen=True)
class RankedAnswer:
    """Candidates whose words are the same in normal form, best first; the first one's words are the answer's."""

    candidates: tuple[Candidate, ...]
    #: log of the share of exp(total) that its best candidate has among all spans of all paragraphs read.
    log_share: float
    #: How far its total is above that of the best other answer, infinite when there is no other.
    margin: float

    @property
    def best(self) -> Candidate:
        """The candidate the answer ranks by."""
        return self.candidates[0]


def paragraph_term(reading: ParagraphReading, retriever_score: float, ranking: Ranking) -> float:
    """What every span of a paragraph gets besides its own score: null weight · null + retriever weight · BM25."""
    return ranking.null * reading.null + ranking.retriever * retriever_score


def best_total(reading: ParagraphReading, retriever_score: float, ranking: Ranking) -> float:
    """What the best span of a paragraph ranks by, minus infinity when there is none."""
    if not reading.spans:
        return float("-inf")
    return reading.spans[0].score + paragraph_term(reading, retriever_score, ranking)


def rank_candidates(
    readings: Sequence[ParagraphReading], retriever_scores: Sequence[float], ranking: Ranking
) -> list[Candidate]:
    """All spans by total, highest first; ties by paragraph (in the retriever's order), start, end."""
    candidates = [
        Candidate(number, span, span.score + paragraph_term(reading, score, ranking))
        for number, (reading, score) in enumerate(zip(readings, retriever_scores, strict=True))
        for span in reading.spans
    ]
    return sorted(candidates, key=lambda entry: (-entry.total, entry.paragraph, entry.span.start, entry.span.end))


def rank_answers(
    readings: Sequence[ParagraphReading],
    retriever_scores: Sequence[float],
    paragraphs: Sequence[str],
    ranking: Ranking,
    top_k: int,
) -> list[RankedAnswer]:
    """The `top_k` best answers: candidates with equal words merged, in the order of their best candidates."""
    mass = total_log_mass(readings, retriever_scores, ranking)
    merged: dict[str, list[Candidate]] = {}
    for candidate in rank_candidates(readings, retriever_scores, ranking):
        words = paragraphs[candidate.paragraph][candidate.span.start : candidate.span.end]
        merged.setdefault(normal_form(words) or words, []).append(candidate)
    groups = list(merged.values())
    totals = [group[0].total for group in groups]
    return [
        RankedAnswer(tuple(group), totals[rank] - mass, totals[rank] - _best_other(totals, rank))
        for rank, group in enumerate(groups[:top_k])
    ]


def _best_other(totals: Sequence[float], rank: int) -> float:
    others = totals[1:2] if rank == 0 else totals[:1]
    return others[0] if others else float("-inf")


def total_log_mass(readings: Sequence[ParagraphReading], retriever_scores: Sequence[float], ranking: Ranking) -> float:
    """Log of the sum of exp(total) over every span read: the denominator of one softmax over all paragraphs."""
    parts = [
        reading.log_mass + paragraph_term(reading, score, ranking)
        for reading, score in zip(readings, retriever_scores, strict=True)
    ]
    return float(np.logaddexp.reduce(parts)) if parts else float("-inf")
