"""A cascade: a small reader looks at all candidates, the reader itself only at those that can win.

The order and the end of reading follow what the small reader, the scout, makes of each candidate (cascade ranking,
Wang, Lin & Metzler 2011). Its scores are not comparable with the reader's, so a linear function says which total to
expect.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from docqa.answers.close_calls import settle
from docqa.answers.promise import STEP, read_candidates, score_to_beat
from docqa.answers.ranking import best_total
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
    ranking: Ranking | None = None,
) -> CandidateReadings:
    """Read candidates until no unread one is likely to give the best answer under the reader's own ranking.

    With a scout the first ones are read in the retriever's order, and unless they settle the question the others by
    what the scout makes of them; without one all in the retriever's order (`read_candidates`). `exhaustive` reads all,
    as does a `ranking` other than the reader's. Close calls are read again (`docqa.answers.close_calls`).
    """
    # What is stored about stopping was fitted for the ranking that is stored beside it.
    read = _read(reader, question, paragraphs, retriever_scores, spans, exhaustive=exhaustive or ranking is not None)
    texts = [paragraphs[number] for number in read.numbers]
    totals = [
        best_total(reading, retriever_scores[number], ranking or reader.settings.ranking)
        for number, reading in zip(read.numbers, read.readings, strict=True)
    ]
    return replace(read, readings=tuple(settle(reader, question, texts, read.readings, totals, spans=spans)))


def _read(
    reader: Reader,
    question: str,
    paragraphs: Sequence[str],
    retriever_scores: Sequence[float],
    spans: int,
    *,
    exhaustive: bool,
) -> CandidateReadings:
    stop = None if exhaustive else reader.settings.stop
    scout = None if stop is None or len(paragraphs) <= STEP else reader.scout
    if scout is None or reader.settings.scout is None:
        read = read_candidates(reader, question, paragraphs, retriever_scores, spans=spans, stop=stop)
        return CandidateReadings(tuple(range(len(read))), tuple(read))
    first = list(range(STEP))
    known = _read_once(reader, question, [paragraphs[number] for number in first], spans)
    needed = score_to_beat([known[paragraphs[number]] for number in first], retriever_scores, reader.settings.ranking)
    if stop is not None and needed is not None and needed >= stop:
        return _gathered(first, paragraphs, known)
    seen = _read_once(scout, question, paragraphs[STEP:], 1)
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
            known |= _read_once(reader, question, [paragraphs[number]], spans)
        taken = [*taken, number]
    return _gathered(sorted(taken), paragraphs, known)


def reading_order(expected: dict[int, float]) -> list[int]:
    """The candidates with the highest expected totals first; ties in the retriever's order.

    >>> reading_order({2: 1.0, 3: 4.0, 4: 1.0})
    [3, 2, 4]
    """
    return sorted(expected, key=lambda number: (-expected[number], number))


def expected_total(seen: ParagraphReading, retriever_score: float, scout: Scout) -> float:
    """The total to expect from the reader for a paragraph that the scout read."""
    if not seen.spans:
        return float("-inf")
    return (
        scout.constant + scout.score * seen.spans[0].score + scout.null * seen.null + scout.retriever * retriever_score
    )


def _read_once(reader: Reader, question: str, texts: Sequence[str], spans: int) -> dict[str, ParagraphReading]:
    distinct = list(dict.fromkeys(texts))
    return dict(zip(distinct, reader.read_paragraphs(question, distinct, spans=spans), strict=True))


def _gathered(
    numbers: Sequence[int], paragraphs: Sequence[str], known: dict[str, ParagraphReading]
) -> CandidateReadings:
    return CandidateReadings(tuple(numbers), tuple(known[paragraphs[number]] for number in numbers))
