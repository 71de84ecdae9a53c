"""Paragraphs that go on over the end of a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from docqa.documents.document import Page
from docqa.paragraphs.blocks import Block
from docqa.paragraphs.lines import typical_width

#: A last line shorter than this share of the typical width of its page is no line that goes on.
FULL_LINE = 0.6
#: No sentence ends with one of these.
UNFINISHED = frozenset("a an and as at by for from in its nor of on or than that the their to with".split())
#: What may stand before the first letter of a line.
OPENING = "\"'“‘(["


def over_page_breaks(pages: Sequence[Page], blocks: Sequence[list[Block]]) -> None:
    """Give the last block of each page the first one of the next page, where that goes on with its sentence.

    `blocks` are those of each page in order, and are changed in place. No block goes on over two page breaks, and none
    where the file states headings: those pages are slides or chapters.
    """
    for (page, found), (following, more) in pairwise(zip(pages, blocks, strict=True)):
        if (
            found
            and more
            and following.number == page.number + 1
            and page.headings is None
            and following.headings is None
            and _goes_on(found, more[0])
        ):
            found[-1] = replace(found[-1], over=more.pop(0).lines)


def _goes_on(found: Sequence[Block], following: Block) -> bool:
    last, line = found[-1].lines[-1], following.lines[0]
    if found[-1].level or following.level or last.ends_sentence or line.is_list_item:
        return False
    if last.ends_softly or (last.text.endswith("-") and last.text[-2:-1].isalpha()):
        return True
    if len(last.text) < FULL_LINE * typical_width([line for block in found for line in block.lines]):
        return False
    unfinished = last.text.endswith(",") or last.text.split()[-1] in UNFINISHED
    return unfinished or line.text.lstrip(OPENING)[:1].islower()
