"""What changed: files as they are now against documents as they are indexed."""

from __future__ import annotations

import hashlib
import os
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from docqa.documents.formats import Kind, kind_of
from docqa.documents.regular import open_regular
from docqa.store.documents import FileState, StoredDocument

CHUNK = 1 << 20


@dataclass(frozen=True)
class Changes:
    """What a run has to do, each list in the order of paths.

    `read` are files to read, new or changed; `moved` pairs a document with the state of the file it is now;
    `removed` are documents whose files are gone; `unchanged` need nothing.
    """

    read: tuple[FileState, ...]
    moved: tuple[tuple[StoredDocument, FileState], ...]
    removed: tuple[StoredDocument, ...]
    unchanged: tuple[StoredDocument, ...]


def file_state(path: Path, name: str) -> FileState:
    """A file as it is now; SHA-256, size and time are empty when it cannot be opened or is no regular file."""
    digest, size = hashlib.sha256(), 0
    try:
        with open_regular(path) as file:
            modified = os.fstat(file.fileno()).st_mtime
            while chunk := file.read(CHUNK):
                digest.update(chunk)
                size += len(chunk)
    except OSError:
        return FileState(name, "", 0, 0.0)
    return FileState(name, digest.hexdigest(), size, modified)


def find_changes(now: Sequence[FileState], indexed: Iterable[StoredDocument], covered: Iterable[str]) -> Changes:
    """Compare by SHA-256. `covered` are the paths of indexed documents that the run is answerable for.

    A document whose file is gone and whose content stands in a new file of the same kind has moved; with several
    candidates the first by path is taken. A file whose content differs from what its path held is read.
    """
    by_path = {document.path: document for document in indexed}
    present = {state.path for state in now}
    gone = [by_path[path] for path in sorted(set(covered) - present) if path in by_path]
    gone_by_content: dict[tuple[str, Kind], list[StoredDocument]] = defaultdict(list)
    for document in gone:
        if document.sha256:
            gone_by_content[_content(document)].append(document)
    read, moved, unchanged, taken = [], [], [], set()
    for state in now:
        before = by_path.get(state.path)
        if before is not None and before.sha256 == state.sha256 and state.sha256:
            unchanged.append(before)
        elif before is None and gone_by_content[_content(state)]:
            document = gone_by_content[_content(state)].pop(0)
            taken.add(document.id)
            moved.append((document, state))
        else:
            read.append(state)
    removed = [document for document in gone if document.id not in taken]
    return Changes(tuple(read), tuple(moved), tuple(removed), tuple(unchanged))


def _content(entry: FileState | StoredDocument) -> tuple[str, Kind]:
    # The same bytes under another suffix are read in another way.
    return entry.sha256, kind_of(entry.path)
