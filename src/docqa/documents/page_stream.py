"""The text of a page by pypdf: as it stands in the content stream, or in reading order where that is evidently another.

See `docqa.documents.reading_order` for what is evident.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import TYPE_CHECKING, Any

from docqa.documents.content_stream import read_quickly
from docqa.documents.reading_order import (
    Shown,
    columns_of,
    drawn_in_turn,
    drawn_upwards,
    reading_order,
    rows_in_order,
)

if TYPE_CHECKING:
    from pypdf import PageObject

#: Operators that show text, and those of the state that it is shown in.
SHOWING = frozenset({b"Tj", b"TJ", b"'", b'"'})
STATE = frozenset({b"Tf", b"Tc", b"Tw", b"Tz"})
#: All that is looked at; most operators of a page are others, so they are asked for first.
WATCHED = SHOWING | STATE | {b"q", b"Q", b"Do"}
#: Columns of running text go on from line to line: of their lines so many begin with a small letter.
GOING_ON = 0.3

#: Hebrew, Arabic and other scripts whose words are drawn from the right.
RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]")
#: Letters that are set apart by more than their height are cells of a table.
CELL_GAP = 1.0
#: Italics lean to the right, and lines of scanned pages go up or down a little; what turns more is not compared.
SLANT = 0.02

Matrix = tuple[float, float, float, float, float, float]


def text_of(page: PageObject) -> str:
    """What a page shows, exactly as pypdf extracts it where its stream is in the order of reading."""
    with read_quickly(page):
        return _text_of(page)


def _text_of(page: PageObject) -> str:
    drawing = _Drawing()
    # Only what is drawn by name can be a form.
    resources = page.get("/Resources")
    before = None if isinstance(resources, dict) and "/XObject" not in resources else drawing.before
    text = page.extract_text(visitor_operand_before=before, visitor_operand_after=drawing.after)
    shown = drawing.shown()
    upwards = drawn_upwards(shown)
    columns = columns_of(shown)
    if upwards or (columns and drawn_in_turn(shown, columns)):
        ordered = _read_again(page, text, drawing, reading_order(shown, columns))
        # Rows of two long cells each are no running text.
        if ordered is not None and (upwards or _goes_on(ordered)):
            return ordered
    rows = rows_in_order(shown)
    if rows is None and shown and drawing.has_gaps():
        rows = list(range(len(shown)))
    if rows is None or RIGHT_TO_LEFT.search(text):
        return text
    return _read_again(page, text, drawing, rows) or text


def _goes_on(text: str) -> bool:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return sum(line[0].islower() for line in lines) >= GOING_ON * len(lines)


@dataclass
class _Drawing:
    """What is drawn while pypdf goes through a page: each piece of text, where it begins, and in which state.

    The state is font, distances and scale, as their operators set them and the stream saves and restores them.
    """

    pieces: list[tuple[list[float], list[float], dict[bytes, Any], Any]] = field(default_factory=list)
    state: dict[bytes, Any] = field(default_factory=dict)
    saved: list[dict[bytes, Any]] = field(default_factory=list)
    depth: int = 0
    in_form: bool = False

    def before(self, operator: bytes, _operands: Any, _current: list[float], _text: list[float]) -> None:
        if operator == b"Do":
            self.depth += 1

    def after(self, operator: bytes, operands: Any, current: list[float], text: list[float]) -> None:
        if operator not in WATCHED:
            return
        if operator in SHOWING:
            # pypdf moves the text's matrix in place, and makes a new one of the page's.
            self.pieces.append((current, text.copy(), self.state, operands))
            self.in_form = self.in_form or self.depth > 0
        elif operator in STATE:
            self.state = {**self.state, operator: operands}
        elif operator == b"q":
            self.saved.append(self.state)
        elif operator == b"Q" and self.saved:
            self.state = self.saved.pop()
        elif operator == b"Do":
            self.depth -= 1

    def has_gaps(self) -> bool:
        """Whether letters of a piece are set apart like cells of a table."""
        return any(
            b"Tc" in state and _length(operands) > 1 and _spacing(state) >= CELL_GAP * abs(_size(state))
            for _, _, state, operands in self.pieces
        )

    def shown(self) -> list[Shown]:
        """The pieces of text; none where they cannot be compared: in a form, or not upright."""
        if self.in_form:
            return []
        pieces = []
        for current, text, state, operands in self.pieces:
            a, b, _, d, left, height = _product(text, current)
            if abs(b) > SLANT * a or d <= 0 or not isfinite(left + height + d * _size(state)):
                return []
            pieces.append(Shown(left, height, d * _size(state), _length(operands)))
        return pieces


def _read_again(page: PageObject, text: str, drawing: _Drawing, order: Sequence[int]) -> str | None:
    """The text of a page whose pieces are shown in another order, each where it stood; None where that loses any."""
    from pypdf.generic import ArrayObject, ContentStream, FloatObject, NameObject, NumberObject

    operations: list[tuple[Any, bytes]] = [([], b"BT")]
    before: Matrix | None = None
    for place in order:
        current, own, state, operands = drawing.pieces[place]
        matrix = _product(own, current)
        # What is shown right after another piece stands where that ended.
        if matrix != before:
            operations += [(given, operator) for operator, given in state.items()]
            operations.append(([FloatObject(number) for number in matrix], b"Tm"))
        array = bool(operands) and isinstance(operands[-1], ArrayObject)
        gap = _spacing(state) / (_size(state) or 1.0)
        if gap >= CELL_GAP and operands:
            operations += [([NumberObject(0)], b"Tc"), ([_with_gaps(operands[-1], gap)], b"TJ")]
        else:
            operations.append((operands[-1:], b"TJ" if array else b"Tj"))
        before = matrix
    stream = ContentStream(None, page.pdf)
    stream.operations = [*operations, ([], b"ET")]
    contents = page.raw_get("/Contents")
    page[NameObject("/Contents")] = stream
    try:
        # With a visitor, pypdf goes through the operations as they are, without writing them out first.
        ordered = page.extract_text(visitor_operand_after=lambda *_: None)
    finally:
        page[NameObject("/Contents")] = contents
    return ordered if sorted("".join(ordered.split())) == sorted("".join(text.split())) else None


def _with_gaps(shown: Any, gap: float) -> Any:
    """Text whose letters are set apart as one with distances between them, in which pypdf sees where cells end.

    Some programs draw the cells of a row as one text, and set them apart by the distance that a font gives to letters,
    taken back by a distance of the opposite sign where letters belong together.
    """
    from pypdf.generic import ArrayObject, ByteStringObject, FloatObject

    given = ArrayObject()
    for part in shown if isinstance(shown, list) else [shown]:
        if isinstance(part, bytes):
            for number in range(len(part)):
                given += [ByteStringObject(part[number : number + 1]), FloatObject(-1000 * gap)]
        elif isinstance(part, int | float) and given:
            given[-1] = FloatObject(float(given[-1]) + float(part))
        else:
            given.append(part)
    return given


def _product(text: Sequence[float], current: Sequence[float]) -> Matrix:
    a, b, c, d, e, f = current
    return (
        text[0] * a + text[1] * c,
        text[0] * b + text[1] * d,
        text[2] * a + text[3] * c,
        text[2] * b + text[3] * d,
        text[4] * a + text[5] * c + e,
        text[4] * b + text[5] * d + f,
    )


def _length(operands: Any) -> int:
    shown = operands[-1] if operands else b""
    parts = shown if isinstance(shown, list) else [shown]
    return sum(len(part.strip()) for part in parts if isinstance(part, str | bytes))


def _size(state: dict[bytes, Any]) -> float:
    return _number(state.get(b"Tf", ()), 1, 1.0)


def _spacing(state: dict[bytes, Any]) -> float:
    return _number(state.get(b"Tc", ()), 0, 0.0)


def _number(operands: Any, place: int, default: float) -> float:
    value = operands[place] if len(operands) > place else None
    return float(value) if isinstance(value, int | float) else default
