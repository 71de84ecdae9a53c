"""Reading less: candidates in the retriever's order, until no unread one is likely to give the best answer."""

from __future__ import annotations

from collections.abc import Sequence

from docqa.answers.ranking import paragraph_term
from docqa.reading.reader import ParagraphReading, Reader
from docqa.reading.settings import Ranking

#: So many candidates are read between two looks at whether to go on, at least.
STEP = 2


def score_to_beat(
    readings: Sequence[ParagraphReading], retriever_scores: Sequence[float], ranking: Ranking
) -> float | None:
    """What a span of the next candidate needs, besides its paragraph's BM25 term, to come first.

    `readings` are those of the first candidates, `retriever_scores` those of all of them, highest first. That is the
    highest total so far less the BM25 term of the next candidate, which no later one exceeds; it only rises as
    more is read. None when nothing was found so far, or nothing is left to read.

    >>> from docqa.reading.reader import Span
    >>> read = [ParagraphReading((Span(0, 3, 9.0),), -2.0, 9.0)]
    >>> score_to_beat(read, [20.0, 10.0], Ranking(null=-1.0, retriever=0.1))
    12.0
    """
    totals = [
        reading.spans[0].score + paragraph_term(reading, score, ranking)
        for reading, score in zip(readings, retriever_scores, strict=False)
        if reading.spans
    ]
    if not totals or len(readings) == len(retriever_scores):
        return None
    return max(totals) - ranking.retriever * retriever_scores[len(readings)]


def read_candidates(
    reader: Reader,
    question: str,
    paragraphs: Sequence[str],
    retriever_scores: Sequence[float],
    *,
    spans: int,
    stop: float | None,
) -> list[ParagraphReading]:
    """The readings of the first candidates: of so many as it takes until the score to beat reaches `stop`.

    `paragraphs` and `retriever_scores` are in the retriever's order; equal paragraphs are read once. With `stop` None
    all are read. `docqa calibrate` finds a `stop` for the reader's own ranking.
    """
    known: dict[str, ParagraphReading] = {}
    # A GPU reads many in the time of one.
    at_once = reader.batch_size.rows if not reader.batch_size.tokens else STEP
    step = max(STEP, at_once) if stop is not None else max(1, len(paragraphs))
    for begin in range(0, len(paragraphs), step):
        fresh = list(dict.fromkeys(text for text in paragraphs[begin : begin + step] if text not in known))
        known.update(zip(fresh, reader.read_paragraphs(question, fresh, spans=spans), strict=True))
        readings = [known[text] for text in paragraphs[: begin + step]]
        needed = score_to_beat(readings, retriever_scores, reader.settings.ranking)
        if stop is not None and needed is not None and needed >= stop:
            return readings
    return [known[text] for text in paragraphs]
