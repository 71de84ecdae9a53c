"""Finding the files under the paths somebody gives."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from docqa.documents.formats import is_readable_kind, readable_kinds
from docqa.errors import PathError


def find_files(paths: Iterable[str | Path]) -> list[Path]:
    """All readable kinds of files at or under `paths`, absolute, each once, in the order of their names.

    Hidden files and folders are left out unless named themselves; links to folders are not followed. Raises
    `PathError` when a path does not exist, is of a kind docqa does not read, or cannot be listed.
    """
    found: set[Path] = set()
    for given in paths:
        path = Path(os.path.abspath(given))
        mode = _mode(path, given)
        if stat.S_ISDIR(mode):
            found.update(_walk(path))
        elif not stat.S_ISREG(mode):
            raise PathError(f"{given} is neither a file nor a folder.")
        elif not is_readable_kind(path):
            raise PathError(f"docqa does not read files like {path.name}; it reads {readable_kinds()}.")
        else:
            found.add(path)
    return sorted(found, key=lambda path: path.parts)


def storable(name: str) -> str:
    r"""A file's name as text that can be stored and shown: bytes in it that are no text become escapes.

    >>> storable("caf\udce9.txt")
    'caf\\udce9.txt'
    """
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def _mode(path: Path, given: str | Path) -> int:
    try:
        return path.stat().st_mode
    except FileNotFoundError:
        raise PathError(f"There is no file or folder at {given}; check the path.") from None
    except OSError as error:
        raise PathError(f"{given} cannot be opened: {error.strerror or error}.") from error


def _walk(folder: Path) -> Iterator[Path]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        raise PathError(
            f"The folder {folder} cannot be listed: {error.strerror or error}. Fix its permissions or leave it out."
        ) from error
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(Path(entry.path))
        elif is_readable_kind(entry.name) and _is_regular(entry):
            yield Path(entry.path)


def _is_regular(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:
        return False
