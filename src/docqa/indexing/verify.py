"""Verifying: the documents of an index against their files as they are now; nothing is written."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docqa.indexing.changes import file_state
from docqa.indexing.report import FailedFile
from docqa.store.copies import stored_files
from docqa.store.documents import FAILED, StoredDocument
from docqa.store.places import base_folder, file_at

if TYPE_CHECKING:
    from sqlite_utils import Database

UNCHANGED, CHANGED, MISSING, UNREADABLE = "unchanged", "changed", "missing", "unreadable"


@dataclass(frozen=True)
class VerifyReport:
    """Paths of documents by what became of their files since they were indexed, each list in the order of paths.

    `changed` files hold something else, those that could not be read then too; `missing` ones are gone or are no
    regular files any more; `unreadable` ones are there and cannot be opened; `failed` ones could not be read when
    they were indexed and are the same since. `quick` says that sizes and times were compared, not contents.
    """

    unchanged: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()
    failed: tuple[FailedFile, ...] = ()
    quick: bool = False

    @property
    def up_to_date(self) -> bool:
        """Whether every file is as it was when it was indexed."""
        return not (self.changed or self.missing or self.unreadable)

    def to_dict(self) -> dict[str, Any]:
        """The report as `docqa verify --json` prints it."""
        return {
            "schema": "docqa.verify/1",
            "up_to_date": self.up_to_date,
            "quick": self.quick,
            "unchanged": list(self.unchanged),
            "changed": list(self.changed),
            "missing": list(self.missing),
            "unreadable": list(self.unreadable),
            "failed": [asdict(failure) for failure in self.failed],
        }


def verify_documents(
    db: Database,
    index_file: Path,
    *,
    quick: bool = False,
    on_progress: Callable[[int, int, str], None] = lambda done, total, name: None,
) -> VerifyReport:
    """Compare documents and copies with their files, by SHA-256 or, when `quick`, by size and time of change alone.

    `on_progress` hears (files done, files to do, path). No transaction is held open while files are read.
    """
    base = base_folder(db, index_file)
    documents = stored_files(db)
    found: dict[str, list[str]] = {UNCHANGED: [], CHANGED: [], MISSING: [], UNREADABLE: []}
    failed: list[FailedFile] = []
    for number, document in enumerate(documents, start=1):
        now = _compared(document, file_at(base, document.path), quick=quick)
        if document.status == FAILED and now == UNCHANGED:
            failed.append(FailedFile(document.path, document.code or "", document.error or ""))
        else:
            found[now].append(document.path)
        on_progress(number, len(documents), document.path)
    return VerifyReport(**{name: tuple(paths) for name, paths in found.items()}, failed=tuple(failed), quick=quick)


def _compared(document: StoredDocument, file: Path, *, quick: bool) -> str:
    try:
        status = file.stat()
    except (FileNotFoundError, NotADirectoryError):
        return MISSING
    except OSError:
        return _unopened(document)
    # A pipe that took the file's place is not opened: that could wait for ever.
    if not stat.S_ISREG(status.st_mode):
        return MISSING
    if not os.access(file, os.R_OK):
        return _unopened(document)
    if quick or not document.sha256 or status.st_size != document.size:
        same = (status.st_size, status.st_mtime) == (document.size, document.modified)
    else:
        now = file_state(file, document.path)
        if not now.sha256:
            return _unopened(document)
        same = now.sha256 == document.sha256
    return UNCHANGED if same and document.sha256 else CHANGED


def _unopened(document: StoredDocument) -> str:
    # One that could not be opened before either, so that it has no digest, is as it was.
    return UNREADABLE if document.sha256 else UNCHANGED
