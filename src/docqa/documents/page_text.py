"""The text of a page, put together block by block, with the headings that the file states."""

from __future__ import annotations

from docqa.documents.document import Heading, Page
from docqa.documents.foreign import encodable, in_one_line

#: What stands between two blocks, so that each is told from its neighbours.
BETWEEN = "\n\n"


class PageText:
    r"""A page in the making.

    >>> page = PageText()
    >>> page.add_heading("The  Sea", 1)
    >>> page.add("It is blue.")
    >>> page.finish(1).text
    'The Sea\n\nIt is blue.'
    """

    def __init__(self) -> None:
        self._blocks: list[str] = []
        self._headings: list[Heading] = []
        self._length = 0

    def add(self, text: str) -> None:
        """Add a block of text; its lines stay lines, blank ones around it go."""
        text = encodable(text).strip()
        if text:
            self._append(text)

    def add_heading(self, words: str, level: int) -> None:
        """Add a heading, of depth 1 for the outermost."""
        words = in_one_line(words)
        if words:
            start = self._append(words)
            self._headings.append(Heading(start, start + len(words), level, words))

    def finish(self, number: int, *, guess: bool = False) -> Page:
        """The page; with `guess`, headings are told by their look when the file states none."""
        headings = None if guess and not self._headings else tuple(self._headings)
        return Page(number, BETWEEN.join(self._blocks), None, headings)

    @property
    def first_heading(self) -> str:
        """The words of the first heading, or nothing."""
        return self._headings[0].words if self._headings else ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was added."""
        return not self._blocks

    @property
    def length(self) -> int:
        """The characters of what was added."""
        return self._length

    def _append(self, text: str) -> int:
        start = self._length + (len(BETWEEN) if self._blocks else 0)
        self._blocks.append(text)
        self._length = start + len(text)
        return start
