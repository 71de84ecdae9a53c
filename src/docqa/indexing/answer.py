"""What a worker answers for a file that it could read: made in the worker as JSON, and taken apart by the writer."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from types import NoneType
from typing import Any

from docqa.documents.document import Document, Page
from docqa.retrieval.numbered import NumberedTerms
from docqa.store.paragraphs import ParagraphColumns

#: What an answer has when a file was read, and what it says when not.
DOCUMENT = frozenset(
    {
        "state",
        "title",
        "author",
        "language",
        "extractor",
        "extractor_version",
        "notes",
        "code",
        "pages",
        "paragraphs",
        "terms",
    }
)
ERROR = frozenset({"code", "sentence"})


def as_answer(document: Document, paragraphs: ParagraphColumns, terms: NumberedTerms) -> dict[str, Any]:
    """A document with its paragraphs and their terms, of what JSON knows; bytes are in base 64."""
    return {
        "title": document.title,
        "author": document.author,
        "language": document.language,
        "extractor": document.extractor,
        "extractor_version": document.extractor_version,
        "notes": document.notes,
        "code": document.code,
        "pages": [(page.number, page.text, page.label, page.extractor, page.left_out) for page in document.pages],
        "paragraphs": {**vars(paragraphs), "runs": [_as_text(runs) for runs in paragraphs.runs]},
        # No term has a blank in it, and one text is made and taken apart more quickly than thousands.
        "terms": {**vars(terms), "terms": " ".join(terms.terms), "numbers": _as_text(terms.numbers)},
    }


def as_line(answer: Mapping[str, Any]) -> bytes:
    """An answer as it is written."""
    return json.dumps(answer).encode("ascii") + b"\n"


def checked_answer(line: bytes) -> dict[str, Any] | None:
    """The answer that a worker wrote on a line; None when the line was cut off or is no answer at all."""
    if not line.endswith(b"\n"):
        return None
    try:
        answer = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(answer, dict) or not isinstance(answer.get("state", ""), dict | NoneType):
        return None
    if not isinstance(answer.get("seconds"), float | NoneType):
        return None
    if "error" in answer:
        return answer if isinstance(answer["error"], dict) and answer["error"].keys() == ERROR else None
    return answer if answer.keys() >= DOCUMENT else None


def code_of(answer: Mapping[str, Any]) -> str | None:
    """The code of what went wrong, None when the file was read."""
    return answer["error"]["code"] if "error" in answer else None


def from_answer(answer: Mapping[str, Any]) -> tuple[Document, ParagraphColumns, NumberedTerms]:
    """What `as_answer` was given."""
    document = Document(
        tuple(
            Page(number, text, label, extractor=extractor, left_out=tuple((start, end) for start, end in left_out))
            for number, text, label, extractor, left_out in answer["pages"]
        ),
        answer["title"],
        answer["extractor"],
        answer["extractor_version"],
        tuple(answer["notes"]),
        answer["author"],
        answer["language"],
        answer["code"],
    )
    columns, terms = answer["paragraphs"], answer["terms"]
    return (
        document,
        ParagraphColumns(**{**columns, "runs": [b64decode(runs) for runs in columns["runs"]]}),
        NumberedTerms(**{**terms, "terms": terms["terms"].split(), "numbers": b64decode(terms["numbers"])}),
    )


def _as_text(data: bytes) -> str:
    return b64encode(data).decode("ascii")
