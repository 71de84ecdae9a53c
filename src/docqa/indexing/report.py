"""What a run of indexing did."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class FailedFile:
    """A file that could not be read, wholly or in part: why, as a code and as a sentence."""

    path: str
    code: str
    sentence: str


@dataclass(frozen=True)
class IndexReport:
    """Paths of files by what happened to them; `moved` holds (old path, new path).

    `copies` holds (path, path of the document) of those of them that have the very bytes of another file, whose
    paragraphs they share. `links` in folders were passed over, although they lead to what is read.
    """

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    moved: tuple[tuple[str, str], ...] = ()
    removed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    failed: tuple[FailedFile, ...] = ()
    partial: tuple[FailedFile, ...] = ()
    copies: tuple[tuple[str, str], ...] = ()
    links: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The report as `docqa index --json` prints it."""
        return {
            "schema": "docqa.index/1",
            "added": list(self.added),
            "changed": list(self.changed),
            "moved": [{"from": old, "to": new} for old, new in self.moved],
            "removed": list(self.removed),
            "unchanged": list(self.unchanged),
            "failed": [asdict(failure) for failure in self.failed],
            "partial": [asdict(failure) for failure in self.partial],
            "copies": [{"path": path, "of": document} for path, document in self.copies],
            "links": list(self.links),
        }
