"""The lines of a page, with their places in its text."""

from __future__ import annotations

import re
from dataclasses import dataclass

LIST_ITEM = re.compile(r"(?:[•●▪■◦‣∙·○➢✓*+–—-]|\(?(?:\d{1,3}|[a-zA-Z]|[ivxIVX]{1,5})[.)])\s+\S")


@dataclass(frozen=True)
class Line:
    """A line without the blanks around it: its characters are `page_text[start:end]`."""

    text: str
    start: int
    indent: int

    @property
    def end(self) -> int:
        """One past the line's last non-blank character in the page's text."""
        return self.start + len(self.text)

    @property
    def is_list_item(self) -> bool:
        """Whether the line begins with a bullet, a number or a letter as lists do."""
        return LIST_ITEM.match(self.text) is not None

    @property
    def ends_sentence(self) -> bool:
        """Whether the line's last character ends a sentence or leads into a list."""
        return self.text.rstrip("\"'”’)]*_").endswith((".", "!", "?", ":", ";"))


def split_lines(text: str) -> list[Line]:
    r"""All lines of a text; blank ones have no text.

    >>> [(line.text, line.start, line.indent) for line in split_lines("a\r\n  b c \n")]
    [('a', 0, 0), ('b c', 5, 2), ('', 10, 0)]
    """
    lines, start = [], 0
    for raw in text.splitlines(keepends=True):
        lines.append(_line(raw, start))
        start += len(raw)
    # A line end at the end of the text begins a line more, which `splitlines` leaves out.
    if not lines or text[-1].splitlines() == [""]:
        lines.append(Line("", start, 0))
    return lines


def typical_width(lines: list[Line]) -> int:
    """The width in characters that full lines have: nine in ten non-blank lines are no longer."""
    lengths = sorted(len(line.text) for line in lines if line.text)
    return lengths[int(0.9 * (len(lengths) - 1))] if lengths else 0


def _line(raw: str, start: int) -> Line:
    # What ends a line is blank, so it goes with the other blanks.
    stripped = raw.lstrip()
    indent = len(raw) - len(stripped) if stripped else 0
    return Line(stripped.rstrip(), start + indent, indent)
