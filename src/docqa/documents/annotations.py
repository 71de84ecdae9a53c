"""What a page says beside its text: values in the fields of a form, comments and other annotations.

They become lines of their own after the page's text, from top to bottom, so that answers can cite them as they cite
anything else on the page.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from docqa.documents.document import Page
from docqa.documents.foreign import encodable, in_one_line

if TYPE_CHECKING:
    from pypdf import PageObject, PdfReader
    from pypdf.generic import DictionaryObject

logger = logging.getLogger(__name__)

#: Kinds of annotations whose contents are words for the reader. Popups repeat what the annotation they belong to says.
COMMENTS = frozenset(
    "/Text /FreeText /Line /Square /Circle /Polygon /PolyLine /Highlight /Underline /Squiggly /StrikeOut /Stamp /Caret "
    "/Ink /FileAttachment /Link".split()
)
#: Bits that hide an annotation from who reads the page, those of a password and of a button to push, of ISO 32000.
HIDDEN = 1 << 1 | 1 << 5
PASSWORD, PUSHED = 1 << 13, 1 << 16
#: A box that is ticked says nothing more with these.
TICKED = frozenset({"yes", "on", "true", "x", "checked"})
#: A field is inside another at most so deep; deeper ones go round in circles.
DEEPEST = 16
#: Names that programs give to fields have digits, dots and underlines in them: "f1_01[0]", "Text7".
SPOKEN = re.compile(r"[^\W\d_]+(?:[ '’/-]+[^\W\d_]+)*")
WORD = re.compile(r"\w+")
ADDRESS = re.compile(r"\w+:\S+")
#: A value of so many words that stands in the page's text was printed there as well.
WORDS_FOUND = 3


@dataclass(frozen=True)
class Remark:
    """What one annotation says, and where: the upper edge, the lower one and the left one, in the page's units."""

    top: float
    bottom: float
    left: float
    text: str


def with_annotations(pages: Sequence[Page], reader: PdfReader) -> tuple[Page, ...]:
    """The pages of a PDF with what their forms and annotations say after their text.

    What stands in a page's text already is not said again. Pages stay as they are when `reader` has others.
    """
    if len(reader.pages) != len(pages):
        return tuple(pages)
    return tuple(_annotated(page, reader, place) for place, page in enumerate(pages))


def _annotated(page: Page, reader: PdfReader, place: int) -> Page:
    try:
        remarks = _remarks(reader.pages[place])
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - a foreign parser
        # Damaged annotations must not cost the page's text.
        logger.info("annotations of page %d: %r", page.number, error)
        return page
    lines = _unsaid([remark.text for remark in _in_reading_order(remarks)], page.text)
    if not lines:
        return page
    between = "" if not page.text or page.text.endswith("\n") else "\n"
    return replace(page, text=f"{page.text}{between}" + "\n".join(lines))


def _unsaid(texts: Sequence[str], said: str) -> list[str]:
    lines = {in_one_line(line) for line in said.splitlines()} if texts else set()
    running = f" {' '.join(WORD.findall(said))} " if texts else ""
    unsaid: list[str] = []
    for text in texts:
        words = WORD.findall(text)
        found = len(words) >= WORDS_FOUND and f" {' '.join(words)} " in running
        line = in_one_line(text)
        if not found and line not in lines:
            unsaid.append(text)
            # The same field or comment may stand on a page twice.
            lines.add(line)
    return unsaid


def _in_reading_order(remarks: Sequence[Remark]) -> list[Remark]:
    """From top to bottom; what overlaps by half its height stands in one row, from left to right."""
    ordered: list[Remark] = []
    row: list[Remark] = []
    for remark in sorted(remarks, key=lambda remark: (-remark.top, remark.left)):
        if row and (remark.top + remark.bottom) / 2 < row[0].bottom:
            ordered += sorted(row, key=lambda other: other.left)
            row = []
        row.append(remark)
    return ordered + sorted(row, key=lambda other: other.left)


def _remarks(page: PageObject) -> list[Remark]:
    from pypdf.generic import ArrayObject, DictionaryObject

    found = page.get("/Annots")
    listed = found.get_object() if found is not None else None
    if not isinstance(listed, ArrayObject):
        return []
    remarks = []
    for entry in listed:
        annotation = entry.get_object()
        if isinstance(annotation, DictionaryObject) and not _number(annotation, "/F") & HIDDEN:
            text = _said(annotation)
            if text:
                left, bottom, right, top = _rectangle(annotation)
                remarks.append(Remark(max(bottom, top), min(bottom, top), min(left, right), text))
    return remarks


