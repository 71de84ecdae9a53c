"""Fuzzes the reader of one kind of file: every outcome but a document that holds together or a refusal is noted.

python benchmarks/fuzzing/one_kind.py KIND FINDINGS [options of libFuzzer] SEEDS

Needs atheris. FINDINGS gets a line of JSON for each finding, with the bytes that led to it, and the number of inputs.
"""

from __future__ import annotations

import gzip
import io
import json
import random
import sys
import time
import traceback
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["docqa"]):
    from docqa.checking.contents import uncovered
    from docqa.documents.document import Document, Page
    from docqa.documents.formats import read_document
    from docqa.documents.limits import DEFAULT_LIMITS
    from docqa.errors import DocumentError
    from docqa.indexing.answer import as_answer, as_bytes, checked_answer, from_answer, learn
    from docqa.indexing.confinement import confine
    from docqa.paragraphs.agreement import wrong_offsets
    from docqa.paragraphs.running_lines import without_running_lines
    from docqa.paragraphs.segment import segment
    from docqa.retrieval.analyzer import Analyzer
    from docqa.retrieval.numbered import TermNumbering, Vocabulary
    from docqa.store.paragraphs import paragraph_columns

from seeds import archive_of

#: Kinds whose files are archives: they are mutated part by part, for a changed archive is refused at once.
ARCHIVES = frozenset({".docx", ".pptx", ".odt", ".odp", ".epub"})
#: Two names beside those of kinds: the other extractor of PDFs, and cutting any text into paragraphs.
PDFIUM, SEGMENT = "pypdfium2", "segment"
SECONDS_BETWEEN = 1.0


class Findings:
    """What went wrong, each place in the code once, and how many inputs there were."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._seen: set[str] = set()
        self._inputs = 0
        self._written = 0.0

    def count(self) -> None:
        """One more input; the number is written now and then, for a fuzzer ends without a word."""
        self._inputs += 1
        if time.monotonic() - self._written > SECONDS_BETWEEN:
            self._written = time.monotonic()
            self._file.with_suffix(".count").write_text(str(self._inputs), encoding="ascii")

    def add(self, data: bytes, error: BaseException) -> None:
        """Note an error unless one came from the same place before."""
        places = traceback.extract_tb(error.__traceback__)
        place = f"{type(error).__name__} at {Path(places[-1].filename).name}:{places[-1].lineno}"
        if place in self._seen:
            return
        self._seen.add(place)
        saved = self._file.with_name(f"{self._file.stem}-{len(self._seen)}.input")
        saved.write_bytes(data)
        line = {"place": place, "message": str(error)[:200], "input": saved.name}
        with self._file.open("a", encoding="ascii") as file:
            file.write(json.dumps(line) + "\n")


def check(kind: str, data: bytes) -> None:
    """Read the bytes as a file of a kind and check what comes out. Raises what a reader must not raise."""
    try:
        if kind == SEGMENT:
            provider = atheris.FuzzedDataProvider(data)
            markdown = provider.ConsumeBool()
            text = provider.ConsumeUnicodeNoSurrogates(len(data)).replace("\0", " ")
            document = Document((Page(1, text, None),), "", "markdown" if markdown else "text", "1", ())
        elif kind == PDFIUM:
            document = read_document("file.pdf", data, PDFIUM)
        else:
            document = read_document(f"file{kind}", data)
    except (DocumentError, MemoryError):
        # Memory that runs out is the worker's to tell.
        return
    check_document(document)


def check_document(document: Document) -> None:
    """Raise `AssertionError` where a document and its paragraphs do not hold together."""
    said = [document.title, *document.notes, *(page.label or "" for page in document.pages)]
    for text in [*said, *(page.text for page in document.pages)]:
        text.encode("utf-8")
        assert "\0" not in text
    assert [page.number for page in document.pages] == list(range(1, len(document.pages) + 1))
    # As a worker does, and then as `docqa check` looks at an index.
    document = replace(document, pages=without_running_lines(document.pages))
    paragraphs = segment(document.pages, markdown=document.extractor == "markdown")
    texts = {page.number: page.text for page in document.pages}
    for paragraph in paragraphs:
        problem = wrong_offsets(paragraph, texts)
        assert problem is None, problem
    problems = uncovered(texts, {page.number: page.left_out for page in document.pages}, paragraphs)
    assert not problems, problems[0]
    columns = paragraph_columns(paragraphs)
    terms = TermNumbering(Analyzer()).number([paragraph.text for paragraph in paragraphs])
    answer = checked_answer(as_bytes({"state": {}, **as_answer(document, columns, terms)}))
    assert answer is not None
    learn(answer, Vocabulary())
    # The headings of pages, and which running lines were kept, are in the paragraphs already.
    pages = tuple(replace(page, headings=None, kept=frozenset()) for page in document.pages)
    assert from_answer(answer) == (replace(document, pages=pages), columns, terms)


def mutate_archive(data: bytes, longest: int, seed: int) -> bytes:
    """Another archive: one part of it changed, or a part that is no XML left out."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
    except Exception:  # noqa: BLE001 - the archive may be anything by now
        return atheris.Mutate(data, longest)
    if not parts:
        return atheris.Mutate(data, longest)
    chosen = random.Random(seed)
    name = chosen.choice(sorted(parts))
    if chosen.random() < 0.02:
        del parts[name]
    else:
        parts[name] = atheris.Mutate(parts[name], min(longest, 2 * len(parts[name]) + 64))
    return archive_of(parts)[:longest]


def mutate_compressed(data: bytes, longest: int, seed: int) -> bytes:
    """Other compressed bytes: what they hold changed, or now and then themselves."""
    if random.Random(seed).random() < 0.1:
        return atheris.Mutate(data, longest)
    try:
        held = gzip.decompress(data)
    except (OSError, EOFError, zlib.error):
        return atheris.Mutate(data, longest)
    return gzip.compress(atheris.Mutate(held, longest // 2))[:longest]


def main() -> None:
    """Fuzz until libFuzzer's time is over."""
    kind, findings = sys.argv[1], Findings(Path(sys.argv[2]))
    confine(DEFAULT_LIMITS)

    def one(data: bytes) -> None:
        findings.count()
        try:
            check(kind, data)
        except Exception as error:  # noqa: BLE001 - whatever a reader raises is what is looked for
            findings.add(data, error)

    mutators = {".txt.gz": mutate_compressed} | dict.fromkeys(ARCHIVES, mutate_archive)
    atheris.Setup([sys.argv[0], *sys.argv[3:]], one, **({"custom_mutator": mutators[kind]} if kind in mutators else {}))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
