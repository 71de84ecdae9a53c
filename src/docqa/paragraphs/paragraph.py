"""A paragraph and its offset map."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass


@dataclass(frozen=True)
class Run:
    """`length` characters that stand at `text_start` in the paragraph's text and at `page_start` in the page's."""

    text_start: int
    page_start: int
    length: int


@dataclass(frozen=True)
class Paragraph:
    """What is retrieved and read: `text`, and where its characters stand in the text of page `page`.

    `runs` are in order and cover every non-blank character of `text`; blanks between them were put in or taken out
    when lines were joined. `headings` are the titles of the sections the paragraph is in, outermost first.

    >>> paragraph = Paragraph(1, "two lines", (Run(0, 10, 3), Run(4, 15, 5)), ())
    >>> paragraph.to_page(4, 9)
    (15, 20)
    """

    page: int
    text: str
    runs: tuple[Run, ...]
    headings: tuple[str, ...] = ()

    @property
    def start(self) -> int:
        """The paragraph's first character in the text of its page."""
        return self.runs[0].page_start

    @property
    def end(self) -> int:
        """One past the paragraph's last character in the text of its page."""
        return self.runs[-1].page_start + self.runs[-1].length

    def to_page(self, start: int, end: int) -> tuple[int, int]:
        """The half-open range in the page's text of the half-open, non-empty range of `text`.

        Raises `ValueError` for an empty range or one outside the text.
        """
        if not 0 <= start < end <= len(self.text):
            raise ValueError(f"characters {start} to {end} are no range of a text of {len(self.text)}")
        return self._first(start), self._last(end - 1) + 1

    def _first(self, position: int) -> int:
        number = bisect_right(self.runs, position, key=lambda run: run.text_start) - 1
        if number >= 0 and position < self.runs[number].text_start + self.runs[number].length:
            return self.runs[number].page_start + position - self.runs[number].text_start
        return self.runs[min(number + 1, len(self.runs) - 1)].page_start

    def _last(self, position: int) -> int:
        number = max(0, bisect_right(self.runs, position, key=lambda run: run.text_start) - 1)
        run = self.runs[number]
        return run.page_start + min(position - run.text_start, run.length - 1)


def wrong_offsets(paragraph: Paragraph, page: str) -> str | None:
    """What of a paragraph's offsets is not as the text of its page has it, None when all is right."""
    text, in_text, in_page = paragraph.text, 0, 0
    for run in paragraph.runs:
        text_end, page_end = run.text_start + run.length, run.page_start + run.length
        if run.text_start < in_text or run.page_start < in_page or text_end > len(text) or page_end > len(page):
            return "the offsets are out of order or lead out of its text or its page"
        if text[run.text_start : text_end] != page[run.page_start : page_end]:
            return f"the text is not what stands at its offsets on page {paragraph.page}"
        if text[in_text : run.text_start].strip():
            return "the offsets leave out some of its text"
        in_text, in_page = text_end, page_end
    return "the offsets leave out some of its text" if text[in_text:].strip() else None
