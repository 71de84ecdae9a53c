"""Close calls: what stands first by less than rounding can make is read again in the arithmetic of the reference.

bfloat16 and int8 keep eight bits of a number, so of two spans whose totals hardly differ the wrong one can come
first. They are few, so reading them again costs little.
"""

from __future__ import annotations

from collections.abc import Sequence

from docqa.reading.reader import ParagraphReading, Reader


def close_calls(readings: Sequence[ParagraphReading], totals: Sequence[float], close: float) -> list[int]:
    """The numbers of the paragraphs among which rounding may have chosen; none when the best span is clearly best.

    `totals` are those of the paragraphs' best spans. A paragraph is among them when its total is less than `close`
    below the highest; the best one alone is when another span in it is as near.

    >>> from docqa.reading.reader import Span
    >>> plain, doubtful = (ParagraphReading((Span(0, 3, 9.0),), 0.0, 9.0, second) for second in (2.0, 8.95))
    >>> close_calls([plain, plain], [9.0, 5.0], 0.1), close_calls([plain, plain], [9.0, 8.95], 0.1)
    ([], [0, 1])
    >>> close_calls([doubtful, plain], [9.0, 5.0], 0.1)
    [0]
    """
    highest = max(totals, default=float("-inf"))
    near = [number for number, total in enumerate(totals) if readings[number].spans and highest - total < close]
    if len(near) != 1:
        return near
    best = readings[near[0]]
    return near if best.spans[0].score - best.runner_up < close else []


def settle(
    reader: Reader,
    question: str,
    paragraphs: Sequence[str],
    readings: Sequence[ParagraphReading],
    totals: Sequence[float],
    *,
    spans: int,
) -> list[ParagraphReading]:
    """The readings of all paragraphs of one question, those that are close calls for the first place anew.

    Equal paragraphs are no rivals: they say the same.
    """
    highest: dict[str, int] = {}
    for number in sorted(range(len(paragraphs)), key=lambda number: -totals[number]):
        highest.setdefault(paragraphs[number], number)
    rivals = list(highest.values())
    doubtful = close_calls([readings[number] for number in rivals], [totals[number] for number in rivals], reader.close)
    exact = reader.exact if doubtful else None
    if exact is None:
        return list(readings)
    texts = [paragraphs[rivals[number]] for number in doubtful]
    known = dict(zip(texts, exact.read_paragraphs(question, texts, spans=spans), strict=True))
    return [known.get(text, reading) for text, reading in zip(paragraphs, readings, strict=True)]


def settle_each(
    reader: Reader,
    questions: Sequence[str],
    paragraphs: Sequence[str],
    readings: Sequence[ParagraphReading],
    *,
    spans: int,
) -> list[ParagraphReading]:
    """The readings of pairs of a question and its one paragraph, those whose best span is a close call anew."""
    doubtful = [
        number
        for number, reading in enumerate(readings)
        if reading.spans and close_calls([reading], [reading.spans[0].score], reader.close)
    ]
    exact = reader.exact if doubtful else None
    if exact is None:
        return list(readings)
    again = exact.read_pairs(
        [questions[number] for number in doubtful], [paragraphs[number] for number in doubtful], spans=spans
    )
    known = dict(zip(doubtful, again, strict=True))
    return [known.get(number, reading) for number, reading in enumerate(readings)]
