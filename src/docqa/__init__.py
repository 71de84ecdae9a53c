"""docqa answers questions from a folder of documents with their exact words, and says where they stand.

>>> import docqa
>>> corpus = docqa.open("docs.db")  # doctest: +SKIP
>>> corpus.index("reports/")  # doctest: +SKIP
>>> corpus.ask("Who signed it?").best.text  # doctest: +SKIP
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from docqa.answers.answer import Answer, Answers, IndexInfo, Source, Timings
    from docqa.answers.ask import AskOptions
    from docqa.checking.report import CheckReport, Finding, RepairReport
    from docqa.corpus import Corpus
    from docqa.corpus import open_corpus as open  # noqa: A004
    from docqa.documents.limits import Limits
    from docqa.errors import (
        AnalyzerMismatchError,
        DamagedIndexError,
        DataFileError,
        DocqaError,
        DocumentError,
        IndexFileError,
        IndexLockedError,
        IndexNotFoundError,
        NewerIndexError,
        NotAnIndexError,
        PathError,
        QuestionError,
        ReaderError,
        ReaderNotFoundError,
        TrainingError,
        UsageError,
    )
    from docqa.indexing.report import FailedFile, IndexReport
    from docqa.indexing.verify import VerifyReport
    from docqa.paragraphs.paragraph import Place
    from docqa.reading.reader import ReadAnswer, Reader
    from docqa.reading.settings import Ranking
    from docqa.retrieval.search import Hit
    from docqa.store.sole_writer import Holder

__version__ = "0.1.0"

#: Where each public name is defined; it is imported when first used, so that importing docqa is quick.
_HOME = {
    "open": ("docqa.corpus", "open_corpus"),
    "Corpus": ("docqa.corpus", "Corpus"),
    "AskOptions": ("docqa.answers.ask", "AskOptions"),
    "Ranking": ("docqa.reading.settings", "Ranking"),
    "Reader": ("docqa.reading.reader", "Reader"),
    "ReadAnswer": ("docqa.reading.reader", "ReadAnswer"),
    "Hit": ("docqa.retrieval.search", "Hit"),
    "Holder": ("docqa.store.sole_writer", "Holder"),
    "Place": ("docqa.paragraphs.paragraph", "Place"),
    **{name: ("docqa.answers.answer", name) for name in ("Answer", "Answers", "IndexInfo", "Source", "Timings")},
    **{name: ("docqa.checking.report", name) for name in ("CheckReport", "Finding", "RepairReport")},
    "Limits": ("docqa.documents.limits", "Limits"),
    "VerifyReport": ("docqa.indexing.verify", "VerifyReport"),
    **{name: ("docqa.indexing.report", name) for name in ("FailedFile", "IndexReport")},
    **{
        name: ("docqa.errors", name)
        for name in (
            "AnalyzerMismatchError",
            "DamagedIndexError",
            "DataFileError",
            "DocqaError",
            "DocumentError",
            "IndexFileError",
            "IndexLockedError",
            "IndexNotFoundError",
            "NewerIndexError",
            "NotAnIndexError",
            "PathError",
            "QuestionError",
            "ReaderError",
            "ReaderNotFoundError",
            "TrainingError",
            "UsageError",
        )
    },
}

__all__ = [
    "AnalyzerMismatchError",
    "Answer",
    "Answers",
    "AskOptions",
    "CheckReport",
    "Corpus",
    "DamagedIndexError",
    "DataFileError",
    "DocqaError",
    "DocumentError",
    "FailedFile",
    "Finding",
    "Hit",
    "Holder",
    "IndexFileError",
    "IndexInfo",
    "IndexLockedError",
    "IndexNotFoundError",
    "IndexReport",
    "Limits",
    "NewerIndexError",
    "NotAnIndexError",
    "PathError",
    "Place",
    "QuestionError",
    "Ranking",
    "ReadAnswer",
    "Reader",
    "ReaderError",
    "ReaderNotFoundError",
    "RepairReport",
    "Source",
    "Timings",
    "TrainingError",
    "UsageError",
    "VerifyReport",
    "__version__",
    "open",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'docqa' has no attribute {name!r}")
    module, attribute = _HOME[name]
    value = getattr(importlib.import_module(module), attribute)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
