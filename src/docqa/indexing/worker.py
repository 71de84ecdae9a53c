"""The worker process: reads one path a line from standard input, answers each (see `docqa.indexing.answer`).

It runs as `python -m docqa.indexing.worker` rather than through multiprocessing, so that a program that calls
`Corpus.index` at its top level is not run again in each worker, and a parser that dies takes only its worker along.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from docqa.documents.formats import DEFAULT_PDF_EXTRACTOR, read_document
from docqa.documents.limits import (
    DEFAULT_LIMITS,
    Limits,
    check_paragraphs,
    check_text,
    too_much_memory,
    too_much_text,
)
from docqa.documents.regular import read_regular
from docqa.errors import DocumentError
from docqa.indexing.answer import as_answer, as_bytes
from docqa.indexing.confinement import confine, end_in_time, take_your_time
from docqa.paragraphs.running_lines import without_running_lines
from docqa.paragraphs.segment import segment
from docqa.retrieval.analyzer import Analyzer, indexed_text
from docqa.retrieval.numbered import TermNumbering
from docqa.store.paragraphs import paragraph_columns
from docqa.store.places import storable

#: The state of a file of which nothing was read: without a digest it is tried again in the next run, changed or not.
NO_STATE = {"sha256": "", "size": 0, "modified": 0.0}


def work() -> None:
    """Serve requests until standard input ends."""
    # What parsers print or log must not mix with the answers.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    logging.disable(logging.CRITICAL)
    settings = json.loads(sys.stdin.readline())
    analyzer, pdf_extractor = Analyzer(**settings["analyzer"]), settings["pdf_extractor"]
    limits, passwords, ocr = Limits(**settings["limits"]), settings["passwords"], settings["ocr"]
    confine(limits)
    numbering = TermNumbering(analyzer)
    for line in sys.stdin:
        end_in_time(limits)
        answers.write(_answer(Path(json.loads(line)), analyzer, pdf_extractor, limits, passwords, ocr, numbering))
        take_your_time()
        answers.flush()


def _answer(
    path: Path,
    analyzer: Analyzer,
    pdf_extractor: str,
    limits: Limits,
    passwords: Sequence[str],
    ocr: str | None,
    numbering: TermNumbering,
) -> bytes:
    begun = time.monotonic()
    try:
        read = read_file(path, analyzer, pdf_extractor, limits, passwords, ocr, numbering)
        answer = as_bytes({**read, "seconds": _since(begun)})
        if len(answer) <= limits.answer_bytes:
            if "error" not in read:
                numbering.told = len(numbering.vocabulary.terms)
            return answer
        error = too_much_text(limits)
    except MemoryError:
        error = too_much_memory(limits)
    # The next answer is not to bring the terms of this file.
    numbering.forget()
    return as_bytes({"state": None, "error": _error(error), "seconds": _since(begun)})


def read_file(
    path: Path,
    analyzer: Analyzer,
    pdf_extractor: str = DEFAULT_PDF_EXTRACTOR,
    limits: Limits = DEFAULT_LIMITS,
    passwords: Sequence[str] = (),
    ocr: str | None = None,
    numbering: TermNumbering | None = None,
) -> dict[str, Any]:
    """Everything the writer needs of one file: its state, pages, paragraphs and their terms, or an error.

    `numbering` is the analyzer's; one that numbered other files already is quicker, for it knows their words.
    """
    try:
        data, stat = read_regular(path, limits)
    except OSError as error:
        unreadable = DocumentError("FILE-UNREADABLE", f"The file cannot be opened: {error.strerror}.")
        return {"state": NO_STATE, "error": _error(unreadable)}
    except DocumentError as error:
        return {"state": NO_STATE if error.code == "FILE-CHANGING" else None, "error": _error(error)}
    state = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data), "modified": stat.st_mtime}
    try:
        document = read_document(path.name, data, pdf_extractor, limits, passwords, ocr)
        check_text(sum(len(page.text) for page in document.pages), limits)
        document = replace(document, pages=without_running_lines(document.pages))
        paragraphs = segment(document.pages, markdown=document.extractor == "markdown")
        check_paragraphs(len(paragraphs), limits)
    except DocumentError as error:
        return {"state": state, "error": _error(error)}
    except MemoryError:
        return {"state": state, "error": _error(too_much_memory(limits))}
    texts = (
        indexed_text(storable(path.name), document.title, document.author, paragraph.headings, paragraph.text)
        for paragraph in paragraphs
    )
    numbering = numbering or TermNumbering(analyzer)
    terms = numbering.number(texts)
    return {"state": state, **as_answer(document, paragraph_columns(paragraphs), terms, numbering.told)}


def _error(error: DocumentError) -> dict[str, str]:
    return {"code": error.code, "sentence": str(error)}


def _since(begun: float) -> float:
    return round(time.monotonic() - begun, 3)


if __name__ == "__main__":
    work()
