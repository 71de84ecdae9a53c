"""Finding the files under the paths somebody gives."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from docqa.documents.formats import is_readable_kind, readable_kinds
from docqa.documents.ignoring import IGNORE_FILE, Sieve, has_marks_of_tools, sieve_for
from docqa.errors import PathError


def find_files(
    paths: Iterable[str | Path],
    *,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    top: Path | None = None,
    on_link: Callable[[Path], None] = lambda path: None,
) -> list[Path]:
    """All readable kinds of files at or under `paths`, absolute, each once, in the order of their names.

    Left out, unless they are named themselves, are hidden files and folders, folders that tools make, what a
    `.docqaignore` says (those of folders above count from `top` on), and what the globs `include` and `exclude`, meant
    from each of `paths`, do. Links in a folder are not followed; `on_link` hears each that leads to something which
    would be found in its place. A folder whose path is too long for the system comes in the place of the files in it.
    Raises `PathError` when a path does not exist, is of a kind docqa does not read, or cannot be listed, `UsageError`
    for a glob that is none.
    """
    found: set[Path] = set()
    for given in paths:
        path = Path(os.path.abspath(given))
        mode = _mode(path, given)
        if stat.S_ISDIR(mode):
            found.update(map(Path, _walk(path, sieve_for(path, include, exclude, top), on_link)))
        elif not stat.S_ISREG(mode):
            raise PathError(f"{given} is neither a file nor a folder.")
        elif not is_readable_kind(path):
            raise PathError(f"docqa does not read files like {path.name}; it reads {readable_kinds()}.")
        else:
            found.add(path)
    return sorted(found, key=lambda path: path.parts)


def leads_to(path: Path, folder: Path, sieve: Sieve) -> bool:
    """Whether `find_files` comes to `path` on its way through `folder`, for which the sieve is.

    That is a file that it finds, a folder that it looks into, or a `.docqaignore` that it reads. Raises `PathError`
    when such a file cannot be read.
    """
    here, is_asked_for = folder, True
    parts = path.relative_to(folder).parts
    for number, part in enumerate(parts, start=1):
        names = _names(here)
        if has_marks_of_tools(names) and not is_asked_for:
            return False
        inner = sieve.within(str(here)) if IGNORE_FILE in names else sieve
        here /= part
        if part.startswith("."):
            return part == IGNORE_FILE and number == len(parts)
        if here.is_symlink():
            return False
        if number == len(parts) and not here.is_dir():
            return is_readable_kind(part) and inner.lets_through(str(here))
        opens = inner.opens(str(here), part)
        if opens is False:
            return False
        sieve, is_asked_for = inner, opens is True
    return is_asked_for or not has_marks_of_tools(_names(here))


def _names(folder: Path) -> set[str]:
    try:
        return {entry.name for entry in folder.iterdir()}
    except OSError:
        return set()


def _mode(path: Path, given: str | Path) -> int:
    try:
        return path.stat().st_mode
    except FileNotFoundError:
        raise PathError(f"There is no file or folder at {given}; check the path.") from None
    except OSError as error:
        raise PathError(f"{given} cannot be opened: {error.strerror or error}.") from error


def _walk(top: Path, sieve: Sieve, on_link: Callable[[Path], None]) -> Iterator[str]:
    # A list rather than recursion, for folders may lie deeper in each other than calls of functions may. Each has its
    # sieve, and whether somebody wants it whatever it looks like.
    waiting: list[tuple[str, Sieve, bool]] = [(str(top), sieve, True)]
    while waiting:
        folder, sieve, is_asked_for = waiting.pop()
        entries = _entries(folder)
        if entries is None:
            yield folder
            continue
        names = {entry.name for entry in entries}
        if has_marks_of_tools(names) and not is_asked_for:
            continue
        inner = sieve.within(folder) if IGNORE_FILE in names else sieve
        for link in _links(entries, inner):
            on_link(link)
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if _is_folder(entry):
                opens = inner.opens(entry.path, entry.name)
                if opens is not False:
                    waiting.append((entry.path, inner, opens is True))
            elif is_readable_kind(entry.name) and _is_regular(entry) and inner.lets_through(entry.path):
                yield entry.path


def _entries(folder: str) -> list[os.DirEntry[str]] | None:
    """What is in a folder; None when its path is too long for the system to list it."""
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            return None
        raise PathError(
            f"The folder {folder} cannot be listed: {error.strerror or error}. Fix its permissions or leave it out."
        ) from error


def _links(entries: Iterable[os.DirEntry[str]], sieve: Sieve) -> Iterator[Path]:
    """The links that would be followed if each were what it leads to."""
    for entry in entries:
        if entry.is_symlink() and not entry.name.startswith(".") and _leads_somewhere(entry, sieve):
            yield Path(entry.path)


def _leads_somewhere(link: os.DirEntry[str], sieve: Sieve) -> bool:
    try:
        if link.is_dir():
            return sieve.opens(link.path, link.name) is not False
        return link.is_file() and is_readable_kind(link.name) and sieve.lets_through(link.path)
    except OSError:
        # Links that lead to themselves, or to where nobody may look.
        return False


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False


def _is_regular(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file(follow_symlinks=False)
    except OSError:
        return False
