"""Batches for inference, in few shapes: windows padded to one length, or one after another in a row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from docqa.reading.windows import Window

#: Windows are padded to a multiple of this many tokens: on CPUs each new number of tokens costs the compilation of
#: every matrix product.
LENGTH_STEP = 32
#: Rows are filled up to whole steps, and a row has at most so many of them: what fills it is a small part of it, and
#: longer rows have no more shapes than shorter ones.
STEPS = 16
#: Of two windows whose lengths differ by so many tokens, padding the shorter one costs more than a pass of its own.
APART = 64


@dataclass(frozen=True)
class BatchSize:
    """How much is read at once: at most `rows` windows and, padded, `tokens` tokens (0: as many as rows hold).

    Batches of so many tokens have no rows without a window; others are filled up, so that all have one shape.
    """

    rows: int
    tokens: int = 0


#: Products in bfloat16 or int8 are as fast as memory only where several windows share the reading of the weights: few
#: of a wide reader, whose products gain nothing from some 400 tokens on, many of a narrow one. In float32 a window
#: alone keeps the CPU busy. A GPU wants many. docs/reading.md has the measurement.
ONE_AT_A_TIME, FEW_TOKENS, MANY_TOKENS, MANY = BatchSize(1), BatchSize(16, 384), BatchSize(16, 2048), BatchSize(32)
#: A reader whose layers are no wider than this is narrow.
NARROW = 512


@dataclass(frozen=True)
class InputBatch:
    """One forward pass: the numbers of its windows, and arrays of shape (rows, tokens), rows >= len(numbers)."""

    numbers: tuple[int, ...]
    input_ids: NDArray[np.int64]
    attention_mask: NDArray[np.int64]
    segment_ids: NDArray[np.int64]


def input_batches(windows: Sequence[Window], pad_id: int, size: BatchSize) -> Iterator[InputBatch]:
    """All windows, longest first, in batches of that size."""
    order = sorted(range(len(windows)), key=lambda number: (-len(windows[number]), number))
    begin = 0
    while begin < len(order):
        longest = len(windows[order[begin]])
        length = -(-longest // LENGTH_STEP) * LENGTH_STEP
        numbers = tuple(order[begin : begin + size.rows])
        if size.tokens:
            fitting = numbers[: max(1, size.tokens // length)]
            numbers = tuple(number for number in fitting if longest - len(windows[number]) < APART)
        begin += len(numbers)
        shape = (len(numbers) if size.tokens else size.rows, length)
        ids, mask, segments = np.full(shape, pad_id, np.int64), np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        mask[:, 0] = 1
        for row, number in enumerate(numbers):
            window = windows[number]
            ids[row, : len(window)] = window.input_ids
            mask[row, : len(window)] = 1
            segments[row, : len(window)] = window.segment_ids
        yield InputBatch(numbers, ids, mask, segments)


@dataclass(frozen=True)
class TokenRow:
    """One forward pass: the windows of these numbers, one after another, and what fills the row up.

    `input_ids`, `segment_ids` and `positions` (each window's from 0 on) have one entry a token, shape (tokens,).
    `windows` are the first token of each and its number of tokens.
    """

    numbers: tuple[int, ...]
    windows: tuple[tuple[int, int], ...]
    input_ids: NDArray[np.int64]
    segment_ids: NDArray[np.int64]
    positions: NDArray[np.int64]


def token_rows(windows: Sequence[Window], pad_id: int, size: BatchSize) -> Iterator[TokenRow]:
    """All windows in rows of that size: the longest that is left, and after it the longest ones that still fit."""
    left = sorted(range(len(windows)), key=lambda number: (-len(windows[number]), number))
    while left:
        numbers: list[int] = []
        passed: list[int] = []
        tokens = 0
        for number in left:
            length = len(windows[number])
            full = len(numbers) == size.rows or 0 < size.tokens < tokens + length
            if numbers and full:
                passed.append(number)
            else:
                numbers.append(number)
                tokens += length
        left = passed
        yield _row([windows[number] for number in numbers], numbers, pad_id, filled_up(tokens))


def _row(windows: Sequence[Window], numbers: Sequence[int], pad_id: int, tokens: int) -> TokenRow:
    ids, segments, positions = np.full(tokens, pad_id, np.int64), np.zeros(tokens, np.int64), np.zeros(tokens, np.int64)
    ends = list(accumulate(map(len, windows)))
    for window, end in zip(windows, ends, strict=True):
        place = slice(end - len(window), end)
        ids[place], segments[place], positions[place] = window.input_ids, window.segment_ids, np.arange(len(window))
    places = tuple((end - len(window), len(window)) for window, end in zip(windows, ends, strict=True))
    return TokenRow(tuple(numbers), places, ids, segments, positions)


def filled_up(tokens: int) -> int:
    """The length of a row with so many tokens of windows, in whole steps of 32 tokens, of 64 from 512 on, and so on.

    >>> [filled_up(tokens) for tokens in (170, 340, 700, 1900)]
    [192, 352, 704, 1920]
    """
    step = LENGTH_STEP
    while tokens > STEPS * step:
        step *= 2
    return -(-tokens // step) * step
