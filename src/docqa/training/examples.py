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

    Rows come in groups of `group` neighbours that are about one question.

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
    group: int = 1


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
    paragraphs: Sequence[Sequence[str]],
    *,
    window_tokens: int,
    overlap_tokens: int,
    shuffler: random.Random,
) -> list[tuple[Example, ...]]:
    """A group of examples for each question, one for each of the paragraphs that are read for it.

    An example is a random window that holds an answer, else a random window and the null target. A paragraph other
    than the question's own holds none. A question whose answer stands not where the annotation says, or is whole in no
    window, is left out.
    """
    flat = [(number, text) for number, texts in enumerate(paragraphs) for text in texts]
    windows = encode_windows(
        tokenizer,
        [questions[number].text for number, _ in flat],
        [text for _, text in flat],
        window_tokens=window_tokens,
        overlap_tokens=overlap_tokens,
    )
    by_pair: dict[int, list[Window]] = defaultdict(list)
    for window in windows:
        by_pair[window.pair].append(window)
    groups: dict[int, list[Example | None]] = defaultdict(list)
    for pair, (number, text) in enumerate(flat):
        groups[number].append(_example(by_pair[pair], questions[number], text, shuffler))
    return [tuple(group) for group in groups.values() if all(group)]  # type: ignore[arg-type]


def _example(
    windows: Sequence[Window], question: AnnotatedQuestion, text: str, shuffler: random.Random
) -> Example | None:
    if text != question.paragraph or not question.answers:
        return Example(shuffler.choice(windows), (NULL_TARGET,))
    holding = [
        Example(window, tuple(sorted(spans)))
        for window in windows
        if (spans := {span for answer in question.standing if (span := token_span(window, answer))})
    ]
    return shuffler.choice(holding) if holding else None


def batches(groups: Sequence[Sequence[Example]], tokens: int, pad_id: int, shuffler: random.Random) -> Iterator[Batch]:
    """Shuffled batches of about `tokens` tokens, each of one length and a fixed number of rows for that length.

    A batch holds groups of one size; a group's rows are neighbours.
    """
    order = list(range(len(groups)))
    shuffler.shuffle(order)
    buckets: dict[tuple[int, int], list[Sequence[Example]]] = defaultdict(list)
    for number in order:
        group = groups[number]
        length, size = padded_length(max(len(example.window) for example in group)), len(group)
        buckets[length, size].append(group)
        if len(buckets[length, size]) == _groups_in(length, tokens, size):
            yield _batch(buckets.pop((length, size)), length, tokens, pad_id)
    for length, size in sorted(buckets):
        yield _batch(buckets[length, size], length, tokens, pad_id)


def _groups_in(length: int, tokens: int, size: int) -> int:
    return max(1, tokens // (length * size))


def padded_length(tokens: int) -> int:
    """The window length that `tokens` tokens are padded to.

    >>> padded_length(33)
    64
    """
    return -(-tokens // LENGTH_STEP) * LENGTH_STEP


def _batch(groups: list[Sequence[Example]], length: int, tokens: int, pad_id: int) -> Batch:
    size = len(groups[0])
    examples = [example for group in groups for example in group]
    rows = size * _groups_in(length, tokens, size)
    alternatives = max(len(example.targets) for example in examples)
    batch = Batch(
        input_ids=np.full((rows, length), pad_id, np.int64),
        attention_mask=np.zeros((rows, length), np.int64),
        segment_ids=np.zeros((rows, length), np.int64),
        allowed=np.zeros((rows, length), np.bool_),
        targets=np.zeros((rows, alternatives, 2), np.int64),
        target_mask=np.zeros((rows, alternatives), np.bool_),
        weights=np.zeros(rows, np.float32),
        group=size,
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
