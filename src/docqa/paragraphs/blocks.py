"""Blocks: neighbouring lines that belong together, a heading, a list item or running text."""

from __future__ import annotations

import re
from dataclasses import dataclass

from docqa.documents.document import Page
from docqa.paragraphs.characters import clean
from docqa.paragraphs.lines import Line, lines_of, typical_width
from docqa.paragraphs.running_lines import counts_pages

MARKDOWN_HEADING = re.compile(r"(#{1,6})\s+(.*?)[\s#]*$")
MARKDOWN_FENCE = re.compile(r"(```|~~~)")

#: Lines shorter than this share of the typical width end a paragraph when they end a sentence.
SHORT_LINE = 0.8
#: A heading has at most so many words and so great a share of the typical width.
HEADING_WORDS = 12
HEADING_WIDTH = 0.8
#: The depth given to headings recognised by their look, which have no level.
PLAIN_HEADING_LEVEL = 1


@dataclass(frozen=True)
class Block:
    """Lines that belong together; `level` is 0 for text and the depth of a heading otherwise.

    `words` are those of a heading that the file states; `over` are the lines of a text that stand on the next page.
    """

    lines: tuple[Line, ...]
    level: int = 0
    words: str = ""
    over: tuple[Line, ...] = ()

    @property
    def heading(self) -> str:
        """A heading's words, without Markdown's number signs."""
        if self.words:
            return self.words
        text = " ".join(line.text for line in self.lines)
        match = MARKDOWN_HEADING.match(text)
        return match.group(2) if match else text


def blocks_of(page: Page, *, markdown: bool) -> list[Block]:
    """The blocks of a page, in order: by the headings that its file states, else by how its lines look."""
    return find_blocks(page, markdown=markdown) if page.headings is None else stated_blocks(page)


def find_blocks(page: Page, *, markdown: bool) -> list[Block]:
    """Group the lines of a page into blocks, in order; each line that is read is in exactly one."""
    lines = lines_of(page, 0, len(page.text))
    width = typical_width(lines)
    blocks: list[Block] = []
    current: list[Line] = []
    fenced = False

    def close() -> None:
        if current:
            blocks.append(Block(tuple(current)))
            current.clear()

    for number, line in enumerate(lines):
        if markdown and MARKDOWN_FENCE.match(line.text):
            fenced = not fenced
        if not line.text:
            close()
            continue
        after_heading = bool(blocks) and not current and blocks[-1].level > 0
        level = _heading_level(lines, number, width, markdown=markdown, fenced=fenced, after_heading=after_heading)
        if level:
            close()
            blocks.append(Block((line,), level))
            continue
        if current and not fenced and _starts_block(current, line, width):
            close()
        current.append(line)
    close()
    return blocks


def stated_blocks(page: Page) -> list[Block]:
    """As `find_blocks`, for a page whose headings are known: whatever else looks like one is text."""
    blocks: list[Block] = []
    at = 0
    for heading in page.headings or ():
        blocks += _text_blocks(page, at, heading.start)
        lines = tuple(line for line in lines_of(page, heading.start, heading.end) if line.text)
        if lines:
            blocks.append(Block(lines, heading.level, clean(heading.words)[0]))
        at = heading.end
    return blocks + _text_blocks(page, at, len(page.text))


def _text_blocks(page: Page, start: int, end: int) -> list[Block]:
    lines = lines_of(page, start, end)
    width = typical_width(lines)
    blocks: list[Block] = []
    current: list[Line] = []
    for line in lines:
        if current and (not line.text or _starts_block(current, line, width)):
            blocks.append(Block(tuple(current)))
            current = []
        if line.text:
            current.append(line)
    return [*blocks, Block(tuple(current))] if current else blocks


def _heading_level(
    lines: list[Line], number: int, width: int, *, markdown: bool, fenced: bool, after_heading: bool
) -> int:
    line = lines[number]
    if markdown:
        match = None if fenced else MARKDOWN_HEADING.match(line.text)
        return len(match.group(1)) if match else 0
    # Most lines are too wide, so that is asked first: looking around and counting words takes longer.
    if len(line.text) > HEADING_WIDTH * width:
        return 0
    before = None if after_heading or not number else lines[number - 1]
    after = next((lines[later] for later in range(number + 1, len(lines)) if lines[later].text), None)
    return PLAIN_HEADING_LEVEL if _looks_like_heading(line, before, after) else 0


def _looks_like_heading(line: Line, before: Line | None, after: Line | None) -> bool:
    text = line.text
    return (
        after is not None
        # Most lines of prose end so; counting words takes longer.
        and not text.endswith((".", ",", ";", ":", "!", "?", "-"))
        and (text[0].isupper() or text[0].isdigit())
        and len(text.split()) <= HEADING_WORDS
        and sum(character.isalpha() for character in text) >= 0.6 * len(text.replace(" ", ""))
        and (before is None or not before.text or before.ends_sentence)
        and (len(after.text) > len(text) or text.isupper())
        and (after.text[0].isupper() or not after.text[0].isalpha())
        and not counts_pages(text)
    )


def _starts_block(current: list[Line], line: Line, width: int) -> bool:
    before = current[-1]
    if line.is_list_item and (line.indent <= before.indent or before.is_list_item or before.ends_sentence):
        return True
    if before.ends_sentence and len(before.text) < SHORT_LINE * width:
        return True
    # A first line set in: the lines before it were not.
    return line.indent > before.indent and before.ends_sentence and not current[0].is_list_item and before.indent == 0
