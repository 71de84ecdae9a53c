"""One run of indexing: find what changed, read it in workers, write it a transaction a file."""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from sqlite_utils import Database

from docqa.documents.discovery import find_files, storable
from docqa.documents.formats import DEFAULT_PDF_EXTRACTOR, check_pdf_extractor
from docqa.documents.limits import DEFAULT_LIMITS, Limits
from docqa.documents.ocr import check_ocr
from docqa.indexing.again import to_compare, tried_with
from docqa.indexing.answer import from_answer
from docqa.indexing.changes import Changes, file_state, find_changes
from docqa.indexing.report import FailedFile, IndexReport
from docqa.indexing.workers import Workers
from docqa.retrieval.analyzer import Analyzer, indexed_text
from docqa.retrieval.fresh import add_postings, add_terms, fresh_size, paragraph_lengths
from docqa.retrieval.postings import next_generation
from docqa.retrieval.search import check_analyzer
from docqa.retrieval.segments import LARGEST, remove_postings, settle
from docqa.store.documents import (
    FAILED,
    FileState,
    StoredDocument,
    add_document,
    add_failure,
    get_setting,
    move_document,
    paragraphs_of,
    remove_document,
    set_setting,
    set_terms,
    stored_at,
    stored_documents,
)
from docqa.store.opening import writing
from docqa.store.places import BASE_SETTING, base_folder

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
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    on_progress: Progress = lambda done, total, name: None,
) -> IndexReport:
    """Bring the index up to date with the files at and under `paths`.

    `include` and `exclude` are globs as in a .gitignore, meant from each folder in `paths`; a document that they or a
    `.docqaignore` leave out, and that lies there, is removed. With `retry_failed` files that could not be read in full
    are read again although they have not changed. With `ocr`, languages as Tesseract names them ("eng+deu"), text is
    recognised on pages that have none.
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
    files = find_files(paths, include=include, exclude=exclude, top=top)
    with writing(db):
        check_analyzer(db, analyzer, store=True)
        if get_setting(db, BASE_SETTING) is None:
            set_setting(db, BASE_SETTING, os.path.relpath(Path.cwd(), index_file.absolute().parent))
    base = base_folder(db, index_file)
    own = index_file.absolute()
    names = {document_path(file, base): file for file in files if file != own}
    documents = [
        to_compare(document, limits, passwords, pdf_extractor, ocr=ocr, retry_failed=retry_failed)
        for document in stored_documents(db)
    ]
    covered = [
        document.path for document in documents if any((base / document.path).is_relative_to(path) for path in given)
    ]
    states = [file_state(file, name) for name, file in names.items()]
    changes = find_changes(states, documents, covered)
    _move_and_remove(db, changes, analyzer)
    added: list[str] = []
    changed: list[str] = []
    failed: list[FailedFile] = []
    partial: list[FailedFile] = []
    before = {document.path for document in documents}
    total = len(changes.read)
    known: dict[str, int] = {}
    with Workers(
        min(workers or os.cpu_count() or 1, max(1, total)), analyzer, pdf_extractor, limits, passwords, ocr
    ) as pool:
        results = pool.read([names[state.path] for state in changes.read])
        for number, (planned, (_, result)) in enumerate(zip(changes.read, results, strict=True), start=1):
            failure = _write(db, planned, result, analyzer, known, tried_with(planned.path, pdf_extractor, ocr))
            if failure is not None and "error" in result:
                failed.append(failure)
            else:
                (changed if planned.path in before else added).append(planned.path)
                if failure is not None:
                    partial.append(failure)
            on_progress(number, total, planned.path)
            if number % SETTLE_EVERY == 0 and fresh_size(db)[1] >= LARGEST:
                _settle(db)
    _settle(db)
    again = [_failed(document, document.path) for document in changes.unchanged if document.status == FAILED]
    again += [_failed(document, state.path) for document, state in changes.moved if document.status == FAILED]
    return IndexReport(
        added=tuple(added),
        changed=tuple(changed),
        moved=tuple((document.path, state.path) for document, state in changes.moved),
        removed=tuple(document.path for document in changes.removed),
        unchanged=tuple(document.path for document in changes.unchanged if document.status != FAILED),
        failed=tuple(sorted([*failed, *again], key=lambda failure: failure.path)),
        partial=tuple(partial),
    )


def document_path(file: Path, base: Path) -> str:
    """How a file is named in the index: from the base folder when it is inside it, else in full; with slashes."""
    return storable((file.relative_to(base) if file.is_relative_to(base) else file).as_posix())


def _settle(db: Database) -> None:
    with writing(db):
        settle(db)


def _move_and_remove(db: Database, changes: Changes, analyzer: Analyzer) -> None:
    for document in changes.removed:
        with writing(db):
            remove_postings(db, document.id, _counts_of(db, document, document.path, analyzer))
            remove_document(db, document.id)
            next_generation(db)
    for document, state in changes.moved:
        with writing(db):
            _move(db, document, state, analyzer)
            next_generation(db)


def _move(db: Database, document: StoredDocument, state: FileState, analyzer: Analyzer) -> None:
    # The file's name is indexed with each paragraph, so the terms change although the text does not.
    remove_postings(db, document.id, _counts_of(db, document, document.path, analyzer))
    move_document(db, document.id, state)
    counts = _counts_of(db, document, state.path, analyzer)()
    lengths = add_postings(db, document.id, list(counts), list(counts.values()))
    set_terms(db, dict(zip(counts, lengths, strict=True)))


def _counts_of(
    db: Database, document: StoredDocument, path: str, analyzer: Analyzer
) -> Callable[[], dict[int, Counter[str]]]:
    """A function of the term counts of a document's stored paragraphs, by paragraph id, as if it stood at `path`."""

    def counts() -> dict[int, Counter[str]]:
        name = PurePosixPath(path).name
        return {
            entry.id: Counter(
                analyzer.terms(indexed_text(name, document.title, entry.paragraph.headings, entry.paragraph.text))
            )
            for entry in paragraphs_of(db, document.id)
        }

    return counts


def _write(
    db: Database,
    planned: FileState,
    result: Mapping[str, Any],
    analyzer: Analyzer,
    known: dict[str, int],
    tried: tuple[str | None, str | None],
) -> FailedFile | None:
    read = result["state"]
    state = FileState(planned.path, **read) if read else planned
    failure: FailedFile | None
    with writing(db):
        for document in stored_at(db, state.path):
            remove_postings(db, document.id, _counts_of(db, document, document.path, analyzer))
            remove_document(db, document.id)
        if "error" in result:
            code, sentence = result["error"]["code"], result["error"]["sentence"]
            failure = FailedFile(state.path, code, sentence)
            add_failure(db, state, code, sentence, tried)
        else:
            failure = _store(db, state, result, known)
        next_generation(db)
    if failure is not None:
        logger.info("%s: %s", failure.path, failure.sentence)
    return failure


def _store(db: Database, state: FileState, result: Mapping[str, Any], known: dict[str, int]) -> FailedFile | None:
    document, paragraphs, terms = from_answer(result)
    lengths = paragraph_lengths(terms)
    number, ids = add_document(db, state, document, paragraphs, lengths)
    add_terms(db, number, ids, terms, lengths, known)
    return FailedFile(state.path, document.code, " ".join(document.notes)) if document.notes else None


def _failed(document: StoredDocument, path: str) -> FailedFile:
    return FailedFile(path, document.code or "", document.error or "")
