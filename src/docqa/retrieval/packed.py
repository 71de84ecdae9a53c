"""The postings of a term in a segment as bytes, most of them in four a posting.

A row begins with its first paragraph, the number of postings, and how its numbers are stored. The distances of the
paragraphs from the first one follow, of each the two lower bytes. The higher ones change at few places, which stand
before; where these would take more than they save, a distance has four bytes. Then come the occurrences, in one byte
where all fit, the lengths in one byte each, and those lengths that do not fit, in two; all little-endian.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from itertools import pairwise
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

    These are the first paragraph, the number of postings, the steps, and the bytes of a distance and of occurrences.
    """

    data: bytes
    first: int
    size: int
    steps: tuple[int, ...]
    wide: int
    many: int

    @property
    def distances_at(self) -> int:
        """Where the distances begin."""
        return HEADER.size + 4 * len(self.steps)

    @property
    def last(self) -> int:
        """The last paragraph."""
        end = self.distances_at + self.wide * self.size
        last = int.from_bytes(self.data[end - self.wide : end], "little")
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
    wide = np.where(4 * steps > 2 * (ends - begins), 4, 2)
    many = np.where(np.maximum.reduceat(postings.frequencies, begins) > LONG, 2, 1)
    long = np.flatnonzero(postings.lengths >= LONG)
    # As bytes of each width that some row takes: slices of these are quicker to make than arrays.
    far_or_near = {width: _as_bytes(distances, width) for width in set(wide.tolist())}
    occurrences = {width: _as_bytes(postings.frequencies, width) for width in set(many.tolist())}
    short = _as_bytes(np.minimum(postings.lengths, LONG), 1)
    over = _as_bytes(postings.lengths[long], 2)
    steps[wide == 4] = 0
    columns = (begins, ends, firsts, steps, wide, many, np.searchsorted(long, begins), np.searchsorted(long, ends))
    for begin, end, first, count, width, bytes_of_one, over_begin, over_end in zip(
        *(one.tolist() for one in columns), strict=True
    ):
        yield b"".join(
            (
                HEADER.pack(first, end - begin, count, width, bytes_of_one),
                _steps(distances[begin:end], count) if count else b"",
                far_or_near[width][width * begin : width * end],
                occurrences[bytes_of_one][bytes_of_one * begin : bytes_of_one * end],
                short[begin:end],
                over[2 * over_begin : 2 * over_end],
            )
        )


def packed(data: object) -> Packed:
    """A row of postings. Raises `MalformedRowError` for what `pack` does not make."""
    row = checked_bytes(data, "postings")
    if len(row) > HEADER.size:
        first, count, steps, wide, many = HEADER.unpack_from(row)
        rest = len(row) - HEADER.size - 4 * steps - (wide + many + 1) * count
        if count and wide in (2, 4) and many in (1, 2) and 0 <= rest <= 2 * count and rest % 2 == 0:
            places = struct.unpack_from(f"<{steps}I", row, HEADER.size) if steps else ()
            rising = all(before <= after for before, after in pairwise((0, *places, count)))
            if rising and first + steps * (NEAR + 1) <= 0xFFFFFFFF:
                return Packed(row, first, count, places, wide, many)
    raise MalformedRowError("data in a row of postings")


def unpack(rows: Sequence[Packed]) -> Postings:
    """The postings of rows one after the other. Raises `MalformedRowError` for what `pack` does not make."""
    # Arrays of all rows at once: there are many short ones.
    lowest: list[int] = []
    counts: list[int] = []
    parts: tuple[list[NDArray[Any]], ...] = ([NONE], [NONE], [NONE], [NONE])
    distances, frequencies, short, over = parts
    for row in rows:
        data, count, place = row.data, row.size, row.distances_at
        ends = (*row.steps, count)
        lowest += range(row.first, row.first + len(ends) * (NEAR + 1), NEAR + 1)
        counts += [end - begin for begin, end in zip((0, *row.steps), ends, strict=True)]
        distances.append(np.frombuffer(data, KINDS[row.wide], count, place))
        place += row.wide * count
        frequencies.append(np.frombuffer(data, KINDS[row.many], count, place))
        place += row.many * count
        short.append(np.frombuffer(data, "<u1", count, place))
        if place + count < len(data):
            over.append(np.frombuffer(data, "<u2", -1, place + count))
    paragraphs = np.repeat(np.array(lowest, np.uint32), counts)
    paragraphs += np.concatenate(distances)
    lengths = np.concatenate(short).astype(np.uint16)
    long, those = np.flatnonzero(lengths == LONG), np.concatenate(over)
    if len(long) != len(those):
        raise MalformedRowError("data in a row of postings")
    lengths[long] = those
    return Postings(paragraphs, np.concatenate(frequencies).astype(np.uint16), lengths)


def _steps(distances: NDArray[np.uint32], count: int) -> bytes:
    higher = np.arange(1, count + 1, dtype=np.uint32) * np.uint32(NEAR + 1)
    return np.searchsorted(distances, higher).astype("<u4").tobytes()


def _as_bytes(numbers: NDArray[np.unsignedinteger], width: int) -> memoryview:
    return memoryview(numbers.astype(KINDS[width], copy=False).tobytes())
