"""What a check of an index found, and what a repair did."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

#: What was found wrong: the SQLite file, rows that lead nowhere, the text of a document, the inverted index, numbers
#: that are kept of the whole.
FILE, ROWS, TEXT, POSTINGS, STATISTICS = "file", "rows", "text", "postings", "statistics"
#: What makes it right: a new index, `docqa check --repair`, or `docqa index` once a repair has marked the document.
ANEW, REPAIR, INDEX = "anew", "repair", "index"


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: of which `kind`, in which document when it is one's, a sentence, and the `remedy`.

    `kind` is "file", "rows", "text", "postings" or "statistics"; `remedy` is "repair" where `Corpus.repair` helps,
    "index" where indexing the document again does, "anew" where only a new index does.
    """

    kind: str
    sentence: str
    remedy: str
    path: str | None = None


@dataclass(frozen=True)
class CheckReport:
    """What was checked, how many documents and paragraphs, and all that is wrong, in the order in which it was met."""

    path: str
    documents: int = 0
    paragraphs: int = 0
    findings: tuple[Finding, ...] = ()

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings

    def to_dict(self) -> dict[str, Any]:
        """The report as `docqa check --json` prints it."""
        return {
            "schema": "docqa.check/1",
            "path": self.path,
            "sound": self.sound,
            "documents": self.documents,
            "paragraphs": self.paragraphs,
            "findings": [asdict(finding) for finding in self.findings],
        }


@dataclass(frozen=True)
class RepairReport:
    """What a repair did.

    `documents` and `paragraphs` were indexed again from the stored text. `read_again` are the paths of documents whose
    stored text contradicts itself: the next `docqa index` reads their files again. `dropped` counts pages, paragraphs
    and copies that were taken out, because they could not be read or belonged to no document.
    """

    documents: int
    paragraphs: int
    read_again: tuple[str, ...] = ()
    dropped: int = 0

    def to_dict(self) -> dict[str, Any]:
        """The report as it stands in what `docqa check --repair --json` prints."""
        return {**asdict(self), "read_again": list(self.read_again)}
