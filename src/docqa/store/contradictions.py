"""What an index holds that cannot be: damage that SQLite does not notice, met while a question is answered."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlite_utils.db import NotFoundError

from docqa.documents.document import Page
from docqa.errors import DamagedIndexError
from docqa.paragraphs.paragraph import Paragraph, wrong_offsets


@contextmanager
def contradictions(path: Path) -> Iterator[None]:
    """Errors of taking apart what is stored become a sentence; only such work is done inside."""
    try:
        yield
    except (NotFoundError, LookupError, TypeError, ValueError, OverflowError, struct.error) as error:
        raise _contradicts(path, f"{type(error).__name__}: {error}") from error


def check_agreement(path: Path, document: str, paragraph: Paragraph, page: Page) -> None:
    """Raise `DamagedIndexError` unless a paragraph has the words of its page where it says.

    The text of a paragraph and that of its page are stored apart, so no answer is given from one that was overwritten.
    """
    problem = wrong_offsets(paragraph, page.text)
    if problem is not None:
        raise _contradicts(path, f"of a paragraph of {document}, {problem}")


def _contradicts(path: Path, how: str) -> DamagedIndexError:
    return DamagedIndexError(
        f"The index {path} contradicts itself ({how}); run `docqa check` to see what is wrong and what mends it."
    )
