"""Citing: what a part of a paragraph is on its pages, and how it is shown to people."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from docqa.answers.answer import Source
from docqa.answers.ranking import Candidate
from docqa.documents.document import Page
from docqa.paragraphs.paragraph import Paragraph, Place
from docqa.paragraphs.sentences import sentence_ends
from docqa.retrieval.search import Hit
from docqa.store.places import link_to

BLANKS = re.compile(r"\s+")
#: A word that is broken at the end of a page is joined without what stands behind it there.
HYPHEN = re.compile("[-\u2010\u00ad]")


@dataclass(frozen=True)
class Quotation:
    """Characters `start` to `end` of a paragraph's text, where they stand, and what stands there.

    `text` is word for word that of its places; of two, on both sides of a page break, a line break is between.
    """

    start: int
    end: int
    places: tuple[Place, ...]
    text: str


def quotation(paragraph: Paragraph, start: int, end: int, pages: Mapping[int, Page]) -> Quotation:
    """The quotation of a range of a paragraph's text; `pages` are those that it stands on, by number."""
    start, end = paragraph.whole(start, end)
    places = paragraph.places(start, end)
    if len(places) == 2:
        before = pages[places[0].page].text
        hyphen = HYPHEN.match(before, places[0].end)
        places = (replace(places[0], end=hyphen.end()) if hyphen else places[0], places[1])
    text = "\n".join(pages[place.page].text[place.start : place.end] for place in places)
    return Quotation(start, end, places, text)


def display(text: str) -> str:
    r"""A part of a paragraph's text on one line, as it is shown to people.

    >>> display("two\n  lines")
    'two lines'
    """
    return BLANKS.sub(" ", text).strip()


def cite(
    hit: Hit, candidate: Candidate, null_score: float, pages: Mapping[int, Page], answer: str | None = None
) -> tuple[list[Source], str] | None:
    """The citations of a candidate, one for each file that holds it, by path, and its words as they are shown.

    `pages` are those of its paragraph, by number.

    With `answer`, the words of another candidate as they are shown, only those are cited; None where this one says them
    otherwise than with other blanks or hyphens.
    """
    paragraph = hit.paragraph.paragraph
    cited = quotation(paragraph, candidate.span.start, candidate.span.end, pages)
    if answer is not None:
        inside = _alike(answer).search(paragraph.text, cited.start, cited.end)
        if inside is None:
            return None
        cited = quotation(paragraph, inside.start(), inside.end(), pages)
    around = quotation(paragraph, *_sentence(paragraph.text, cited.start, cited.end), pages)
    before = BLANKS.sub(" ", paragraph.text[around.start : cited.start])
    words = display(paragraph.text[cited.start : cited.end])
    after = BLANKS.sub(" ", paragraph.text[cited.end : around.end])
    first, last = cited.places[0], cited.places[-1]
    page = pages[first.page]
    source = Source(
        path=hit.paths[0],
        sha256=hit.document.sha256,
        title=hit.document.title,
        page=first.page,
        start=first.start,
        end=last.end,
        page_label=page.label,
        paragraph=hit.paragraph.id,
        context=around.text,
        context_start=_inside(around, first.page, first.start),
        context_end=_inside(around, last.page, last.end),
        retriever_score=hit.score,
        score=candidate.span.score,
        null_score=null_score,
        ranking_score=candidate.total,
        link="",
        author=hit.document.author or "",
        context_display=before + words + after,
        display_start=len(before),
        display_end=len(before + words),
        headings=tuple(display(heading) for heading in paragraph.headings),
        text=cited.text,
        end_page=last.page,
        parts=cited.places,
    )
    fragment = f"#page={first.page}" if hit.document.has_links_to_pages else ""
    return [replace(source, path=path, link=link_to(path) + fragment) for path in hit.paths], words


def _inside(around: Quotation, page: int, position: int) -> int:
    """Where a character of a page stands in the text of a quotation."""
    first = around.places[0]
    if page == first.page:
        return position - first.start
    return first.end - first.start + len("\n") + position - around.places[1].start


def _alike(words: str) -> re.Pattern[str]:
    """Finds words with whatever blanks stand between them, and with or without hyphens between letters."""
    parts = []
    for place, character in enumerate(words):
        before, after = words[place - 1 : place], words[place + 1 : place + 2]
        if character == " ":
            parts.append(r"\s+")
        elif character == "-" and before.isalpha() and after.isalpha():
            parts.append("-?")
        else:
            parts.append(re.escape(character) + ("-?" if character.isalpha() and after.isalpha() else ""))
    return re.compile("".join(parts))


def _sentence(text: str, start: int, end: int) -> tuple[int, int]:
    """The sentence or sentences around a span of a paragraph, without the blanks around them."""
    ends = sentence_ends(text)
    last = next(position for position in ends if position >= end)
    first = max((position for position in ends if position <= start), default=0)
    part = text[first:last]
    return first + len(part) - len(part.lstrip()), first + len(part.rstrip())
