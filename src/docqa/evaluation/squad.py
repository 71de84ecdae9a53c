"""Question files in SQuAD format, versions 1.1 and 2.0.

Rajpurkar et al. 2016, "SQuAD: 100,000+ Questions for Machine Comprehension of Text";
Rajpurkar et al. 2018, "Know What You Don't Know: Unanswerable Questions for SQuAD".
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from docqa.errors import DataFileError


@dataclass(frozen=True)
class AnnotatedAnswer:
    """An answer an annotator marked: its text and its first character in the paragraph."""

    text: str
    start: int

    @property
    def end(self) -> int:
        """One past the answer's last character."""
        return self.start + len(self.text)


@dataclass(frozen=True)
class AnnotatedQuestion:
    """A question with its paragraph and its annotated answers (none: unanswerable), whether they stand there or not."""

    id: str
    text: str
    paragraph: str
    answers: tuple[AnnotatedAnswer, ...]
    title: str = ""

    @property
    def answer_texts(self) -> tuple[str, ...]:
        """The texts of the annotated answers, each once, in the order of the file."""
        return tuple(dict.fromkeys(answer.text for answer in self.answers))

    @property
    def standing(self) -> tuple[AnnotatedAnswer, ...]:
        """The annotated answers that stand in the paragraph where the annotation says."""
        return tuple(answer for answer in self.answers if self.paragraph[answer.start : answer.end] == answer.text)


def load_squad(path: str | Path, limit: int | None = None) -> list[AnnotatedQuestion]:
    """Read a SQuAD-format file; `limit` keeps the first so many questions.

    Raises `DataFileError` when the file is missing, is not JSON or has not the format.
    """
    path = Path(path)
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataFileError(f"There is no question file at {path}.") from None
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise DataFileError(f"{path} cannot be read as JSON: {error}.") from error
    try:
        questions = [
            _question(entry, paragraph["context"], str(article.get("title", "")))
            for article in raw["data"]
            for paragraph in article["paragraphs"]
            for entry in paragraph["qas"]
        ]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DataFileError(
            f"{path} is not in SQuAD format (missing or wrong: {error}); it needs data > paragraphs > context and qas."
        ) from error
    return questions[:limit]


def _question(entry: dict[str, object], paragraph: object, title: str) -> AnnotatedQuestion:
    if not isinstance(paragraph, str):
        raise TypeError("a context that is not text")
    marked = [] if entry.get("is_impossible") else entry.get("answers") or []
    answers = tuple(
        AnnotatedAnswer(str(answer["text"]), int(answer["answer_start"]))
        for answer in marked  # type: ignore[attr-defined]
        if answer["text"]
    )
    return AnnotatedQuestion(
        id=str(entry["id"]),
        text=str(entry["question"]).strip(),
        paragraph=paragraph,
        answers=answers,
        title=title,
    )
