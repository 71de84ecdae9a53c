"""The corpus: an open index and the reader that answers from it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from docqa.documents.limits import DEFAULT_LIMITS, Limits
from docqa.errors import DocqaError, UsageError
from docqa.retrieval.analyzer import Analyzer
from docqa.retrieval.bm25 import Parameters
from docqa.retrieval.postings import generation
from docqa.store.contradictions import contradictions
from docqa.store.copies import stored_files
from docqa.store.documents import StoredDocument, stored_documents
from docqa.store.opening import index_path, open_database, reading, sqlite_errors
from docqa.store.paragraphs import all_paragraph_texts
from docqa.store.sole_writer import WAIT_SECONDS, OnWait, sole_writer
from docqa.store.unmoved import check_files

if TYPE_CHECKING:
    from docqa.answers.answer import Answers, IndexInfo
    from docqa.answers.ask import AskOptions
    from docqa.answers.remembered import RememberedAnswers
    from docqa.checking.report import CheckReport, RepairReport
    from docqa.indexing.report import IndexReport
    from docqa.indexing.verify import VerifyReport
    from docqa.reading.reader import Reader
    from docqa.retrieval.search import Hit


class Corpus:
    """An open index. Use `docqa.open`; it is a context manager and closes the file at the end.

    The reader is loaded when the first question is asked. A question that is asked again is answered from memory as
    long as the index has not changed.
    """

    def __init__(self, path: Path, *, reader: str | Reader | None, create: bool) -> None:
        self.path = path
        self._reader = reader
        self._analyzer = Analyzer()
        self._parameters = Parameters()
        self._db = open_database(path, create=create)
        from docqa.retrieval.search import check_analyzer

        with sqlite_errors(path):
            check_analyzer(self._db, self._analyzer, store=False)

    def index(
        self,
        *paths: str | os.PathLike[str],
        workers: int | None = None,
        pdf_extractor: str = "pypdf",
        limits: Limits = DEFAULT_LIMITS,
        passwords: Sequence[str] = (),
        ocr: str | None = None,
        retry_failed: bool = False,
        include: Sequence[str] = (),
        exclude: Sequence[str] = (),
        on_progress: Callable[[int, int, str], None] = lambda done, total, name: None,
        wait: float = WAIT_SECONDS,
        on_wait: OnWait = lambda holder, seconds: None,
    ) -> IndexReport:
        """Bring the index up to date with files and folders; only what changed is read.

        `workers` processes read (one a core by default); `pdf_extractor` is "pypdf" or, when it is installed,
        "pypdfium2"; `limits` bound what one file may cost; `passwords` are tried on encrypted PDFs, after the empty
        one, and kept nowhere; with `ocr`, languages as Tesseract names them ("eng+deu"), text is recognised on pages
        of PDFs that have none. With `retry_failed` files that could not be read in full are read again although they
        have not changed. Of the files in folders only those that match a glob of `include`, when there are any, and
        none of `exclude` are wanted, both as in a .gitignore. `on_progress` hears (files done, files to do, path).
        One process writes to an index at a time: a second one waits for `wait` seconds, and `on_wait` hears who writes
        (None when that cannot be told) and how long it will wait.

        Raises `PathError` for a path that cannot be used, `UsageError` for an extractor, languages or a glob that
        cannot, `IndexLockedError` when another process still writes. Files that cannot be read are in the report.
        """
        _check_named(paths)
        return self._index(
            paths,
            workers=workers,
            pdf_extractor=pdf_extractor,
            limits=limits,
            passwords=passwords,
            ocr=ocr,
            retry_failed=retry_failed,
            include=include,
            exclude=exclude,
            on_progress=on_progress,
            wait=wait,
            on_wait=on_wait,
        )

    def _index(
        self,
        paths: Sequence[str | os.PathLike[str]],
        *,
        wait: float = WAIT_SECONDS,
        on_wait: OnWait = lambda holder, seconds: None,
        **options: Any,
    ) -> IndexReport:
        from docqa.indexing.run import index_paths

        with sole_writer(self.path, "docqa index", wait=wait, on_wait=on_wait), self._in_use():
            return index_paths(self._db, self.path, [Path(path) for path in paths], analyzer=self._analyzer, **options)

    def watch(
        self,
        *paths: str | os.PathLike[str],
        poll: bool = False,
        on_trouble: Callable[[DocqaError], None] = lambda error: None,
        **options: Any,
    ) -> Iterator[IndexReport]:
        """Index files and folders, then follow them and index again what changed, until the caller stops.

        The first report comes at once, then one for each run that changed something; `options` are those of `index`.
        What could not be read is tried again in the first run alone, unless its file changes.
        `on_trouble` hears what later runs raise, such as `IndexLockedError`: the next change leads to the next run.
        With `poll` the files are looked at again and again, for disks whose changes the system does not tell, such as
        those of a network. Other processes can ask meanwhile, and see each file as soon as it is written.

        Raises what `index` does, the first time, and `UsageError` when watchfiles is not installed or cannot follow.
        """
        from docqa.indexing.watching import check_watching, follow, watch_paths

        check_watching()
        _check_named(paths)
        followed = follow(paths, include=options.get("include", ()), exclude=options.get("exclude", ()), poll=poll)
        if len(followed.there()) < len(paths):
            # As every run says it.
            self.index(*paths, **options)

        def index(there: Sequence[Path], *, is_first: bool) -> IndexReport:
            # What could not be read in the first run would cost its time in each.
            return self._index(there, **options, try_again=is_first)

        return watch_paths(self._db, self.path, followed, index, on_trouble)

    def verify(
        self,
        *,
        quick: bool = False,
        on_progress: Callable[[int, int, str], None] = lambda done, total, name: None,
    ) -> VerifyReport:
        """Compare every document with its file as it is now; nothing is written.

        Contents are compared by SHA-256, with `quick` only sizes and times of change. `on_progress` hears (files done,
        files to do, path). A file that is missing or cannot be opened is in the report.
        """
        from docqa.indexing.verify import verify_documents

        with self._in_use():
            return verify_documents(self._db, self.path, quick=quick, on_progress=on_progress)

    def check(self, *, on_progress: Callable[[int, int, str], None] = lambda done, total, name: None) -> CheckReport:
        """Check the index against itself: file, offsets, inverted index, statistics; nothing is written.

        `on_progress` hears (documents done, documents to do, path). What is wrong is in the report; raises
        `IndexFileError` where SQLite cannot even look.
        """
        from docqa.checking.check import check_index

        with self._in_use():
            return check_index(self._db, self.path, analyzer=self._analyzer, on_progress=on_progress)

    def repair(
        self,
        *,
        on_progress: Callable[[int, int, str], None] = lambda done, total, name: None,
        wait: float = WAIT_SECONDS,
    ) -> RepairReport:
        """Make the inverted index anew from the stored paragraphs, in one transaction; no file is read.

        Documents whose stored text contradicts itself are read again when they are indexed next. `on_progress` hears
        (documents done, documents to do, path). Raises `DamagedIndexError` where SQLite finds the file itself damaged,
        `IndexLockedError` when another process writes and goes on doing so for `wait` seconds.
        """
        from docqa.checking.repair import repair_index

        with sole_writer(self.path, "docqa check --repair", wait=wait), self._in_use():
            return repair_index(self._db, self.path, analyzer=self._analyzer, on_progress=on_progress)

    def ask(self, question: str, options: AskOptions | None = None) -> Answers:
        """The best answers with their sources; each source says whether its file changed since it was indexed.

        Raises `QuestionError` for a question that is empty or too long, `ReaderError` when the reader cannot be loaded.
        """
        from docqa.answers.ask import AskOptions, answer_question
        from docqa.answers.freshness import with_changes
        from docqa.answers.question import check_question

        begun = time.perf_counter()
        question, options = check_question(question), options or AskOptions()
        with self._in_use():
            known = self._remembered.get(generation(self._db), question, options, begun)
            if known is not None:
                return with_changes(self._db, self.path, known)
            answers = answer_question(
                self._db,
                self.path,
                self.reader,
                question,
                options,
                analyzer=self._analyzer,
                parameters=self._parameters,
            )
            marked = with_changes(self._db, self.path, answers)
        self._remembered.keep(answers, options)
        return marked

    def search(self, query: str, limit: int = 10, *, path: str | None = None) -> list[Hit]:
        """The paragraphs with the highest BM25 scores, best first; `path` is a glob on the documents' paths.

        Raises `QuestionError` for a query that is empty or too long.
        """
        from docqa.answers.question import check_question
        from docqa.retrieval.search import search_paragraphs

        query = check_question(query)
        with self._in_use(), reading(self._db), contradictions(self.path):
            return search_paragraphs(
                self._db, query, limit=limit, analyzer=self._analyzer, parameters=self._parameters, path=path
            )

    def documents(self) -> list[StoredDocument]:
        """All documents of the index, those that could not be read too, in the order of their paths."""
        with self._in_use():
            return stored_documents(self._db)

    def files(self) -> list[StoredDocument]:
        """All files of the index in the order of their paths: its documents, and each copy as the document it repeats.

        A copy has the id, and all but the path and the time of change, of the document whose bytes it has.
        """
        with self._in_use(), reading(self._db):
            return stored_files(self._db)

    def paragraph_texts(self) -> list[str]:
        """The texts of all paragraphs, in the order they were indexed."""
        with self._in_use():
            return all_paragraph_texts(self._db)

    def info(self) -> IndexInfo:
        """How large the index is, and how often it changed."""
        from docqa.answers.ask import index_info

        with self._in_use(), reading(self._db):
            return index_info(self._db, self.path)

    @property
    def reader(self) -> Reader:
        """The reader, loaded when first used."""
        if self._reader is None or isinstance(self._reader, str):
            from docqa.reading.loading import DEFAULT_READER
            from docqa.reading.reader import Reader

            self._reader = Reader.load(self._reader or DEFAULT_READER)
        return self._reader

    def use_reader(self, reader: Reader) -> None:
        """Answer with this reader from now on."""
        self._reader = reader
        self._remembered.forget()

    @cached_property
    def _remembered(self) -> RememberedAnswers:
        from docqa.answers.remembered import RememberedAnswers

        return RememberedAnswers()

    @contextmanager
    def _in_use(self) -> Iterator[None]:
        """What SQLite says of the file becomes a sentence, and a file that is no longer there is not used on."""
        with sqlite_errors(self.path):
            check_files(self._db.conn)
            yield

    def close(self) -> None:
        """Close the index file."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def _check_named(paths: Sequence[str | os.PathLike[str]]) -> None:
    if not paths or not all(os.fspath(path) for path in paths):
        raise UsageError("Name at least one file or folder to index; an empty name is none.")


def open_corpus(
    path: str | os.PathLike[str] | None = None, *, reader: str | Reader | None = None, create: bool = True
) -> Corpus:
    """Open the index at `path` (else DOCQA_INDEX, else docqa.db), making a new one where there is none.

    `reader` is the name or folder of the reader to ask with, or a loaded one. With `create=False` a missing index
    raises `IndexNotFoundError`. Raises `IndexFileError` when the file cannot be used.
    """
    return Corpus(index_path(path), reader=reader, create=create)


def paragraphs_of(paths: Sequence[Path]) -> list[str]:
    """The texts of all paragraphs of files and folders, without keeping an index."""
    import tempfile

    if not paths:
        return []
    with tempfile.TemporaryDirectory() as temporary, open_corpus(Path(temporary) / "index.db") as corpus:
        corpus.index(*paths)
        return corpus.paragraph_texts()
