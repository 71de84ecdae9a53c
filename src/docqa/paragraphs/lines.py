"""The lines of a page, with their places in its text."""

from __future__ import annotations

import re
from dataclasses import dataclass

from docqa.documents.document import Page
from docqa.paragraphs.characters import HIDDEN, ODD, clean
from docqa.paragraphs.paragraph import Run

LIST_ITEM = re.compile(r"(?:[•●▪■◦‣∙·○➢✓*+–—-]|\(?(?:\d{1,3}|[a-zA-Z]|[ivxIVX]{1,5})[.)])\s+\S")


@dataclass(frozen=True, slots=True)
class Line:
    """A line without the blanks around it: its characters begin at `start` of the page's text."""

    text: str
    start: int
    indent: int

    def runs_at(self, position: int) -> tuple[Run, ...]:
        """Where its characters stand, when it begins at `position` of a paragraph's text."""
        return (Run(position, self.start, len(self.text)),)

    @property
    def ends_softly(self) -> bool:
        """Whether it ends in a soft hyphen, so that its last word goes on in the next line."""
        return False

    @property
    def is_list_item(self) -> bool:
        """Whether the line begins with a bullet, a number or a letter as lists do."""
        return LIST_ITEM.match(self.text) is not None

    @property
    def ends_sentence(self) -> bool:
        """Whether the line's last character ends a sentence or leads into a list."""
        return self.text.rstrip("\"'”’)]*_").endswith((".", "!", "?", ":", ";"))


@dataclass(frozen=True, slots=True)
class CleanedLine(Line):
    """A line that is read otherwise than it stands: `text` is what is read, `runs` says where that stands."""

    runs: tuple[Run, ...] = ()
    soft: bool = False

    def runs_at(self, position: int) -> tuple[Run, ...]:
        """Where its characters stand, when it begins at `position` of a paragraph's text."""
        return tuple(run.shifted(position) for run in self.runs)

    @property
    def ends_softly(self) -> bool:
        """Whether it ends in a soft hyphen, so that its last word goes on in the next line."""
        return self.soft


def split_lines(text: str, at: int = 0) -> list[Line]:
    r"""All lines of a text that begins at `at` of a page's; blank ones have no text.

    >>> [(line.text, line.start, line.indent) for line in split_lines("a\r\n  b c \n")]
    [('a', 0, 0), ('b c', 5, 2), ('', 10, 0)]
    """
    lines, start = [], at
    as_it_stands = ODD.search(text) is None
    for raw in text.splitlines(keepends=True):
        # What ends a line is blank, so it goes with the other blanks.
        stripped = raw.strip()
        indent = len(raw) - len(raw.lstrip()) if stripped and raw[0].isspace() else 0
        line = Line(stripped, start + indent, indent)
        lines.append(line if as_it_stands else _cleaned(line))
        start += len(raw)
    # A line end at the end of the text begins a line more, which `splitlines` leaves out.
    if not lines or text[-1].splitlines() == [""]:
        lines.append(Line("", start, 0))
    return lines


def lines_of(page: Page, start: int, end: int) -> list[Line]:
    """The lines of a part of a page; what is left out of paragraphs is as good as blank.

    A running line that is kept has blank lines around it, for no sentence goes on in it.
    """
    lines = split_lines(page.text[start:end], start)
    if not page.left_out and not page.kept:
        return lines
    left_out = {first for first, _ in page.left_out}
    seen: list[Line] = []
    for line in lines:
        blank = Line("", line.start, 0)
        seen += [blank] if line.start in left_out else [blank, line, blank] if line.start in page.kept else [line]
    return seen


def typical_width(lines: list[Line]) -> int:
    """The width in characters that full lines have: nine in ten non-blank lines are no longer."""
    lengths = sorted(len(line.text) for line in lines if line.text)
    return lengths[int(0.9 * (len(lengths) - 1))] if lengths else 0


def _cleaned(line: Line) -> Line:
    if not ODD.search(line.text):
        return line
    text, runs = clean(line.text, line.start)
    seen = line.text.rstrip(HIDDEN)
    return CleanedLine(text, line.start, line.indent, runs, soft="\u00ad" in line.text[len(seen) :])
