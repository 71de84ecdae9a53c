"""From the pages of a document to its paragraphs.

Paragraphs are rebuilt from lines, headings are joined to what follows, short blocks to their neighbours and long
ones are cut at sentence ends. Every character of a page that is read, and not left out, is in exactly one paragraph.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

from docqa.documents.document import Page
from docqa.paragraphs.blocks import Block, blocks_of
from docqa.paragraphs.hyphens import BrokenWords
from docqa.paragraphs.lines import Line
from docqa.paragraphs.page_breaks import over_page_breaks
from docqa.paragraphs.paragraph import PageBreak, Paragraph, Run, SpelledRun
from docqa.paragraphs.sentences import sentence_ends

#: A paragraph is closed at the next block once it has so many words.
ENOUGH_WORDS = 60
#: With fewer words than this, a paragraph goes on even across a heading.
FEW_WORDS = 20
#: No paragraph has more words than this, or more than eight times as many characters.
MOST_WORDS = 200
CHARACTERS_A_WORD = 8

BLANK = re.compile(r"\s")


def segment(pages: Iterable[Page], *, markdown: bool = False) -> list[Paragraph]:
    r"""The paragraphs of a document, in order, without what its pages leave out. None crosses two page breaks.

    >>> [paragraph.text for paragraph in segment([Page(1, "A title\n\nOne line\nand its end.")])]
    ['A title\nOne line and its end.']
    """
    pages = list(pages)
    blocks = [blocks_of(page, markdown=markdown) for page in pages]
    over_page_breaks(pages, blocks)
    # What states its headings was written, not set: Markdown, and all kinds that come without lines of their own.
    typeset = not markdown and any(page.headings is None for page in pages)
    broken = BrokenWords([page.text for page in pages], typeset=typeset)
    paragraphs: list[Paragraph] = []
    headings: tuple[tuple[int, str], ...] = ()
    for page, found in zip(pages, blocks, strict=True):
        for group, words in _groups(found):
            for block in group:
                if block.level:
                    outer = tuple(entry for entry in headings if entry[0] < block.level)
                    headings = (*outer, (block.level, block.heading))
            whole = _join(group, page.number, tuple(text for _, text in headings), broken)
            paragraphs.extend(_cut(whole, words))
    return paragraphs


def size_in_words(text: str) -> int:
    """The size that limits paragraphs: words, or characters over eight where words are long or not divided."""
    return max(len(text.split()), len(text) // CHARACTERS_A_WORD)


def _groups(blocks: Sequence[Block]) -> list[tuple[list[Block], int]]:
    """Blocks that become a paragraph together, and the sum of the sizes of their lines."""
    groups: list[tuple[list[Block], int]] = []
    current: list[Block] = []
    words = 0
    for block in blocks:
        added = sum(size_in_words(line.text) for line in (block.lines if not block.over else block.lines + block.over))
        full = words >= ENOUGH_WORDS or words + added > MOST_WORDS
        new_section = block.level > 0 and words >= FEW_WORDS
        # Headings alone wait for what they are about.
        if (full or new_section) and not all(other.level for other in current):
            groups.append((current, words))
            current, words = [], 0
        current.append(block)
        words += added
    if current:
        groups.append((current, words))
    return groups


def _join(blocks: Sequence[Block], page: int, headings: tuple[str, ...], broken: BrokenWords) -> Paragraph:
    parts: list[str] = []
    runs: list[Run] = []
    position = 0
    page_break = None
    for block in blocks:
        before: Line | None = None
        for line in block.lines + block.over if block.over else block.lines:
            text = line.text
            if before is None:
                joint = "\n" if parts else ""
            elif before.text[-1] != "-" and not before.ends_softly:
                # Most lines end with a word, so that is asked first.
                joint = " "
            else:
                hyphen_goes, joint = broken.joint(before, line)
                if hyphen_goes:
                    _drop_hyphen(parts, runs)
                    position -= 1
            if block.over and line is block.over[0]:
                page_break = PageBreak(len(runs), page + 1)
            position += len(joint)
            runs += line.runs_at(position)
            parts += (joint, text)
            position += len(text)
            before = line
    return Paragraph(page, "".join(parts), tuple(runs), headings, page_break)


def _drop_hyphen(parts: list[str], runs: list[Run]) -> None:
    parts[-1] = parts[-1][:-1]
    last = runs.pop()
    if last.length > 1:
        runs.append(Run(last.text_start, last.page_start, last.length - 1))


def _cut(paragraph: Paragraph, words: int) -> list[Paragraph]:
    # There are no more words in lines that were joined than in the lines, so they are seldom counted again.
    if max(words, len(paragraph.text) // CHARACTERS_A_WORD) <= MOST_WORDS:
        return [paragraph]
    size = size_in_words(paragraph.text)
    if size <= MOST_WORDS:
        return [paragraph]
    target = size / -(-size // MOST_WORDS)
    pieces, start, last = [], 0, 0
    for end in _cut_points(paragraph):
        if last > start and size_in_words(paragraph.text[start:end]) > min(target * 1.1, MOST_WORDS):
            pieces.append(_slice(paragraph, start, last))
            start = last
        last = end
    pieces.append(_slice(paragraph, start, len(paragraph.text)))
    return [piece for piece in pieces if piece is not None]


def _cut_points(paragraph: Paragraph) -> list[int]:
    text, points, start = paragraph.text, [], 0
    for end in sentence_ends(text):
        # No more than every second character begins a word, so most sentences need no counting.
        if end - start > MOST_WORDS and size_in_words(text[start:end]) > MOST_WORDS // 2:
            points += _word_ends(text, start, end)
        points.append(end)
        start = end
    # Nothing is cut inside a ligature.
    inside = {
        position: run.text_end
        for run in paragraph.runs
        if isinstance(run, SpelledRun)
        for position in range(run.text_start + 1, run.text_end)
    }
    return [inside.get(point, point) for point in points] if inside else points


def _word_ends(text: str, start: int, end: int) -> list[int]:
    # A sentence longer than half a paragraph is cut between words, one without blanks anywhere.
    longest = MOST_WORDS // 4 * CHARACTERS_A_WORD
    points: list[int] = []
    last = start
    while True:
        blank = BLANK.search(text, last + longest // 2, last + longest)
        last = blank.start() if blank else last + longest
        if last >= end:
            return points
        points.append(last)


def _slice(paragraph: Paragraph, start: int, end: int) -> Paragraph | None:
    text = paragraph.text[start:end]
    start += len(text) - len(text.lstrip())
    text = text.strip()
    if not text:
        return None
    end = start + len(text)
    runs = _within(paragraph.runs, start, end)
    page_break = paragraph.page_break
    if page_break is None:
        return Paragraph(paragraph.page, text, runs, paragraph.headings)
    before = len(_within(paragraph.runs[: page_break.runs], start, end))
    if not before:
        return Paragraph(page_break.page, text, runs, paragraph.headings)
    split = PageBreak(before, page_break.page) if before < len(runs) else None
    return Paragraph(paragraph.page, text, runs, paragraph.headings, split)


def _within(runs: Sequence[Run], start: int, end: int) -> tuple[Run, ...]:
    first = bisect_right(runs, start, key=lambda run: run.text_end)
    last = bisect_left(runs, end, lo=first, key=lambda run: run.text_start)
    return tuple(run.within(start, end) for run in runs[first:last])
