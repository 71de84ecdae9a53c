"""Whether the files that answers cite are still what was indexed."""

from __future__ import annotations

import hashlib
import stat
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from docqa.answers.answer import Answer, Answers, Source
from docqa.documents.regular import open_regular
from docqa.store.places import base_folder, file_at

if TYPE_CHECKING:
    from sqlite_utils import Database

UNCHANGED, CHANGED, MISSING = "unchanged", "changed", "missing"
#: Size and time of change of a file as it was indexed, a document by itself or a copy of one.
STORED = """
    SELECT size, modified FROM documents WHERE path = :path AND sha256 = :sha256
    UNION ALL
    SELECT documents.size, copies.modified FROM copies JOIN documents ON documents.id = copies.document
    WHERE copies.path = :path AND documents.sha256 = :sha256
"""


def with_changes(db: Database, index_file: Path, answers: Answers) -> Answers:
    """The answers, with each source marked whose file changed since it was indexed, or is gone.

    Sizes and times of change are compared; a file is read only when its time differs and its size does not.
    """
    base = base_folder(db, index_file)
    cited = {(source.path, source.sha256) for answer in answers for source in answer.sources}
    states = {place: _state(db, base, *place) for place in cited}
    if all(state == UNCHANGED for state in states.values()):
        return answers
    return replace(answers, answers=tuple(_marked(answer, states) for answer in answers))


def _marked(answer: Answer, states: dict[tuple[str, str], str]) -> Answer:
    def marked(source: Source) -> Source:
        state = states[source.path, source.sha256]
        return replace(source, changed=state == CHANGED, missing=state == MISSING)

    return replace(answer, sources=tuple(marked(source) for source in answer.sources))


def _state(db: Database, base: Path, path: str, sha256: str) -> str:
    file = file_at(base, path)
    try:
        now = file.stat()
        if not stat.S_ISREG(now.st_mode):
            return MISSING
        stored = db.conn.execute(STORED, {"path": path, "sha256": sha256}).fetchone()
        if stored == (now.st_size, now.st_mtime):
            return UNCHANGED
        # Without a row the document was indexed anew after the question was answered: only its content can tell.
        if stored is not None and stored[0] != now.st_size:
            return CHANGED
        return UNCHANGED if _digest(file, now.st_size, now.st_mtime_ns) == sha256 else CHANGED
    except (FileNotFoundError, NotADirectoryError):
        return MISSING
    except OSError:
        return CHANGED


# A large file that was only touched is not read again for each question.
@lru_cache(maxsize=256)
def _digest(file: Path, size: int, modified: int) -> str:
    del size, modified  # They are there to tell one state of the file from another.
    with open_regular(file) as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
