"""One run of indexing: find what changed, read it in workers, write it a transaction a file."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from docqa.documents.discovery import find_files
from docqa.documents.formats import DEFAULT_PDF_EXTRACTOR, check_pdf_extractor
from docqa.documents.limits import DEFAULT_LIMITS, Limits
from docqa.documents.ocr import check_ocr
from docqa.indexing.again import Tried, is_read_again, tried_with
from docqa.indexing.answer import from_answer
from docqa.indexing.changes import Changes, ToRead, file_state, find_changes
from docqa.indexing.placing import place, remove, vacate
from docqa.indexing.report import FailedFile, IndexReport
from docqa.indexing.workers import Workers
from docqa.retrieval.analyzer import Analyzer
from docqa.retrieval.fresh import add_terms, fresh_size, paragraph_lengths
from docqa.retrieval.postings import next_generation
from docqa.retrieval.search import check_analyzer
from docqa.retrieval.segments import LARGEST, settle
from docqa.store.copies import stored_copies
from docqa.store.documents import (
    FAILED,
    FileState,
    StoredDocument,
    add_document,
    add_failure,
    documents_by_id,
    get_setting,
    set_setting,
    stored_documents,
)
from docqa.store.opening import writing
from docqa.store.places import BASE_SETTING, base_folder, storable

logger = logging.getLogger(__name__)

#: After so many files it is looked whether fresh documents are to be settled.
SETTLE_EVERY = 64

Progress = Callable[[int, int, str], None]


def index_paths(
    db: Database,
    index_file: Path,
    paths: Iterable[str | Path],
    *,
    analyzer: Analyzer,
    workers: int | None = None,
    pdf_extractor: str = DEFAULT_PDF_EXTRACTOR,
    limits: Limits = DEFAULT_LIMITS,
    passwords: Sequence[str] = (),
    ocr: str | None = None,
    retry_failed: bool = False,
    try_again: bool = True,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    on_progress: Progress = lambda done, total, name: None,
) -> IndexReport:
    """Bring the index up to date with the files at and under `paths`.

    `include` and `exclude` are globs as in a .gitignore, meant from each folder in `paths`; a document that they or a
    `.docqaignore` leave out, and that lies there, is removed. With `retry_failed` files that could not be read in full
    are read again although they have not changed. Without `try_again` only files that changed are read, and files
    that were never opened, as it is right in all but the first of several runs in a row. With `ocr`, languages as
    Tesseract names them ("eng+deu"), text is recognised on pages that have none.
    `on_progress` hears (files done, files to do, name of the file). Raises `PathError` when a path cannot be used,
    `UsageError` when the extractor for PDFs or Tesseract cannot be; a file that cannot be read is in the report and
    stops nothing.
    """
    check_pdf_extractor(pdf_extractor)
    if ocr is not None:
        check_ocr(ocr)
    paths = list(paths)
    given = [Path(os.path.abspath(path)) for path in paths]
    top = Path.cwd() if get_setting(db, BASE_SETTING) is None else base_folder(db, index_file)
    links: list[Path] = []
    files = find_files(paths, include=include, exclude=exclude, top=top, on_link=links.append)
    with writing(db):
        check_analyzer(db, analyzer, store=True)
        if get_setting(db, BASE_SETTING) is None:
            set_setting(db, BASE_SETTING, os.path.relpath(Path.cwd(), index_file.absolute().parent))
    base = base_folder(db, index_file)
    own = index_file.absolute()
    names = {document_path(file, base): file for file in files if file != own}
    documents, copies = stored_documents(db), stored_copies(db)
    by_id = {document.id: document for document in documents}
    stored = {document.path: document for document in documents}
    stored |= {copy.path: by_id[copy.document] for copy in copies if copy.document in by_id}
    before = {*stored, *(copy.path for copy in copies)}
    changes = find_changes(
        [file_state(file, name) for name, file in names.items()],
        documents,
        _under(before, base, given),
        copies=copies,
        again={
            document.id
            for document in documents
            if try_again
            and is_read_again(document, limits, passwords, pdf_extractor, ocr=ocr, retry_failed=retry_failed)
        },
    )
    _make_room(db, changes, analyzer)
    outcome = _Outcome(before)
    with Workers(
        min(workers or os.cpu_count() or 1, max(1, len(changes.read))), analyzer, pdf_extractor, limits, passwords, ocr
    ) as pool:
        waiting, done = list(changes.read), 0
        while waiting:
            results = pool.read([names[content.file.path] for content in waiting])
            total, left = done + len(waiting), []
            for content, (file, result) in zip(waiting, results, strict=True):
                if _vanished(file, result, stored.get(content.file.path)):
                    left += _left_as_it_is(content, outcome)
                else:
                    tried = tried_with(content.file.path, pdf_extractor, ocr)
                    left += _write(db, content, result, analyzer, outcome, tried)
                done += 1
                on_progress(done, total, content.file.path)
                if done % SETTLE_EVERY == 0 and fresh_size(db)[1] >= LARGEST:
                    _settle(db)
            waiting = left
    _settle(db)
    report = _report(db, changes, outcome, names.keys())
    return replace(report, links=tuple(sorted({document_path(link, base) for link in links})))


def document_path(file: Path, base: Path) -> str:
    """How a file is named in the index: from the base folder when it is inside it, else in full; with slashes."""
    return storable((file.relative_to(base) if file.is_relative_to(base) else file).as_posix())


def _under(paths: Iterable[str], base: Path, given: Sequence[Path]) -> list[str]:
    """Of stored paths those that are one of the files and folders given, or lie in one of the folders."""
    # As text: a path object for each of the documents would take longer than adding a file to them.
    exact = {str(one) for one in given}
    folders = tuple(str(one).rstrip(os.sep) + os.sep for one in given)
    full = ((path, os.path.normpath(os.path.join(base, path))) for path in paths)  # noqa: PTH118
    return [path for path, file in full if file in exact or file.startswith(folders)]


def _settle(db: Database) -> None:
    with writing(db):
        settle(db)


@dataclass
class _Outcome:
    """What became of the files that were read; `before` are the paths that were in the index."""

    before: Collection[str]
    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    failed: list[FailedFile] = field(default_factory=list)
    partial: list[FailedFile] = field(default_factory=list)

    def note(self, path: str, failure: FailedFile | None, *, is_read: bool) -> None:
        """Note a file that was read, perhaps in part, or was not."""
        if failure is not None:
            logger.info("%s: %s", path, failure.sentence)
            (self.partial if is_read else self.failed).append(replace(failure, path=path))
        if is_read:
            (self.changed if path in self.before else self.added).append(path)


def _make_room(db: Database, changes: Changes, analyzer: Analyzer) -> None:
    """Everything that needs no reading."""
    for document in changes.obsolete:
        with writing(db):
            remove(db, document.id, analyzer)
            next_generation(db)
    if changes.placed:
        with writing(db):
            place(db, [(document.id, files) for document, files in changes.placed], analyzer)
            next_generation(db)


def _vanished(file: Path, result: Mapping[str, Any], document: StoredDocument | None) -> bool:
    """Whether a file that is indexed went since it was listed, with a disk that was taken away perhaps."""
    return (
        document is not None
        and document.status != FAILED
        and not os.path.lexists(file)
        and "error" in result
        and result["error"]["code"] == "FILE-UNREADABLE"
    )


def _left_as_it_is(content: ToRead, outcome: _Outcome) -> list[ToRead]:
    """The document of a file that vanished stays: the next run finds out whether it is gone for good."""
    sentence = "The file vanished while it was to be read; its document stays until it is indexed again."
    path = content.file.path
    outcome.note(path, FailedFile(path, "FILE-UNREADABLE", sentence), is_read=False)
    files, readable = (
        tuple(file for file in files if file.path != path) for files in (content.files, content.readable)
    )
    return [ToRead(files, readable, content.document)] if readable else []


def _write(
    db: Database,
    content: ToRead,
    result: Mapping[str, Any],
    analyzer: Analyzer,
    outcome: _Outcome,
    tried: Tried,
) -> list[ToRead]:
    """Store what was read of a file for all files of its content; returns what is still to be read."""
    read = result["state"]
    state = FileState(content.file.path, **read) if read else content.file
    # A file that was written to in the meantime stands for itself alone.
    changed = state.sha256 != content.file.sha256
    files = (state,) if changed else tuple(state if file.path == state.path else file for file in content.files)
    others = tuple(file for file in content.files if file.path != state.path) if changed else ()
    with writing(db):
        if content.document is not None:
            if others:
                place(db, [(content.document.id, others)], analyzer)
            else:
                remove(db, content.document.id, analyzer)
        vacate(db, [file.path for file in files], analyzer)
        number, failure = _store(db, state, result, tried)
        if [file.path for file in files] != [state.path]:
            place(db, [(number, files)], analyzer)
        next_generation(db)
    readable = {file.path for file in content.readable}
    for file in files:
        if file.path in readable:
            outcome.note(file.path, failure, is_read="error" not in result)
    left = tuple(file for file in others if file.path in readable)
    return [ToRead(others, left, content.document)] if left else []


def _store(
    db: Database,
    state: FileState,
    result: Mapping[str, Any],
    tried: Tried,
) -> tuple[int, FailedFile | None]:
    seconds = result.get("seconds")
    if "error" in result:
        code, sentence = result["error"]["code"], result["error"]["sentence"]
        number = add_failure(db, state, code, sentence, tried, seconds=seconds)
        return number, FailedFile(state.path, code, sentence)
    document, paragraphs, terms = from_answer(result)
    lengths = paragraph_lengths(terms)
    number, ids = add_document(db, state, document, paragraphs, lengths, seconds=seconds, tried=tried[0])
    add_terms(db, number, ids, terms, lengths)
    return number, FailedFile(state.path, document.code, " ".join(document.notes)) if document.notes else None


def _report(db: Database, changes: Changes, outcome: _Outcome, names: Collection[str]) -> IndexReport:
    still = {
        path: FailedFile(path, document.code or "", document.error or "")
        for path, document in changes.held.items()
        if document.status == FAILED
    }
    order = {name: number for number, name in enumerate(names)}
    copies = [copy for copy in stored_copies(db) if copy.path in order]
    holder = documents_by_id(db, (copy.document for copy in copies))
    return IndexReport(
        added=_in_order([*outcome.added, *changes.added], still, order),
        changed=_in_order([*outcome.changed, *changes.changed], still, order),
        moved=changes.moved,
        removed=changes.removed,
        unchanged=_in_order(changes.unchanged, still, order),
        failed=tuple(sorted([*outcome.failed, *still.values()], key=lambda failure: failure.path)),
        partial=tuple(outcome.partial),
        copies=tuple((copy.path, holder[copy.document].path) for copy in copies),
    )


def _in_order(paths: Iterable[str], failed: Collection[str], order: Mapping[str, int]) -> tuple[str, ...]:
    return tuple(sorted((path for path in paths if path not in failed), key=order.__getitem__))
