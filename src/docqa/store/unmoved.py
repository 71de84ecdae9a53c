"""Whether the files of an open index still stand where they were opened.

SQLite goes on with files that were deleted or replaced under it, as the system lets it: what it then writes is lost, and
what it reads is what others see no more.
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
    """A connection that knows which files it has open."""

    opened: tuple[Path, tuple[Identity, ...]] | None = None

    def note_files(self, path: Path) -> None:
        """Take the files at `path` for those that are open now."""
        # SQLite opens the log with the first thing that it reads.
        self.execute("SELECT count(*) FROM sqlite_master").fetchone()
        file = Path(os.path.realpath(path))
        self.opened = (path.absolute(), tuple(_identity(file, part) for part in PARTS))

    def check_files(self) -> None:
        """Raise `IndexNotFoundError` when one of them was deleted, moved or replaced since."""
        if self.opened is None:
            return
        path, identities = self.opened
        file = Path(os.path.realpath(path))
        for part, identity in zip(PARTS, identities, strict=True):
            if identity is not None and _identity(file, part) != identity:
                raise _gone(path, part)


def _identity(file: Path, part: str) -> Identity:
    try:
        status = os.stat(f"{file}{part}")  # noqa: PTH116 - a path of its own for each would be made for each question
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
