"""What changed: files as they are now against documents as they are indexed."""

from __future__ import annotations

import hashlib
import os
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from docqa.documents.formats import Kind, kind_of
from docqa.documents.regular import open_regular
from docqa.store.copies import Copy
from docqa.store.documents import FileState, StoredDocument

CHUNK = 1 << 20

#: What files that are read alike share: the digest of their bytes, and their kind.
Content = tuple[str, Kind]


@dataclass(frozen=True)
class ToRead:
    """Files of one content that is to be read once, in the order of their paths: the first one holds the document.

    `readable` are those of them that this run has before it; the first of these is read. `document` is what was read
    of that content before, when it is to be read again.
    """

    files: tuple[FileState, ...]
    readable: tuple[FileState, ...]
    document: StoredDocument | None = None

    @property
    def file(self) -> FileState:
        """The file that is read for all of them."""
        return self.readable[0]


@dataclass(frozen=True)
class Changes:
    """What a run has to do, and what it has to tell.

    To be done: `obsolete` documents go; `placed` ones get other files than they have, the first to hold them and the
    others as copies; and `read` is read, which also replaces the documents at the paths of its files.

    To be told of the files that are not read, in the order of `now`: `added`, `changed` and `unchanged` paths, and
    `moved` ones (old path, new path); `held` says which document each of them is of. `removed` paths are gone.
    """

    read: tuple[ToRead, ...]
    placed: tuple[tuple[StoredDocument, tuple[FileState, ...]], ...]
    obsolete: tuple[StoredDocument, ...]
    added: tuple[str, ...]
    changed: tuple[str, ...]
    moved: tuple[tuple[str, str], ...]
    removed: tuple[str, ...]
    unchanged: tuple[str, ...]
    held: Mapping[str, StoredDocument]


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


def find_changes(
    now: Sequence[FileState],
    documents: Sequence[StoredDocument],
    covered: Iterable[str],
    *,
    copies: Iterable[Copy] = (),
    again: Collection[int] = (),
) -> Changes:
    """Compare by content. `covered` are the indexed paths that the run is answerable for; others are as they were.

    Files of the same bytes and the same kind are one document, which the first of them by path holds, and the others
    are its copies. A content that is not indexed is read, and so is one whose document's id is in `again`. A file that
    is gone and whose content stands in a new one has moved; with several candidates the first by path is taken.
    """
    by_id = {document.id: document for document in documents}
    before = {document.path: (document, document.modified) for document in documents}
    places = {document.id: [document.path] for document in documents}
    for copy in sorted(copies, key=lambda copy: copy.path):
        if copy.document in by_id and copy.path not in before:
            before[copy.path] = (by_id[copy.document], copy.modified)
            places[copy.document].append(copy.path)
    place = {state.path: number for number, state in enumerate(now)}
    gone = sorted(set(covered) & before.keys() - place.keys())
    stored: dict[Content, list[StoredDocument]] = defaultdict(list)
    for document in sorted(documents, key=lambda document: document.path):
        stored[_content_of(document)].append(document)
    read: list[ToRead] = []
    placed: list[tuple[StoredDocument, tuple[FileState, ...]]] = []
    held: dict[str, StoredDocument] = {}
    kept: set[int] = set()
    for content, files in _by_content(now, before, gone).items():
        readable = tuple(state for state in files if state.path in place)
        holder = _holder(stored[content], files[0].path)
        if holder is not None:
            kept.add(holder.id)
            if places[holder.id] != [state.path for state in files]:
                placed.append((holder, files))
        if holder is None or (holder.id in again and readable):
            read.append(ToRead(files, readable, holder))
        else:
            held.update((state.path, holder) for state in readable)
    replaced = {state.path for each in read for state in each.files}
    added, changed, moved, unchanged = _told(now, held, {path: entry[0] for path, entry in before.items()}, gone)
    moved_from = {old for old, _ in moved}
    return Changes(
        read=tuple(sorted(read, key=lambda each: place[each.file.path])),
        placed=tuple(placed),
        obsolete=tuple(each for each in documents if each.id not in kept and each.path not in replaced),
        added=added,
        changed=changed,
        moved=moved,
        removed=tuple(path for path in gone if path not in moved_from),
        unchanged=unchanged,
        held=held,
    )


def _by_content(
    now: Sequence[FileState], before: Mapping[str, tuple[StoredDocument, float]], gone: Sequence[str]
) -> dict[Content, tuple[FileState, ...]]:
    """The files as they will be, each content's in the order of paths: those that are not covered are as they were."""
    files: dict[Content, list[FileState]] = defaultdict(list)
    for state in now:
        files[_content(state)].append(state)
    for path in before.keys() - {state.path for state in now} - set(gone):
        document, modified = before[path]
        files[_content_of(document)].append(FileState(path, document.sha256, document.size, modified))
    return {content: tuple(sorted(found, key=lambda state: state.path)) for content, found in files.items()}


def _told(
    now: Sequence[FileState],
    held: Mapping[str, StoredDocument],
    before: Mapping[str, StoredDocument],
    gone: Sequence[str],
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[tuple[str, str], ...], tuple[str, ...]]:
    """Of the files that are not read those that are added, changed, moved and unchanged."""
    gone_by_content: dict[Content, list[str]] = defaultdict(list)
    for path in gone:
        gone_by_content[_content_of(before[path])].append(path)
    added: list[str] = []
    changed: list[str] = []
    unchanged: list[str] = []
    moved: list[tuple[str, str]] = []
    for state in now:
        if state.path not in held:
            continue
        content = _content(state)
        if state.path in before:
            (unchanged if _content_of(before[state.path]) == content else changed).append(state.path)
        elif gone_by_content[content]:
            moved.append((gone_by_content[content].pop(0), state.path))
        else:
            added.append(state.path)
    return tuple(added), tuple(changed), tuple(moved), tuple(unchanged)


def _holder(documents: Sequence[StoredDocument], first: str) -> StoredDocument | None:
    """Of the documents of one content, which indexes of earlier versions have several of, the one that stays."""
    return next((document for document in documents if document.path == first), next(iter(documents), None))


def _content(state: FileState) -> Content:
    # The same bytes under another suffix are read in another way; of what cannot be opened nothing is known.
    return state.sha256 or f"!{state.path}", kind_of(state.path)


def _content_of(document: StoredDocument) -> Content:
    return document.sha256 or f"?{document.id}", kind_of(document.path)
