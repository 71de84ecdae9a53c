"""Following files and folders: when something changes that a run of indexing would notice, it is time for the next."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from docqa.documents.discovery import leads_to
from docqa.documents.ignoring import IGNORE_FILE, sieve_for
from docqa.errors import DocqaError, PathError, UsageError
from docqa.indexing.run import document_path
from docqa.store.copies import holds
from docqa.store.places import base_folder

if TYPE_CHECKING:
    from sqlite_utils import Database

    from docqa.indexing.report import IndexReport

#: A burst of changes is over when nothing has changed for so many milliseconds, or so many after it began.
QUIET, LONGEST = 300, 10_000
#: So often, in milliseconds, it is looked whether what is followed is still there.
LOOK = 300


class Run(Protocol):
    """A run of indexing over paths that are there, which knows whether it is the first."""

    def __call__(self, there: Sequence[Path], *, is_first: bool) -> IndexReport:
        """What the run did. Raises `DocqaError`."""


@dataclass(frozen=True)
class Followed:
    """What is followed: folders, and files, for which the folders that they are in are; all absolute.

    `include` and `exclude` are globs as in a .gitignore, `poll` says to look at the files instead of asking the system.
    """

    folders: tuple[Path, ...]
    files: tuple[Path, ...]
    include: Sequence[str]
    exclude: Sequence[str]
    poll: bool

    def there(self) -> tuple[Path, ...]:
        """Those of the folders and files that are there now."""
        return tuple(path for path in (*self.folders, *self.files) if path.exists())

    def roots(self) -> dict[Path, tuple[int, int]]:
        """The folders to be followed that are there, each with what tells it from another one at the same path."""
        found = {}
        for folder in (*self.folders, *(file.parent for file in self.files)):
            if folder.is_dir():
                status = folder.stat()
                found[folder] = (status.st_dev, status.st_ino)
        return found


def follow(
    paths: Sequence[str | os.PathLike[str]], *, include: Sequence[str], exclude: Sequence[str], poll: bool
) -> Followed:
    """What is to be followed for these paths."""
    given = [Path(os.path.abspath(path)) for path in paths]
    files = tuple(path for path in given if path.is_file())
    return Followed(tuple(path for path in given if path not in files), files, include, exclude, poll)


def check_watching() -> None:
    """Raises `UsageError` when the library that follows folders is not installed."""
    try:
        import watchfiles  # noqa: F401
    except ImportError:
        raise UsageError(
            "Following folders takes watchfiles, which is not installed; install it with `pip install watchfiles`."
        ) from None


def watch_paths(
    db: Database,
    index_file: Path,
    followed: Followed,
    index: Run,
    on_trouble: Callable[[DocqaError], None],
) -> Iterator[IndexReport]:
    """Give the report of the first run of `index`, and of each later one that changed something; without an end.

    `index` gets the paths that are there. What it raises the first time is raised; later `on_trouble` hears it, and the
    next change leads to the next run. A path that goes leaves its documents in the index until it is back.
    """
    given = (*followed.folders, *followed.files)
    last: IndexReport | None = None
    gone: set[Path] = set()
    for there in _occasions(followed, lambda path: _matters(db, index_file, path, followed)):
        for path in sorted(set(given) - set(there) - gone):
            on_trouble(
                PathError(f"{path} is gone; its documents stay in the index, and it is followed when it is back.")
            )
        gone = set(given) - set(there)
        if not there:
            continue
        try:
            report = index(there, is_first=last is None)
        except DocqaError as error:
            if last is None:
                raise
            on_trouble(error)
            continue
        if last is None or _says_something(report, last):
            yield report
        last = report


def _says_something(report: IndexReport, last: IndexReport) -> bool:
    return bool(report.added or report.changed or report.moved or report.removed) or report.failed != last.failed


def _occasions(followed: Followed, matters: Callable[[Path], bool]) -> Iterator[tuple[Path, ...]]:
    """The paths that are there: when following begins, after each burst of changes that matter, and when one went."""
    while True:
        roots = followed.roots()
        if not roots:
            yield ()
            while not followed.roots():
                time.sleep(LOOK / 1000)
            continue
        begun = False
        for changes in _bursts(roots, followed):
            # A folder that took the place of another is not followed yet.
            if followed.roots() != roots or any(path in roots and not path.exists() for path in changes):
                break
            # Nothing is missed from the first burst on, even an empty one, so that is when to look at everything.
            if not begun or any(map(matters, changes)):
                begun = True
                yield followed.there()


def _bursts(roots: dict[Path, tuple[int, int]], followed: Followed) -> Iterator[set[Path]]:
    """The paths that changed, a set a burst; empty ones in between. It ends when the folders cannot be followed on."""
    from watchfiles import Change, watch

    bursts = watch(
        *roots,
        watch_filter=None,
        debounce=LONGEST,
        step=QUIET,
        rust_timeout=LOOK,
        yield_on_timeout=True,
        # Without the option the library's environment variable decides.
        force_polling=followed.poll or None,
        recursive=bool(followed.folders),
        ignore_permission_denied=True,
    )
    try:
        for burst in bursts:
            # That something changed in a folder is told by what changed.
            yield {Path(path) for change, path in burst if change != Change.modified or not Path(path).is_dir()}
    except (OSError, RuntimeError) as error:
        # The library's own error is a RuntimeError.
        if followed.roots() == roots:
            raise UsageError(
                f"The folders cannot be followed ({error}); --watch-poll looks at their files again and again instead."
            ) from error


def _matters(db: Database, index_file: Path, path: Path, followed: Followed) -> bool:
    """Whether a run would do something about a path that changed, as far as its name and its folders can tell."""
    if path == index_file.absolute():
        return False
    if path in followed.files or path in followed.folders:
        return True
    base = base_folder(db, index_file)
    if path.name != IGNORE_FILE and not path.exists():
        return holds(db, document_path(path, base))
    try:
        return any(
            leads_to(path, folder, sieve_for(folder, followed.include, followed.exclude, base))
            for folder in followed.folders
            if path.is_relative_to(folder)
        )
    except PathError:
        # Rules that cannot be read: the run says so.
        return True