def _said(annotation: DictionaryObject) -> str:
    kind = annotation.get("/Subtype")
    if kind == "/Widget":
        return _of_field(annotation)
    text = _text(annotation.get("/Contents")) if kind in COMMENTS else ""
    # Where a link leads is no text of the page.
    return "" if kind == "/Link" and ADDRESS.fullmatch(text) else text


def _of_field(widget: DictionaryObject) -> str:
    kind, flags = _inherited(widget, "/FT"), _inherited(widget, "/Ff")
    bits = int(flags) if isinstance(flags, int) else 0
    reading: Callable[[DictionaryObject], str] | None = {"/Tx": _typed, "/Ch": _chosen, "/Btn": _ticked}.get(str(kind))
    if reading is None or (kind == "/Tx" and bits & PASSWORD) or (kind == "/Btn" and bits & PUSHED):
        return ""
    value, label = reading(widget), _label(widget)
    if kind == "/Btn" and (value.lower() in TICKED or value.isdecimal()):
        # Which box it is that is ticked, its name alone can tell.
        return f"{label}: {value}" if label else ""
    return f"{label}: {value}" if label and value else value


def _typed(widget: DictionaryObject) -> str:
    return _text(_inherited(widget, "/V"))


def _chosen(widget: DictionaryObject) -> str:
    """What is chosen from a list, in the words that the list shows."""
    from pypdf.generic import ArrayObject

    value, options = _inherited(widget, "/V"), _inherited(widget, "/Opt")
    shown: dict[str, str] = {}
    for option in options if isinstance(options, ArrayObject) else ():
        entry = option.get_object()
        if isinstance(entry, ArrayObject) and len(entry) == 2:
            shown[_text(entry[0])] = _text(entry[1])
    chosen = [_text(item) for item in value] if isinstance(value, ArrayObject) else [_text(value)]
    return ", ".join(filter(None, (shown.get(item, item) for item in chosen)))


def _ticked(widget: DictionaryObject) -> str:
    """The state of a box or of one of several buttons, nothing when it is off."""
    from pypdf.generic import ArrayObject

    state = _inherited(widget, "/AS")
    if state is None:
        state = _inherited(widget, "/V")
    name = str(state).removeprefix("/") if state is not None else "Off"
    options = _inherited(widget, "/Opt")
    if name.isdecimal() and isinstance(options, ArrayObject) and int(name) < len(options):
        # Names of states are short; what people see may stand beside them.
        return in_one_line(_text(options[int(name)]))
    return "" if name == "Off" else in_one_line(name)


def _label(widget: DictionaryObject) -> str:
    """What a field is called, where that is meant for people."""
    described = _text(_inherited(widget, "/TU"))
    if described:
        return in_one_line(described).rstrip(":")
    name = _text(_inherited(widget, "/T"))
    return name if SPOKEN.fullmatch(name) else ""


def _inherited(widget: DictionaryObject, key: str) -> object:
    """A value of a field, which may stand in the field that it is a part of."""
    from pypdf.generic import DictionaryObject

    field: object = widget
    for _ in range(DEEPEST):
        if not isinstance(field, DictionaryObject):
            break
        if key in field:
            return field[key].get_object()
        above = field.get("/Parent")
        field = above.get_object() if above is not None else None
    return None


def _text(value: object) -> str:
    """A string of the file, in lines; nothing for what is none."""
    from pypdf.generic import ByteStringObject, PdfObject, StreamObject, TextStringObject

    found = value.get_object() if isinstance(value, PdfObject) else value
    if isinstance(found, StreamObject):
        found = found.get_data()
    if isinstance(found, bytes | ByteStringObject):
        found = bytes(found).decode("latin-1")
    if not isinstance(found, TextStringObject | str):
        return ""
    return "\n".join(filter(None, (" ".join(line.split(" ")).strip() for line in encodable(str(found)).splitlines())))


def _number(annotation: DictionaryObject, key: str) -> int:
    value = annotation.get(key)
    return int(value) if isinstance(value, int | float) else 0


def _rectangle(annotation: DictionaryObject) -> tuple[float, float, float, float]:
    value = annotation.get("/Rect")
    edges = [float(edge) for edge in value] if isinstance(value, list) and len(value) == 4 else [0.0] * 4
    return edges[0], edges[1], edges[2], edges[3]
