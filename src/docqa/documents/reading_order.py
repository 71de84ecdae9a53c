"""The order in which people read what a page shows, where the file has it in another one and that is evident.

A file may draw its text in any order. Most do so in the order of reading, and then nothing here changes it. Evident is
that lines are drawn from the bottom up, that the lines of columns of running text are drawn in turn, one from the left
and one from the right, which would tear all sentences of both, and that the cells of a row are not drawn from the left.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

#: Fewer lines than this are no evidence.
ENOUGH = 5
#: A line of running text is at least so long; what is shorter is a cell, a label or a heading.
LONG_LINE = 20
#: A column begins where so large a share of all lines begins.
COLUMN_SHARE = 0.3
#: Columns are at least so many times as wide as letters are high.
COLUMN_WIDTH = 8.0
#: So large a share of the lines of a column may reach into the next one: headings over both.
REACHING = 0.3
#: How wide a character is as a share of its height, on the average of a line: at least, and mostly.
NARROW, WIDE = 0.35, 0.48
#: Running text fills most of the width of its column.
FILLED = 0.65
#: Between columns there is a gap of so many times the height of letters, where few lines have anything begin.
GAP = 1.5
IN_GAP = 0.1
#: Lines less than this apart, as a share of the height of letters, stand on one baseline.
SAME_LINE = 0.4
#: The next line is no more than so many times the height of letters away.
NEXT_LINE = 3.0


class Shown(NamedTuple):
    """A piece of text as a page shows it: where it begins, with heights growing upwards, and how large it is.

    `size` is the height of its letters in the unit of the places, `length` the number of its characters without blanks
    around them.
    """

    left: float
    height: float
    size: float
    length: int


@dataclass(frozen=True)
class _Line:
    """Pieces that stand on one baseline in one column, by their places in the stream."""

    column: int
    left: float
    height: float
    size: float
    length: int
    places: tuple[int, ...]


def drawn_upwards(shown: Sequence[Shown]) -> bool:
    """Whether the lines of a page are drawn from the bottom up.

    >>> drawn_upwards([Shown(72, 100 + 14 * line, 12, 50) for line in range(9)])
    True
    """
    up = down = 0
    first: Shown | None = None
    length = 0
    for piece in shown:
        step = piece.height - first.height if first else 0.0
        if first is None or abs(step) > SAME_LINE * first.size:
            # A line that begins where the next one does, and is long, is no label of a chart.
            if first is not None and abs(step) < NEXT_LINE * first.size and abs(piece.left - first.left) < 1:
                up += step > 0 and length >= LONG_LINE
                down += step < 0
            first, length = piece, 0
        length += piece.length
    return up >= ENOUGH and up > 3 * down


def rows_in_order(shown: Sequence[Shown]) -> list[int] | None:
    """The places of the pieces with those of each row from left to right; None where all rows are drawn so.

    Only what is drawn one after the other is taken for a row: cells of a table that are drawn in another order than
    they stand in would be read as words and figures that nobody wrote.

    >>> rows_in_order([Shown(x, 700, 12, 4) for x in (300, 72, 180)])
    [1, 2, 0]
    """
    rows: list[list[int]] = []
    for place, piece in enumerate(shown):
        if not rows or abs(piece.height - shown[rows[-1][0]].height) > SAME_LINE * piece.size:
            rows.append([])
        rows[-1].append(place)
    mended = [sorted(row, key=lambda place: shown[place].left) if _is_mixed(row, shown) else row for row in rows]
    return [place for row in mended for place in row] if mended != rows else None


def _is_mixed(row: Sequence[int], shown: Sequence[Shown]) -> bool:
    """Whether something in a row is drawn after what stands to the right of it."""
    pieces = [shown[place] for place in row if shown[place].length]
    # Accents are set a little back.
    if not any(after.left < before.left - after.size for before, after in pairwise(pieces)):
        return False
    # What stands where something as long stands already is printed again to look bold.
    pieces.sort(key=lambda piece: piece.left)
    return not any(
        after.left - before.left < after.size / 2 and after.length == before.length > 1
        for before, after in pairwise(pieces)
    )


def columns_of(shown: Sequence[Shown]) -> list[float]:
    """Where the columns of running text begin, from left to right; of one column there is nothing to tell."""
    size = max(1.0, Counter(piece.size for piece in shown).most_common(1)[0][0]) if shown else 1.0
    heights: defaultdict[int, set[int]] = defaultdict(set)
    for piece in shown:
        heights[round(piece.left / 2)].add(round(piece.height))
    baselines = len({round(piece.height) for piece in shown})
    enough = max(ENOUGH, COLUMN_SHARE * baselines)
    starts: list[float] = []
    for left in sorted(heights):
        near = heights[left] | heights.get(left + 1, set())
        if len(near) >= enough and (not starts or 2 * left - starts[-1] >= COLUMN_WIDTH * size):
            starts.append(2.0 * left - 1)
    return starts if len(starts) > 1 and _are_columns(shown, starts) else []


def drawn_in_turn(shown: Sequence[Shown], columns: Sequence[float]) -> bool:
    """Whether lines of several columns are drawn in turn, row by row."""
    lines = [line for line in _lines(shown, columns) if line.length >= LONG_LINE]
    lines.sort(key=lambda line: line.places)
    turns = sum(
        after.column > before.column and abs(after.height - before.height) <= SAME_LINE * before.size
        for before, after in pairwise(lines)
    )
    return turns >= ENOUGH and 4 * turns >= len(lines)


def reading_order(shown: Sequence[Shown], columns: Sequence[float]) -> list[int]:
    """The places of the pieces in the order of reading: each column downwards, between what reaches over several.

    So do gaps in all columns: what is far below them all was not meant to follow the first.

    >>> pieces = [Shown(x, y, 12, 40) for y in (100, 86) for x in (72, 320)]
    >>> reading_order(pieces, [72, 320])
    [0, 2, 1, 3]
    """
    ordered: list[int] = []
    band: list[_Line] = []
    for line in sorted(_lines(shown, columns), key=lambda line: (-line.height, line.left)):
        over = line.column == 0 and _reaches(line, columns)
        if over or (band and band[-1].height - line.height > NEXT_LINE * band[-1].size):
            ordered += _by_column(band)
            band = []
        if over:
            ordered += line.places
        else:
            band.append(line)
    return ordered + _by_column(band)


def _by_column(lines: Iterable[_Line]) -> list[int]:
    ordered = sorted(lines, key=lambda line: (line.column, -line.height, line.left))
    return [place for line in ordered for place in line.places]


def _are_columns(shown: Sequence[Shown], starts: Sequence[float]) -> bool:
    lines = _lines(shown, starts)
    for column in range(len(starts)):
        own = [line for line in lines if line.column == column]
        long_ones = [line for line in own if line.length >= LONG_LINE]
        if len(long_ones) < ENOUGH or 2 * len(long_ones) < len(own):
            return False
        if sum(_reaches(line, starts) for line in own) > REACHING * len(own):
            return False
        if column + 1 < len(starts) and not _ends_before(long_ones, starts[column + 1], shown):
            return False
    return True


def _ends_before(lines: Sequence[_Line], end: float, shown: Sequence[Shown]) -> bool:
    """Whether lines fill a column up to a gap before its end, as far as their lengths tell."""
    filled = sorted(WIDE * line.size * line.length / (end - line.left) for line in lines)
    within = sum(any(end - GAP * line.size < shown[place].left for place in line.places) for line in lines)
    return filled[len(filled) // 2] >= FILLED and within <= IN_GAP * len(lines)


def _reaches(line: _Line, columns: Sequence[float]) -> bool:
    """Whether a line goes on into the next column."""
    if line.column + 1 >= len(columns):
        return False
    return line.left + NARROW * line.size * line.length > columns[line.column + 1]


def _lines(shown: Sequence[Shown], columns: Sequence[float]) -> list[_Line]:
    """The pieces put together to lines; those of a line from left to right, then in the order of the stream."""
    by_column: defaultdict[int, list[int]] = defaultdict(list)
    for place, piece in enumerate(shown):
        by_column[max(0, bisect_right(columns, piece.left) - 1)].append(place)
    lines: list[_Line] = []
    for column, places in by_column.items():
        row: list[int] = []
        for place in sorted(places, key=lambda place: -shown[place].height):
            if row and shown[row[0]].height - shown[place].height > SAME_LINE * shown[row[0]].size:
                lines.append(_line(column, row, shown))
                row = []
            row.append(place)
        lines.append(_line(column, row, shown))
    return lines


def _line(column: int, row: Sequence[int], shown: Sequence[Shown]) -> _Line:
    places = sorted(row, key=lambda place: (shown[place].left, place))
    first = shown[places[0]]
    length = sum(shown[place].length for place in places)
    return _Line(column, first.left, first.height, first.size, length, tuple(places))
