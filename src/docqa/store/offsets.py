"""Offset maps, and ranges of characters, as bytes."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from docqa.paragraphs.paragraph import Run, SpelledRun

RUN = struct.Struct("<III")
RANGE = struct.Struct("<II")
#: Set in the length of a run whose characters are what one character of the page is read as.
SPELLED = 1 << 31


def pack_runs(runs: Sequence[Run]) -> bytes:
    """An offset map as bytes: three unsigned 32-bit numbers a run, little-endian.

    The highest bit of the length says that the run is a `SpelledRun`.

    >>> unpack_runs(pack_runs([Run(0, 7, 3), SpelledRun(3, 10, 2)]))
    (Run(text_start=0, page_start=7, length=3), SpelledRun(text_start=3, page_start=10, length=2))
    """
    return b"".join(
        [
            RUN.pack(run.text_start, run.page_start, run.length | SPELLED if type(run) is SpelledRun else run.length)
            for run in runs
        ]
    )


def unpack_runs(data: bytes) -> tuple[Run, ...]:
    """The offset map that `pack_runs` packed."""
    return tuple(
        SpelledRun(in_text, on_page, length ^ SPELLED) if length & SPELLED else Run(in_text, on_page, length)
        for in_text, on_page, length in RUN.iter_unpack(data)
    )


def pack_ranges(ranges: Sequence[tuple[int, int]]) -> bytes:
    """Ranges of characters as bytes: two unsigned 32-bit numbers each, little-endian.

    >>> unpack_ranges(pack_ranges([(0, 7), (30, 32)]))
    ((0, 7), (30, 32))
    """
    return b"".join([RANGE.pack(start, end) for start, end in ranges])


def unpack_ranges(data: bytes) -> tuple[tuple[int, int], ...]:
    """The ranges that `pack_ranges` packed."""
    return tuple(RANGE.iter_unpack(data))
