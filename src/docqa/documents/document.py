"""What reading a file gives."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Page:
    """One page: its number from 1, its text as extracted, and its label as printed, when the file says one."""

    number: int
    text: str
    label: str | None = None


@dataclass(frozen=True)
class Document:
    """A file that was read: its pages, its title (empty when it states none) and what extracted them.

    `notes` says, a sentence each, what could not be read although the rest could.
    """

    pages: tuple[Page, ...]
    title: str
    extractor: str
    extractor_version: str
    notes: tuple[str, ...] = ()
