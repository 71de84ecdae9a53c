"""Batches for inference: windows sorted by length, in few shapes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from docqa.reading.windows import Window

#: Windows are padded to a multiple of this many tokens: on CPUs each new number of tokens costs the compilation of
#: every matrix product.
LENGTH_STEP = 32
#: Of two windows whose lengths differ by so many tokens, padding the shorter one costs more than a pass of its own.
APART = 64


@dataclass(frozen=True)
class BatchSize:
    """How much is read at once: at most `rows` windows and, padded, `tokens` tokens (0: as many as rows hold).

    Batches of so many tokens have no rows without a window; others are filled up, so that all have one shape.
    """

    rows: int
    tokens: int = 0


#: A CPU's matrix units for bfloat16 are as fast as its memory only where several windows share the reading of the
#: weights: few of a wide reader, whose products are slow from some 400 tokens on, many of a narrow one. Without such
#: units a window alone keeps the CPU busy. A GPU wants many. docs/reading.md has the measurement.
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
