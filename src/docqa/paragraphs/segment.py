"""From the pages of a document to its paragraphs.

Paragraphs are rebuilt from lines, headings are joined to what follows, short blocks to their neighbours and long
ones are cut at sentence ends. Every non-blank character of a page is in exactly one paragraph.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from docqa.documents.document import Page
from docqa.paragraphs.blocks import Block, find_blocks, stated_blocks
from docqa.paragraphs.lines import Line
from docqa.paragraphs.paragraph import Paragraph, Run
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
    r"""The paragraphs of a document, in order. No paragraph crosses a page break.

    >>> [paragraph.text for paragraph in segment([Page(1, "A title\n\nOne line\nand its end.")])]
    ['A title\nOne line and its end.']
    """
    paragraphs: list[Paragraph] = []
    headings: tuple[tuple[int, str], ...] = ()
    for page in pages:
        if page.headings is None:
            found = find_blocks(page.text, markdown=markdown)
        else:
            found = stated_blocks(page.text, page.headings)
        for blocks, words in _groups(found):
            for block in blocks:
                if block.level:
                    outer = tuple(entry for entry in headings if entry[0] < block.level)
                    headings = (*outer, (block.level, block.heading))
            whole = _join(blocks, page.number, tuple(text for _, text in headings))
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
        added = sum(size_in_words(line.text) for line in block.lines)
        only_headings = all(other.level for other in current)
        full = words >= ENOUGH_WORDS or words + added > MOST_WORDS
        new_section = block.level > 0 and words >= FEW_WORDS
        if current and not only_headings and (full or new_section):
            groups.append((current, words))
            current, words = [], 0
        current.append(block)
        words += added
    if current:
        groups.append((current, words))
    return groups


def _join(blocks: Sequence[Block], page: int, headings: tuple[str, ...]) -> Paragraph:
    parts: list[str] = []
    runs: list[Run] = []
    position = 0
    for block in blocks:
        before: Line | None = None
        for line in block.lines:
            joint = "" if not parts else "\n" if before is None else _joint(before, line)
            runs.append(Run(position + len(joint), line.start, len(line.text)))
            parts += [joint, line.text]
            position += len(joint) + len(line.text)
            before = line
    return Paragraph(page, "".join(parts), tuple(runs), headings)


def _joint(before: Line, line: Line) -> str:
    broken_word = before.text.endswith("-") and before.text[-2:-1].isalpha() and line.text[0].islower()
    return "" if broken_word else " "


def _cut(paragraph: Paragraph, words: int) -> list[Paragraph]:
    # There are no more words in lines that were joined than in the lines, so they are seldom counted again.
    if max(words, len(paragraph.text) // CHARACTERS_A_WORD) <= MOST_WORDS:
        return [paragraph]
    size = size_in_words(paragraph.text)
    if size <= MOST_WORDS:
        return [paragraph]
    target = size / -(-size // MOST_WORDS)
    pieces, start, last = [], 0, 0
    for end in _cut_points(paragraph.text):
        if last > start and size_in_words(paragraph.text[start:end]) > min(target * 1.1, MOST_WORDS):
            pieces.append(_slice(paragraph, start, last))
            start = last
        last = end
    pieces.append(_slice(paragraph, start, len(paragraph.text)))
    return [piece for piece in pieces if piece is not None]


def _cut_points(text: str) -> list[int]:
    points, start = [], 0
    for end in sentence_ends(text):
        if size_in_words(text[start:end]) > MOST_WORDS // 2:
            points += _word_ends(text, start, end)
        points.append(end)
        start = end
    return points


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
    runs = tuple(
        Run(max(run.text_start, start) - start, run.page_start + max(0, start - run.text_start), length)
        for run in paragraph.runs
        if (length := min(run.text_start + run.length, end) - max(run.text_start, start)) > 0
    )
    return Paragraph(paragraph.page, text, runs, paragraph.headings)
