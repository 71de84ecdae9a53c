"""Whether a paragraph says what its pages say."""

from __future__ import annotations

from collections.abc import Mapping

from docqa.paragraphs.characters import SPELLED
from docqa.paragraphs.paragraph import Paragraph, Run, SpelledRun


def wrong_offsets(paragraph: Paragraph, pages: Mapping[int, str]) -> str | None:
    """What of a paragraph's offsets is not as the texts of its pages, by number, have it; None when all is right."""
    text, in_text = paragraph.text, 0
    for number, runs in runs_by_page(paragraph):
        page, in_page = pages[number], 0
        for run in runs:
            if run.text_start < in_text or run.page_start < in_page or run.text_end > len(text):
                return "the offsets are out of order or lead out of its text or its page"
            if run.page_end > len(page):
                return "the offsets are out of order or lead out of its text or its page"
            if not _says(run, text, page):
                return f"the text is not what stands at its offsets on page {number}"
            if text[in_text : run.text_start].strip():
                return "the offsets leave out some of its text"
            in_text, in_page = run.text_end, run.page_end
    return "the offsets leave out some of its text" if text[in_text:].strip() else None


def runs_by_page(paragraph: Paragraph) -> list[tuple[int, tuple[Run, ...]]]:
    """The runs of a paragraph on its page, and those on the one it goes on on."""
    if paragraph.page_break is None:
        return [(paragraph.page, paragraph.runs)]
    runs = paragraph.page_break.runs
    return [(paragraph.page, paragraph.runs[:runs]), (paragraph.page_break.page, paragraph.runs[runs:])]


def _says(run: Run, text: str, page: str) -> bool:
    there = page[run.page_start : run.page_end]
    if isinstance(run, SpelledRun):
        there = SPELLED.get(there, "")
    return text[run.text_start : run.text_end] == there
