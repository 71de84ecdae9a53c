"""Running headers, footers and page numbers: lines at the edges of pages that repeat from page to page."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from docqa.documents.document import Page
from docqa.paragraphs.lines import Line, split_lines

#: So many lines at the top of a page, and at its bottom, can be running ones.
EDGE = 3
#: None is longer than this, in characters.
LONGEST = 200
#: A line repeats when it stands on at least so many pages,
PAGES = 3
#: of which each is no further from the one before than this: left and right pages differ, and some pages have none.
GAP = 4
#: No more than this share of a running line's kind stands in the middle of pages: rows of tables do.
ELSEWHERE = 0.25
#: A number that goes up with the pages beside words is no further from the page's number in the file than this.
FRONT_MATTER = 50
#: With fewer words beside it, a number after them is that of a heading, such as "Article 7", unless one of them says
#: that pages are counted.
WORDS = 3
PAGE_WORDS = frozenset("page pages p pp pg of seite seiten s von página páginas pág de sur sida side".split())
#: Numbers at the edges of pages that are years rather than pages of a journal.
YEARS = range(1500, 2101)

NUMBER = re.compile(r"\d{1,6}(?!\d)|\b[ivxl]+\b")
LETTERS = re.compile(r"[^\W\d_]+")
#: What stands for a number in the words of a line, in which every blank is a single space: no line has it of its own.
MARK = "\n"
#: Roman numerals as pages have them, by how they are written.
ROMAN = {
    tens + ones: 10 * ten + one
    for ten, tens in enumerate(("", "x", "xx", "xxx", "xl", "l", "lx", "lxx", "lxxx"))
    for one, ones in enumerate(("", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix"))
}


@dataclass(frozen=True)
class EdgeLine:
    """A line near the edge of a page: its words with a mark for each number, and the numbers."""

    page: int
    line: Line
    words: str
    numbers: tuple[int, ...]

    @property
    def range(self) -> tuple[int, int]:
        """Its characters in the text of its page."""
        return self.line.start, self.line.runs_at(0)[-1].page_end


@dataclass
class Chain:
    """Lines of the same words from page to page; `moving` are the places of the numbers that go up with the pages."""

    lines: list[EdgeLine]
    moving: tuple[int, ...] = ()

    def take(self, line: EdgeLine) -> bool:
        """Add a line of the same words, unless it does not go on with the chain; whether it was added."""
        last = self.lines[-1]
        distance = line.page - last.page
        if not 0 < distance <= GAP:
            return False
        steps = [now - before for before, now in zip(last.numbers, line.numbers, strict=True)]
        moving = tuple(place for place, step in enumerate(steps) if step)
        if any(steps[place] != distance for place in moving) or (len(self.lines) > 1 and moving != self.moving):
            return False
        self.moving = moving
        self.lines.append(line)
        return True

    @property
    def is_running(self) -> bool:
        """Whether these are running lines rather than headings or rows of a table that look alike."""
        if len(self.lines) < PAGES or len(self.moving) > 1:
            return False
        words = LETTERS.findall(self.lines[0].words)
        if not self.moving:
            return bool(words)
        first = self.lines[0]
        number = first.numbers[self.moving[0]]
        near = abs(number - first.page) <= FRONT_MATTER
        if not set(words) - PAGE_WORDS:
            return near or number not in YEARS
        return near and (len(words) >= WORDS or first.words.startswith(MARK) or not PAGE_WORDS.isdisjoint(words))

    @property
    def says(self) -> tuple[object, ...]:
        """What all of its lines say: their words, and the numbers that stay as they are."""
        numbers = self.lines[0].numbers
        return self.lines[0].words, *(None if place in self.moving else number for place, number in enumerate(numbers))


def counts_pages(text: str) -> bool:
    """Whether a line says nothing but which page it is on.

    >>> counts_pages("Page 3 of 17"), counts_pages("Page 3 of the treaty")
    (True, False)
    """
    words = LETTERS.findall(text.casefold())
    return set(words) <= PAGE_WORDS and any(character.isdigit() for character in text)


def without_running_lines(pages: Sequence[Page]) -> tuple[Page, ...]:
    r"""The pages, each with the ranges of its running lines as `left_out`; the text stays as it is.

    A line repeats when its words are the same on `PAGES` pages, none further than `GAP` from the last, and each number
    in it stays as it is or goes up with the pages. The first line of its kind in the document is kept, so that what
    stands in headers alone is found; bare page numbers all go. Headings that the file states are no running lines.

    >>> weather = ["It rains.", "It snows.", "It is dry."]
    >>> pages = [Page(n, f"The weather\n{text}\n{n}") for n, text in enumerate(weather, start=1)]
    >>> [page.left_out for page in without_running_lines(pages)]
    [((22, 23),), ((0, 11), (22, 23)), ((0, 11), (23, 24))]
    """
    if len(pages) < PAGES:
        return tuple(pages)
    edges = [_edges(page) for page in pages]
    running: set[tuple[int, int]] = set()
    kept: dict[tuple[object, ...], tuple[int, int]] = {}
    for chain in _running_chains(pages, edges):
        running.update((line.page, line.line.start) for line in chain.lines)
        if set(LETTERS.findall(chain.lines[0].words)) - PAGE_WORDS:
            kept.setdefault(chain.says, (chain.lines[0].page, chain.lines[0].line.start))
    first = set(kept.values())
    return tuple(_without(page, edge, running, first) for page, edge in zip(pages, edges, strict=True))


def _running_chains(pages: Sequence[Page], edges: Sequence[tuple[list[EdgeLine], list[EdgeLine]]]) -> list[Chain]:
    """Chains of running lines, in the order of their first pages."""
    chains = [chain for side in (0, 1) for chain in _chains(edge[side] for edge in edges) if chain.is_running]
    if not chains:
        return []
    everywhere = Counter(line.strip() for page in pages for line in page.text.splitlines())
    # A line of a short page is near both of its edges.
    at_edges = Counter(
        text for *_, text in {(line.page, line.line.start, line.line.text) for chain in chains for line in chain.lines}
    )
    return sorted(
        (chain for chain in chains if chain.moving or _is_at_edges(chain.lines[0].line.text, at_edges, everywhere)),
        key=lambda chain: chain.lines[0].page,
    )


def _is_at_edges(text: str, at_edges: Counter[str], everywhere: Counter[str]) -> bool:
    return everywhere[text] - at_edges[text] <= ELSEWHERE * at_edges[text]


def _edges(page: Page) -> tuple[list[EdgeLine], list[EdgeLine]]:
    """The lines at the top of a page and those at its bottom, the outermost first."""
    lines = page.text.splitlines(keepends=True)
    return _edge_lines(page, _first_lines(lines, 0)), _edge_lines(page, _last_lines(lines, len(page.text)))


def _first_lines(raw: Iterable[str], at: int) -> Iterator[Line]:
    for text in raw:
        line = split_lines(text, at)[0]
        if line.text:
            yield line
        at += len(text)


def _last_lines(raw: Sequence[str], end: int) -> Iterator[Line]:
    for text in reversed(raw):
        end -= len(text)
        line = split_lines(text, end)[0]
        if line.text:
            yield line


def _edge_lines(page: Page, lines: Iterator[Line]) -> list[EdgeLine]:
    headings = page.headings or ()
    found = []
    for line in islice(lines, EDGE):
        if len(line.text) > LONGEST or any(heading.start <= line.start < heading.end for heading in headings):
            break
        numbers: list[int] = []
        text = " ".join(line.text.casefold().split())
        words = NUMBER.sub(lambda match, numbers=numbers: _mark(match[0], numbers), text)  # type: ignore[misc]
        found.append(EdgeLine(page.number, line, words, tuple(numbers)))
    return found


def _mark(written: str, numbers: list[int]) -> str:
    number = ROMAN.get(written) or (int(written) if written.isdecimal() else None)
    if number is None:
        return written
    numbers.append(number)
    return MARK


def _chains(edges: Iterable[list[EdgeLine]]) -> list[Chain]:
    """All lines in chains of the same words; a line goes on with the last chain that it can go on with."""
    chains: dict[str, list[Chain]] = defaultdict(list)
    for edge in edges:
        for line in edge:
            alike = chains[line.words]
            # No more of them can have a line on one of the last pages.
            if not any(chain.take(line) for chain in reversed(alike[-EDGE * GAP :])):
                alike.append(Chain([line]))
    return [chain for alike in chains.values() for chain in alike]


def _without(
    page: Page,
    edges: tuple[list[EdgeLine], list[EdgeLine]],
    running: set[tuple[int, int]],
    first: set[tuple[int, int]],
) -> Page:
    """The page without the running lines from its edges inwards, up to the first other line."""
    ranges, kept = set(), set()
    for edge in edges:
        for line in edge:
            place = (line.page, line.line.start)
            if place not in running:
                break
            if place in first:
                kept.add(line.line.start)
            else:
                ranges.add(line.range)
    return replace(page, left_out=tuple(sorted(ranges)), kept=frozenset(kept)) if ranges or kept else page
