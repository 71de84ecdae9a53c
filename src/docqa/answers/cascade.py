"""A cascade: a small reader looks at all candidates, the reader itself only at those that can win.

The order and the end of reading follow what the small reader, the scout, makes of each candidate (cascade ranking,
Wang, Lin & Metzler 2011). Its scores are not comparable with the reader's, so a linear function says which total to
expect.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from docqa.answers.promise import STEP, read_candidates, score_to_beat
from docqa.answers.ranking import paragraph_term
from docqa.reading.reader import ParagraphReading, Reader
from docqa.reading.settings import Ranking, Scout


@dataclass(frozen=True)
class CandidateReadings:
    """The numbers of the candidates that were read, ascending, and what the reader made of each."""

    numbers: tuple[int, ...]
    readings: tuple[ParagraphReading, ...]


def read_promising(
    reader: Reader,
    question: str,
    paragraphs: Sequence[str],
    retriever_scores: Sequence[float],
    *,
    spans: int,
    exhaustive: bool = False,
) -> CandidateReadings:
    """Read candidates until no unread one is likely to give the best answer under the reader's own ranking.

    With a scout the first ones are read in the retriever's order, and unless they settle the question the others by
    what the scout makes of them; without one all in the retriever's order (`read_candidates`). `exhaustive` reads all.
    """
    stop = None if exhaustive else reader.settings.stop
    scout = None if stop is None or len(paragraphs) <= STEP else reader.scout
    if scout is None or reader.settings.scout is None:
        read = read_candidates(reader, question, paragraphs, retriever_scores, spans=spans, stop=stop)
        return CandidateReadings(tuple(range(len(read))), tuple(read))
    first = list(range(STEP))
    known = _read(reader, question, [paragraphs[number] for number in first], spans)
    needed = score_to_beat([known[paragraphs[number]] for number in first], retriever_scores, reader.settings.ranking)
    if stop is not None and needed is not None and needed >= stop:
        return _gathered(first, paragraphs, known)
    seen = _read(scout, question, paragraphs[STEP:], 1)
    expected = {
        number: expected_total(seen[paragraphs[number]], retriever_scores[number], reader.settings.scout)
        for number in range(STEP, len(paragraphs))
    }

    taken = first
    for number in reading_order(expected):
        best = max(best_total(known[paragraphs[at]], retriever_scores[at], reader.settings.ranking) for at in taken)
        if best - expected[number] >= reader.settings.scout.margin:
            break
        if paragraphs[number] not in known:
            known |= _read(reader, question, [paragraphs[number]], spans)
        taken = [*taken, number]
    return _gathered(sorted(taken), paragraphs, known)


def reading_order(expected: dict[int, float]) -> list[int]:
    """The candidates with the highest expected totals first; ties in the retriever's order.

    >>> reading_order({2: 1.0, 3: 4.0, 4: 1.0})
    [3, 2, 4]
    """
    return sorted(expected, key=lambda number: (-expected[number], number))


def best_total(reading: ParagraphReading, retriever_score: float, ranking: Ranking) -> float:
    """What the best span of a paragraph ranks by, minus infinity when there is none."""
    if not reading.spans:
        return float("-inf")
    return reading.spans[0].score + paragraph_term(reading, retriever_score, ranking)


def expected_total(seen: ParagraphReading, retriever_score: float, scout: Scout) -> float:
    """The total to expect from the reader for a paragraph that the scout read."""
    if not seen.spans:
        return float("-inf")
    return (
        scout.constant + scout.score * seen.spans[0].score + scout.null * seen.null + scout.retriever * retriever_score
    )


def _read(reader: Reader, question: str, texts: Sequence[str], spans: int) -> dict[str, ParagraphReading]:
    distinct = list(dict.fromkeys(texts))
    return dict(zip(distinct, reader.read_paragraphs(question, distinct, spans=spans), strict=True))


def _gathered(
    numbers: Sequence[int], paragraphs: Sequence[str], known: dict[str, ParagraphReading]
) -> CandidateReadings:
    return CandidateReadings(tuple(numbers), tuple(known[paragraphs[number]] for number in numbers))
