"""What an index holds that cannot be: damage that SQLite does not notice, met while a question is answered."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from sqlite_utils.db import NotFoundError

from docqa.documents.document import Page
from docqa.errors import DamagedIndexError
from docqa.paragraphs.agreement import wrong_offsets
from docqa.paragraphs.paragraph import Paragraph


@contextmanager
def contradictions(path: Path) -> Iterator[None]:
    """Errors of taking apart what is stored become a sentence; only such work is done inside."""
    try:
        yield
    except (NotFoundError, LookupError, TypeError, ValueError, OverflowError, struct.error) as error:
        raise _contradicts(path, f"{type(error).__name__}: {error}") from error


def check_agreement(path: Path, document: str, paragraph: Paragraph, pages: Mapping[int, Page]) -> None:
    """Raise `DamagedIndexError` unless a paragraph has the words of its pages, by number, where it says.

    The text of a paragraph and that of its pages are stored apart, so no answer is given from one that was overwritten.
    """
    problem = wrong_offsets(paragraph, {number: page.text for number, page in pages.items()})
    if problem is not None:
        raise _contradicts(path, f"of a paragraph of {document}, {problem}")


def _contradicts(path: Path, how: str) -> DamagedIndexError:
    return DamagedIndexError(
        f"The index {path} contradicts itself ({how}); run `docqa check` to see what is wrong and what mends it."
    )
