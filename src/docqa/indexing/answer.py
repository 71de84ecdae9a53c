"""What a worker answers for a file that it could read: made in the worker as bytes, and taken apart by the writer.

An answer is a line of three numbers, then so many bytes of JSON, of texts in UTF-8, and of other data. Texts are most
of an answer, and putting them into JSON took a worker as long as cutting them into words.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, pairwise
from types import NoneType
from typing import Any, AnyStr

from docqa.documents.document import Document, Page
from docqa.retrieval.numbered import NumberedTerms, Vocabulary
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
        "texts",
        "data",
    }
)
ERROR = frozenset({"code", "sentence"})
#: A line of three numbers is no longer than this.
LONGEST_LINE = 64


def as_answer(document: Document, paragraphs: ParagraphColumns, terms: NumberedTerms, told: int = 0) -> dict[str, Any]:
    """A document with its paragraphs and their terms, of what JSON knows but for its texts and data.

    Of the vocabulary what was not `told` before goes along.
    """
    columns = {name: column for name, column in vars(paragraphs).items() if name not in {"text", "runs"}}
    return {
        "title": document.title,
        "author": document.author,
        "language": document.language,
        "extractor": document.extractor,
        "extractor_version": document.extractor_version,
        "notes": document.notes,
        "code": document.code,
        "pages": [(page.number, page.label, page.extractor, page.left_out) for page in document.pages],
        "paragraphs": columns,
        "terms": {"told": told, "words": terms.words},
        # No term has a blank in it, and one text is made and taken apart more quickly than thousands.
        "texts": [*(page.text for page in document.pages), *paragraphs.text, " ".join(terms.vocabulary.terms[told:])],
        "data": [*paragraphs.runs, terms.numbers],
    }


def as_bytes(answer: Mapping[str, Any]) -> bytes:
    """An answer as it is written."""
    texts, data = answer.get("texts", ()), answer.get("data", ())
    lengths = {"texts": list(map(len, texts)), "data": list(map(len, data))} if texts else {}
    parts = (
        json.dumps({**answer, **lengths}).encode("ascii"),
        "".join(texts).encode("utf-8", "surrogatepass"),
        b"".join(data),
    )
    return b"%d %d %d\n" % tuple(map(len, parts)) + b"".join(parts)


def sizes_of(line: bytes) -> tuple[int, int, int] | None:
    r"""How many bytes of JSON, texts and data come after the first line of an answer; None when it is none.

    >>> sizes_of(b"120 4000 16\n")
    (120, 4000, 16)
    """
    numbers = line.split()
    if not line.endswith(b"\n") or len(numbers) != 3 or not all(map(bytes.isdigit, numbers)):
        return None
    return int(numbers[0]), int(numbers[1]), int(numbers[2])


def checked_answer(answer: bytes) -> dict[str, Any] | None:
    """The answer that a worker wrote; None when it was cut off or is no answer at all."""
    line, _, rest = answer.partition(b"\n")
    sizes = sizes_of(line + b"\n")
    if sizes is None or len(rest) != sum(sizes):
        return None
    header, texts, data = (rest[begin:end] for begin, end in pairwise(accumulate(sizes, initial=0)))
    try:
        found = json.loads(header)
        if not _is_answer(found):
            return None
        if "error" not in found:
            found["texts"] = list(_cut(texts.decode("utf-8", "surrogatepass"), found["texts"]))
            found["data"] = list(_cut(data, found["data"]))
    except (ValueError, RecursionError):
        return None
    return dict(found)


def _is_answer(answer: Any) -> bool:
    if not isinstance(answer, dict) or not isinstance(answer.get("state", ""), dict | NoneType):
        return False
    if not isinstance(answer.get("seconds"), float | NoneType):
        return False
    if "error" in answer:
        return isinstance(answer["error"], dict) and answer["error"].keys() == ERROR
    if not answer.keys() >= DOCUMENT or not isinstance(answer["terms"], dict):
        return False
    return isinstance(answer["terms"].get("told"), int) and all(
        isinstance(lengths, list) and lengths and all(isinstance(length, int) and length >= 0 for length in lengths)
        for lengths in (answer["texts"], answer["data"])
    )


def _cut(whole: AnyStr, lengths: Sequence[int]) -> Iterator[AnyStr]:
    """The pieces of these lengths. Raises `ValueError` when they are not the whole."""
    if sum(lengths) != len(whole):
        raise ValueError(f"{sum(lengths)} of {len(whole)}")
    return (whole[begin:end] for begin, end in pairwise(accumulate(lengths, initial=0)))


def learn(answer: dict[str, Any], vocabulary: Vocabulary) -> Vocabulary:
    """Add the terms that an answer brings to the vocabulary of the worker that gave it, and name that in the answer.

    Returns the vocabulary, a new one where the worker began one. Raises `ValueError` when an answer is missing before
    this one, as its terms would be, or when it has numbers that no term has.
    """
    # Only who listens to workers needs it.
    import numpy as np

    terms = answer["terms"]
    if terms["told"] == 0:
        vocabulary = Vocabulary()
    if terms["told"] != len(vocabulary.terms):
        raise ValueError(f"{terms['told']} terms were told and {len(vocabulary.terms)} heard")
    vocabulary.terms += answer["texts"][-1].split()
    highest = int(np.frombuffer(answer["data"][-1], np.uint32).max(initial=0))
    if highest > len(vocabulary.terms):
        raise ValueError(f"there is no term of the number {highest}")
    terms["vocabulary"] = vocabulary
    return vocabulary


def code_of(answer: Mapping[str, Any]) -> str | None:
    """The code of what went wrong, None when the file was read."""
    return answer["error"]["code"] if "error" in answer else None


def from_answer(answer: Mapping[str, Any]) -> tuple[Document, ParagraphColumns, NumberedTerms]:
    """What `as_answer` was given, of an answer that was learned from."""
    pages, terms, count = answer["pages"], answer["terms"], len(answer["pages"])
    document = Document(
        tuple(
            Page(number, text, label, extractor=extractor, left_out=tuple((start, end) for start, end in left_out))
            for (number, label, extractor, left_out), text in zip(pages, answer["texts"][:count], strict=True)
        ),
        answer["title"],
        answer["extractor"],
        answer["extractor_version"],
        tuple(answer["notes"]),
        answer["author"],
        answer["language"],
        answer["code"],
    )
    *runs, numbers = answer["data"]
    columns = ParagraphColumns(**answer["paragraphs"], text=answer["texts"][count:-1], runs=runs)
    return document, columns, NumberedTerms(terms["vocabulary"], terms["words"], numbers)
