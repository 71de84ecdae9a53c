"""The postings of a term in a segment as bytes, most of them in four a posting.

A row begins with its first paragraph, the number of postings, and how its numbers are stored. The distances of the
paragraphs from the first one follow, of each the two lower bytes. The higher ones change at few places, which stand
before; where these would take more than they save, a distance has four bytes. Then come the occurrences, in one byte
where all fit, the lengths in one byte each, and those lengths that do not fit, in two; all little-endian.
"""

from __future__ import annotations

import operator
import struct
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from docqa.retrieval.postings import Postings
from docqa.store.rows import MalformedRowError, checked_bytes

#: The first paragraph, the postings, the steps (places where the higher bytes change), bytes of a distance, and of an
#: occurrence.
HEADER = struct.Struct("<IIHBB")
#: In the place of a length: it stands at the end, because it is so long or longer.
LONG = 0xFF
#: Distances up to this one have nothing in their higher bytes.
NEAR = 0xFFFF
#: Of the narrowest kind, so that it makes none that it is put together with wider.
NONE = np.empty(0, np.uint8)
KINDS: dict[int, np.dtype[Any]] = {1: np.dtype("<u1"), 2: np.dtype("<u2"), 4: np.dtype("<u4")}


class Packed(NamedTuple):
    """A row and what it begins with.

    `size` is the number of postings, `steps` the places where the higher bytes of distances change; the widths are in
    bytes.
    """

    data: bytes
    first: int
    size: int
    steps: tuple[int, ...]
    distance_width: int
    frequency_width: int

    @property
    def distances_at(self) -> int:
        """Where the distances begin."""
        return HEADER.size + 4 * len(self.steps)

    @property
    def last(self) -> int:
        """The last paragraph."""
        end = self.distances_at + self.distance_width * self.size
        last = int.from_bytes(self.data[end - self.distance_width : end], "little")
        return self.first + len(self.steps) * (NEAR + 1) + last


def pack(postings: Postings) -> bytes:
    """The postings of one term, at least one, as a row has them.

    >>> one = Postings(np.array([7], "<u4"), np.array([2], "<u2"), np.array([90], "<u2"))
    >>> len(pack(one)), unpack([packed(pack(one))]).paragraphs.tolist()
    (16, [7])
    """
    return next(pack_rows(postings, np.zeros(1, np.intp), np.full(1, len(postings), np.intp)))


def pack_rows(postings: Postings, begins: NDArray[np.intp], ends: NDArray[np.intp]) -> Iterator[bytes]:
    """Rows of the postings of terms that stand one after the other, each at least one, without arrays for each."""
    firsts = postings.paragraphs[begins]
    distances = postings.paragraphs - np.repeat(firsts, ends - begins)
    steps = distances[ends - 1] // (NEAR + 1)
    distance_widths = np.where(4 * steps > 2 * (ends - begins), 4, 2)
    steps[distance_widths == 4] = 0
    frequency_widths = np.where(np.maximum.reduceat(postings.frequencies, begins) > LONG, 2, 1)
    long = np.flatnonzero(postings.lengths >= LONG)
    # As bytes of each width that some row takes: slices of these are quicker to make than arrays.
    far_or_near = {width: _as_bytes(distances, width) for width in set(distance_widths.tolist())}
    occurrences = {width: _as_bytes(postings.frequencies, width) for width in set(frequency_widths.tolist())}
    short, over = _as_bytes(np.minimum(postings.lengths, LONG), 1), _as_bytes(postings.lengths[long], 2)
    over_begins, over_ends = np.searchsorted(long, begins), np.searchsorted(long, ends)
    columns = (begins, ends, firsts, steps, distance_widths, frequency_widths, over_begins, over_ends)
    for begin, end, first, count, wide, many, over_begin, over_end in zip(
        *(column.tolist() for column in columns), strict=True
    ):
        yield b"".join(
            (
                HEADER.pack(first, end - begin, count, wide, many),
                _steps(distances[begin:end], count) if count else b"",
                far_or_near[wide][wide * begin : wide * end],
                occurrences[many][many * begin : many * end],
                short[begin:end],
                over[2 * over_begin : 2 * over_end],
            )
        )


def packed(data: object) -> Packed:
    """A row of postings. Raises `MalformedRowError` for what `pack` does not make."""
    row = checked_bytes(data, "postings")
    if len(row) > HEADER.size:
        first, size, steps, wide, many = HEADER.unpack_from(row)
        lengths_at = HEADER.size + 4 * steps + (wide + many) * size
        over = len(row) - lengths_at - size
        if size and wide in (2, 4) and many in (1, 2) and over == 2 * row.count(LONG, lengths_at, lengths_at + size):
            places = struct.unpack_from(f"<{steps}I", row, HEADER.size) if steps else ()
            rising = all(map(operator.le, (0, *places), (*places, size)))
            if rising and first + steps * (NEAR + 1) <= 0xFFFFFFFF:
                return Packed(row, first, size, places, wide, many)
    raise MalformedRowError("data in a row of postings")


def unpack(rows: Sequence[Packed]) -> Postings:
    """The postings of rows one after the other."""
    # Arrays of all rows at once: there are many short ones.
    lowest: list[int] = []
    counts: list[int] = []
    parts: tuple[list[NDArray[Any]], ...] = ([NONE], [NONE], [NONE], [NONE])
    distances, frequencies, short, over = parts
    for row in rows:
        data, size, place = row.data, row.size, row.distances_at
        ends = (*row.steps, size)
        lowest += range(row.first, row.first + len(ends) * (NEAR + 1), NEAR + 1)
        counts += map(operator.sub, ends, (0, *row.steps))
        distances.append(np.frombuffer(data, KINDS[row.distance_width], size, place))
        place += row.distance_width * size
        frequencies.append(np.frombuffer(data, KINDS[row.frequency_width], size, place))
        place += row.frequency_width * size
        short.append(np.frombuffer(data, "<u1", size, place))
        if place + size < len(data):
            over.append(np.frombuffer(data, "<u2", -1, place + size))
    paragraphs = np.repeat(np.array(lowest, np.uint32), counts)
    paragraphs += np.concatenate(distances)
    lengths = np.concatenate(short).astype(np.uint16)
    if len(over) > 1:
        lengths[lengths == LONG] = np.concatenate(over)
    return Postings(paragraphs, np.concatenate(frequencies).astype(np.uint16), lengths)


def _steps(distances: NDArray[np.uint32], count: int) -> bytes:
    higher = np.arange(1, count + 1, dtype=np.uint32) * np.uint32(NEAR + 1)
    return np.searchsorted(distances, higher).astype("<u4").tobytes()


def _as_bytes(numbers: NDArray[np.unsignedinteger], width: int) -> memoryview:
    return memoryview(numbers.astype(KINDS[width], copy=False).tobytes())
