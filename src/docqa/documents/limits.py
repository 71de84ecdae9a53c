"""How much one file may cost, so that a hostile or broken one costs itself and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, fields

from docqa.errors import DocumentError, UsageError

MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Limits:
    """The limits of one file; a file that meets one is not read, and the ledger says which.

    A manual of thousands of pages and a text of 20 MB stay far below all of them. Raises `UsageError` for a limit
    that is not positive.
    """

    #: Seconds that reading the file may take.
    seconds: float = 300.0
    #: Megabytes of data that the process which reads it may hold. Kept on Linux only.
    memory: int = 1_000
    #: Megabytes of the file itself.
    size: int = 300
    #: Pages of a PDF.
    pages: int = 10_000
    #: Characters of text that the file yields.
    text: int = 50_000_000
    #: Paragraphs that its text is cut into.
    paragraphs: int = 500_000

    def __post_init__(self) -> None:
        for field in fields(self):
            if not getattr(self, field.name) > 0:
                raise UsageError(f"The limit of {field.name} a file has to be above 0.")

    @property
    def answer_bytes(self) -> int:
        """How long the answer of a worker may be: the text, twice, at four bytes a character, and as much about it."""
        return 16 * self.text + MEGABYTE


#: The limits unless somebody asks for others.
DEFAULT_LIMITS = Limits()
#: Code of a limit in the ledger to the option that raises it.
LIMIT_OPTIONS = {
    "FILE-SLOW": "--seconds-a-file",
    "FILE-MEMORY": "--memory-a-file",
    "FILE-SIZE": "--size-a-file",
    "FILE-PAGES": "--pages-a-file",
    "FILE-TEXT": "--text-a-file",
    "FILE-PARAGRAPHS": "--paragraphs-a-file",
}


def too_slow(limits: Limits) -> DocumentError:
    """The file took too long."""
    return _met("FILE-SLOW", f"Reading the file took longer than {limits.seconds:g} seconds")


def too_much_memory(limits: Limits) -> DocumentError:
    """The file asked for too much memory."""
    return _met("FILE-MEMORY", f"Reading the file takes more memory than {limits.memory:,} MB, or than there is")


def too_large(limits: Limits) -> DocumentError:
    """The file is too large to be opened."""
    return _met("FILE-SIZE", f"The file is larger than {limits.size:,} MB")


def check_pages(count: int, limits: Limits) -> None:
    """Raises `DocumentError` when a file has so many pages that it is not read."""
    if count > limits.pages:
        raise _met("FILE-PAGES", f"The file has {count:,} pages, more than {limits.pages:,}")


def check_text(characters: int, limits: Limits) -> None:
    """Raises `DocumentError` when a file has yielded more text than it may."""
    if characters > limits.text:
        raise too_much_text(limits)


def too_much_text(limits: Limits) -> DocumentError:
    """The file yields too much text, or what is made of the text is too long to be handed on."""
    return _met("FILE-TEXT", f"The file yields more text than {limits.text:,} characters")


def check_paragraphs(count: int, limits: Limits) -> None:
    """Raises `DocumentError` when a file's text falls into too many paragraphs."""
    if count > limits.paragraphs:
        raise _met("FILE-PARAGRAPHS", f"The file has {count:,} paragraphs, more than {limits.paragraphs:,}")


def _met(code: str, what_happened: str) -> DocumentError:
    return DocumentError(code, f"{what_happened}; {LIMIT_OPTIONS[code]} raises this limit.")
