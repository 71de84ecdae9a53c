"""Batches for inference: windows sorted by length, in few fixed shapes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from docqa.reading.windows import Window

#: Windows are padded to a multiple of this many tokens, and batches filled up to a fixed number of rows: on CPUs each
#: new tensor shape costs the compilation of every matrix product.
LENGTH_STEP = 32
#: A window alone keeps a CPU's matrix units as busy as several do, without padding to the longest of them; a GPU wants
#: many. docs/reading.md has the measurement.
ROWS_ON_CPU, ROWS_ON_GPU = 1, 32


@dataclass(frozen=True)
class InputBatch:
    """One forward pass: the numbers of its windows, and arrays of shape (rows, tokens), rows >= len(numbers)."""

    numbers: tuple[int, ...]
    input_ids: NDArray[np.int64]
    attention_mask: NDArray[np.int64]
    segment_ids: NDArray[np.int64]


def input_batches(windows: Sequence[Window], pad_id: int, rows: int) -> Iterator[InputBatch]:
    """All windows, longest first, `rows` at a time."""
    order = sorted(range(len(windows)), key=lambda number: (-len(windows[number]), number))
    for begin in range(0, len(order), rows):
        numbers = tuple(order[begin : begin + rows])
        length = -(-len(windows[numbers[0]]) // LENGTH_STEP) * LENGTH_STEP
        shape = (rows, length)
        ids, mask, segments = np.full(shape, pad_id, np.int64), np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        mask[:, 0] = 1
        for row, number in enumerate(numbers):
            window = windows[number]
            ids[row, : len(window)] = window.input_ids
            mask[row, : len(window)] = 1
            segments[row, : len(window)] = window.segment_ids
        yield InputBatch(numbers, ids, mask, segments)
