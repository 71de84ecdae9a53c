"""Whether the files of an open index still stand where they were opened.

SQLite goes on with files that were deleted or replaced under it, as the system lets it: what it then writes is lost,
and what it reads is what others see no more.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from docqa.errors import IndexNotFoundError

#: What SQLite adds to the name of the file: nothing, the write-ahead log, and what its processes share.
PARTS = ("", "-wal", "-shm")

#: Which file it is, as the system numbers files; None where there is none.
Identity = tuple[int, int] | None


class IndexConnection(sqlite3.Connection):
    """A connection that knows which files it has open, once `note_files` was called."""

    named: Path
    place: Path
    identities: tuple[Identity, ...] = ()

    def note_files(self, path: Path) -> None:
        """Take the files at `path` for those that are open now."""
        # SQLite opens the log with the first thing that it reads.
        self.execute("SELECT count(*) FROM sqlite_master").fetchone()
        # The current folder may be another one later.
        self.named, self.place = path, path.absolute()
        self.identities = _identities(self.place)


def check_files(connection: sqlite3.Connection) -> None:
    """Raise `IndexNotFoundError` when a file that the connection has open was deleted, moved or replaced."""
    if not isinstance(connection, IndexConnection) or not connection.identities:
        return
    now = _identities(connection.place)
    for part, before, here in zip(PARTS, connection.identities, now, strict=True):
        if before is not None and before != here:
            raise _gone(connection.named, part)


def _identities(path: Path) -> tuple[Identity, ...]:
    file = os.path.realpath(path)
    return tuple(_identity(file + part) for part in PARTS)


def _identity(file: str) -> Identity:
    try:
        status = os.stat(file)  # noqa: PTH116 - with each question and each file that is indexed
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _gone(path: Path, part: str) -> IndexNotFoundError:
    if not part:
        return IndexNotFoundError(
            f"The index {path} was deleted, moved or replaced while it was in use; run the command again, after "
            "`docqa index FOLDER` when it is gone. The documents are untouched."
        )
    return IndexNotFoundError(
        f"The file {path}{part}, a part of the index while that is in use, was deleted or replaced; end what uses the "
        "index, then run `docqa check`, and `docqa index FOLDER` for what it lost. The documents are untouched."
    )
