"""What reading a file gives."""

from __future__ import annotations

from dataclasses import dataclass

PAGE_NAMES = {".pdf": "page", ".pptx": "slide", ".odp": "slide"}


@dataclass(frozen=True)
class Heading:
    """A heading that the file states: `text[start:end]` of its page, its depth from 1, and its words alone."""

    start: int
    end: int
    level: int
    words: str


@dataclass(frozen=True)
class Page:
    """One page: its number from 1, its text as extracted, and its label as printed, when the file says one.

    `headings` are those the file states, in order. With None the file states none, and they are told by their look.
    `left_out` are the ranges of characters, in order, that are in no paragraph: running headers, footers, page numbers.
    `kept` are where lines begin that would be left out were they not the first of their kind.
    `extractor` is what its text is from, with the version, where that differs from page to page.
    """

    number: int
    text: str
    label: str | None = None
    headings: tuple[Heading, ...] | None = None
    left_out: tuple[tuple[int, int], ...] = ()
    kept: frozenset[int] = frozenset()
    extractor: str | None = None


@dataclass(frozen=True)
class Document:
    """A file that was read: its pages, its title (empty when it states none) and what extracted them.

    `notes` says, a sentence each, what could not be read although the rest could; `code` names the gravest of them in
    the ledger. `author` and `language`, a BCP 47 tag, are as the file states them, and empty when it does not.
    """

    pages: tuple[Page, ...]
    title: str
    extractor: str
    extractor_version: str
    notes: tuple[str, ...] = ()
    author: str = ""
    language: str = ""
    code: str = "PAGES-FAILED"


def page_name(path: str) -> str:
    """What people call a page of a file by its number, compressed or not; empty where they see no such numbers.

    >>> page_name("a.pdf"), page_name("Talk.PPTX.gz"), page_name("book.epub")
    ('page', 'slide', '')
    """
    name = path.lower().removesuffix(".gz")
    return next((called for suffix, called in PAGE_NAMES.items() if name.endswith(suffix)), "")
