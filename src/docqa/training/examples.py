"""Training windows with their targets, and fixed-shape batches of them."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from docqa.evaluation.squad import AnnotatedAnswer, AnnotatedQuestion
from docqa.reading.windows import Window, encode_windows

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

#: Windows are padded to a multiple of this many tokens: on a CPU each new shape costs a compilation.
LENGTH_STEP = 32

#: The target of a window that does not hold the answer: start and end at [CLS], the first token.
NULL_TARGET = (0, 0)


@dataclass(frozen=True)
class Example:
    """A window and the alternative (start, end) token positions that are right in it."""

    window: Window
    targets: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Batch:
    """Arrays of one training step, all of shape (rows, tokens) except `targets` and `weights`.

    `allowed` marks the positions that may start or end a span: [CLS] and the paragraph's tokens.
    `targets` has shape (rows, alternatives, 2), padded by repeating the first alternative's
    positions with `target_mask` 0; `weights` is 0 for rows that only fill up the shape.
    """

    input_ids: NDArray[np.int64]
    attention_mask: NDArray[np.int64]
    segment_ids: NDArray[np.int64]
    allowed: NDArray[np.bool_]
    targets: NDArray[np.int64]
    target_mask: NDArray[np.bool_]
    weights: NDArray[np.float32]


def token_span(window: Window, answer: AnnotatedAnswer) -> tuple[int, int] | None:
    """The first and last token position of an answer in a window, or None when it is not whole in it.

    Positions count from the window's first token.
    """
    starts, ends = window.offsets[:, 0], window.offsets[:, 1]
    first = int(np.searchsorted(ends, answer.start, side="right"))
    last = int(np.searchsorted(starts, answer.end, side="left")) - 1
    if first > last or first >= len(starts) or starts[first] > answer.start or ends[last] < answer.end:
        return None
    return window.first + first, window.first + last


def make_examples(
    tokenizer: PreTrainedTokenizerBase,
    questions: Sequence[AnnotatedQuestion],
    paragraphs: Sequence[str],
    *,
    window_tokens: int,
    overlap_tokens: int,
    shuffler: random.Random,
) -> list[Example]:
    """One example a pair: a random window that holds an answer, else a random window and the null target.

    `paragraphs[i]` is what is read for `questions[i]`: its own paragraph, or one that does not hold the answer.
    """
    windows = encode_windows(
        tokenizer,
        [question.text for question in questions],
        paragraphs,
        window_tokens=window_tokens,
        overlap_tokens=overlap_tokens,
    )
    by_pair: dict[int, list[Window]] = defaultdict(list)
    for window in windows:
        by_pair[window.pair].append(window)
    examples = []
    for pair, question in enumerate(questions):
        own = paragraphs[pair] == question.paragraph
        answers = question.answers if own else ()
        options = [
            Example(window, tuple(sorted(spans)))
            for window in by_pair[pair]
            if (spans := {span for answer in answers if (span := token_span(window, answer))})
        ]
        if not options and not answers:
            options = [Example(window, (NULL_TARGET,)) for window in by_pair[pair]]
        if options:
            examples.append(shuffler.choice(options))
    return examples


def batches(examples: Sequence[Example], tokens: int, pad_id: int, shuffler: random.Random) -> Iterator[Batch]:
    """Shuffled batches of about `tokens` tokens, each of one length and a fixed number of rows for that length."""
    order = list(range(len(examples)))
    shuffler.shuffle(order)
    buckets: dict[int, list[Example]] = defaultdict(list)
    for number in order:
        example = examples[number]
        length = padded_length(len(example.window))
        buckets[length].append(example)
        if len(buckets[length]) == max(1, tokens // length):
            yield _batch(buckets.pop(length), length, tokens, pad_id)
    for length in sorted(buckets):
        yield _batch(buckets[length], length, tokens, pad_id)


def padded_length(tokens: int) -> int:
    """The window length that `tokens` tokens are padded to.

    >>> padded_length(33)
    64
    """
    return -(-tokens // LENGTH_STEP) * LENGTH_STEP


def _batch(examples: list[Example], length: int, tokens: int, pad_id: int) -> Batch:
    rows = max(1, tokens // length)
    alternatives = max(len(example.targets) for example in examples)
    batch = Batch(
        input_ids=np.full((rows, length), pad_id, np.int64),
        attention_mask=np.zeros((rows, length), np.int64),
        segment_ids=np.zeros((rows, length), np.int64),
        allowed=np.zeros((rows, length), np.bool_),
        targets=np.zeros((rows, alternatives, 2), np.int64),
        target_mask=np.zeros((rows, alternatives), np.bool_),
        weights=np.zeros(rows, np.float32),
    )
    # Rows that only fill up the shape still need a position to attend to and a target that is allowed.
    batch.attention_mask[:, 0] = 1
    batch.allowed[:, 0] = True
    batch.target_mask[:, 0] = True
    for row, example in enumerate(examples):
        window = example.window
        batch.input_ids[row, : len(window)] = window.input_ids
        batch.attention_mask[row, : len(window)] = 1
        batch.segment_ids[row, : len(window)] = window.segment_ids
        batch.allowed[row, window.first : window.first + len(window.offsets)] = True
        batch.targets[row] = example.targets[0]
        batch.targets[row, : len(example.targets)] = example.targets
        batch.target_mask[row, : len(example.targets)] = True
        batch.weights[row] = 1.0
    return batch
