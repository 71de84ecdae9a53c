"""Every error docqa raises on purpose: one base, one subclass per situation a caller can act on.

A message is one sentence or two: what happened, the offending value, what to do next.
"""

from __future__ import annotations


class DocqaError(Exception):
    """Something went wrong that the caller can act on; the message says how."""


class UsageError(DocqaError):
    """An argument cannot be used as given."""


class QuestionError(UsageError):
    """The question is empty or too long to be read."""


class PathError(UsageError):
    """A file or folder to index does not exist or cannot be listed."""


class IndexFileError(DocqaError):
    """The index cannot be used as it is."""


class IndexNotFoundError(IndexFileError):
    """There is no index at the given path."""


class NotAnIndexError(IndexFileError):
    """The file at the given path is not an index of docqa."""


class NewerIndexError(IndexFileError):
    """The index was written by a newer docqa than this one."""


class DamagedIndexError(IndexFileError):
    """SQLite reports that the index file is damaged."""


class AnalyzerMismatchError(IndexFileError):
    """The index was built with another tokenizer than the one asked for."""


class IndexLockedError(IndexFileError):
    """Another process is writing to the index."""


class DocumentError(DocqaError):
    """A document cannot be read; `code` names the reason in the ledger.

    The codes are listed in docs/ledger.md.
    """

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


class ReaderError(DocqaError):
    """A reader cannot be loaded or used."""


class ReaderNotFoundError(ReaderError):
    """No reader of the given name or folder could be found."""


class DataFileError(DocqaError):
    """A question file is missing or not in the format it should have."""


class TrainingError(DocqaError):
    """Training cannot start or go on."""
