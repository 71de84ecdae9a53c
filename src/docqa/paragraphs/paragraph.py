"""A paragraph and its offset map."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

#: Counts how the text of files and its paragraphs are made: a document that was read or divided in another way is read
#: again when it is indexed. It stands here because those who only read an index need not load what divides.
SEGMENTATION = 5


@dataclass(frozen=True, slots=True)
class Run:
    """`length` characters that stand at `text_start` in the paragraph's text and at `page_start` in the page's."""

    text_start: int
    page_start: int
    length: int

    @property
    def text_end(self) -> int:
        """One past its last character in the paragraph's text."""
        return self.text_start + self.length

    @property
    def page_end(self) -> int:
        """One past its last character in the page's text."""
        return self.page_start + self.length

    def page_position(self, position: int) -> int:
        """The character of the page that the one at `position` of the paragraph's text stands for."""
        return self.page_start + position - self.text_start

    def shifted(self, by: int) -> Run:
        """The same characters of the page, `by` characters later in the text."""
        return type(self)(self.text_start + by, self.page_start, self.length)

    def within(self, start: int, end: int) -> Run:
        """The part of it that is in `start` to `end` of the text, which has some of it; counted from `start`."""
        first, last = max(self.text_start, start), min(self.text_end, end)
        return Run(first - start, self.page_position(first), last - first)


@dataclass(frozen=True, slots=True)
class SpelledRun(Run):
    """`length` characters that one character of the page is read as, such as the two of a ligature."""

    @property
    def page_end(self) -> int:
        """One past its character in the page's text."""
        return self.page_start + 1

    def page_position(self, position: int) -> int:
        """Its character of the page, whichever of the paragraph's characters is asked for."""
        del position
        return self.page_start

    def within(self, start: int, end: int) -> Run:
        """The whole of it, counted from `start`."""
        del end
        return self.shifted(-start)


@dataclass(frozen=True)
class PageBreak:
    """Where a paragraph goes on: its first `runs` runs stand on its page, the others on page `page`."""

    runs: int
    page: int


@dataclass(frozen=True)
class Place:
    """Characters `start` to `end` (half-open) of the text of a page."""

    page: int
    start: int
    end: int


@dataclass(frozen=True)
class Paragraph:
    """What is retrieved and read: `text`, and where its characters stand in the text of page `page`.

    `runs` are in order and cover every non-blank character of `text`; blanks between them were put in or taken out
    when lines were joined. `headings` are the titles of the sections the paragraph is in, outermost first. A paragraph
    that goes on over the end of its page has a `page_break`.

    >>> paragraph = Paragraph(1, "two lines", (Run(0, 10, 3), Run(4, 15, 5)), ())
    >>> paragraph.places(4, 9)
    (Place(page=1, start=15, end=20),)
    """

    page: int
    text: str
    runs: tuple[Run, ...]
    headings: tuple[str, ...] = ()
    page_break: PageBreak | None = None

    @property
    def start(self) -> int:
        """The paragraph's first character in the text of its page."""
        return self.runs[0].page_start

    @property
    def end(self) -> int:
        """One past the paragraph's last character in the text of the page it ends on."""
        return self.runs[-1].page_end

    @property
    def end_page(self) -> int:
        """The page it ends on."""
        return self.page_break.page if self.page_break else self.page

    def places(self, start: int, end: int) -> tuple[Place, ...]:
        """Where the half-open, non-empty range of `text` stands: one place, or one on each side of a page break.

        Whole characters of the page: what begins or ends inside a ligature has all of it. Raises `ValueError` for an
        empty range or one outside the text.
        """
        first, last = self._runs(start, end)
        begin = self.runs[first].page_position(max(start, self.runs[first].text_start))
        position = min(max(end, start + 1, self.runs[last].text_start + 1), self.runs[last].text_end) - 1
        stop = self.runs[last].page_position(position) + 1
        if self.page_break is None or last < self.page_break.runs:
            return (Place(self.page, begin, stop),)
        if first >= self.page_break.runs:
            return (Place(self.page_break.page, begin, stop),)
        before, after = self.runs[self.page_break.runs - 1], self.runs[self.page_break.runs]
        return Place(self.page, begin, before.page_end), Place(self.page_break.page, after.page_start, stop)

    def whole(self, start: int, end: int) -> tuple[int, int]:
        """The range of `text` that stands at the `places` of a range: with whole ligatures, without blanks put in."""
        first, last = (self.runs[number] for number in self._runs(start, end))
        start = first.text_start if isinstance(first, SpelledRun) else max(start, first.text_start)
        end = last.text_end if isinstance(last, SpelledRun) else min(end, last.text_end)
        return start, max(start + 1, end)

    def _runs(self, start: int, end: int) -> tuple[int, int]:
        """The numbers of the first and the last run that a range has characters of; for blanks alone, of the next."""
        if not 0 <= start < end <= len(self.text):
            raise ValueError(f"characters {start} to {end} are no range of a text of {len(self.text)}")
        first = max(0, bisect_right(self.runs, start, key=lambda run: run.text_start) - 1)
        if start >= self.runs[first].text_end and first + 1 < len(self.runs):
            first += 1
        last = max(first, bisect_right(self.runs, end - 1, key=lambda run: run.text_start) - 1)
        return first, last
