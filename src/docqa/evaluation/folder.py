"""Evaluation on a real folder: right file, right page, right words in first place."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docqa.answers.answer import Answers
from docqa.answers.normal import normal_form
from docqa.errors import DataFileError
from docqa.evaluation.intervals import interval
from docqa.evaluation.outcome import SCHEMA, percent
from docqa.evaluation.reliability import reliability


@dataclass(frozen=True)
class FolderQuestion:
    """A question on a folder: accepted answers (none: unanswerable), the file to cite, and its pages (empty: any)."""

    text: str
    accepted: tuple[str, ...]
    file: str
    pages: tuple[int, ...]


@dataclass(frozen=True)
class FolderOutcome:
    """What was answered to a question on a folder."""

    question: FolderQuestion
    answers: Answers

    @property
    def right_file(self) -> bool:
        """Whether the first answer's first source is in the right file, or in a copy of it."""
        best = self.answers.best
        # Copies of a file share its paragraphs: which of them comes first is their names' doing.
        return best is not None and any(
            _is_file(source.path, self.question.file)
            for source in best.sources
            if source.paragraph == best.sources[0].paragraph
        )

    @property
    def right_page(self) -> bool:
        """Whether it is on a right page too."""
        best = self.answers.best
        return self.right_file and best is not None and _is_page(best.sources[0].page, self.question.pages)

    @property
    def rank(self) -> int | None:
        """The place of the first accepted answer that the right file says."""
        for number, answer in enumerate(self.answers, start=1):
            if any(normal_form(answer.text) == normal_form(accepted) for accepted in self.question.accepted) and any(
                _is_file(source.path, self.question.file) for source in answer.sources
            ):
                return number
        return None


def load_folder_questions(path: Path) -> list[FolderQuestion]:
    """Read questions, one JSON object a line: {"question", "answers", "file", "page", "also_on_pages"}.

    Raises `DataFileError` when the file is missing or a line has not this form.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataFileError(f"The questions in {path} cannot be read: {error}.") from error
    questions = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
            pages = [entry.get("page"), *(entry.get("also_on_pages") or [])]
            questions.append(
                FolderQuestion(
                    text=str(entry["question"]),
                    accepted=tuple(entry.get("answers") or ()),
                    file=str(entry.get("file") or ""),
                    pages=tuple(int(page) for page in pages if page is not None),
                )
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise DataFileError(
                f"Line {number} of {path} is not a question ({error!r}); it needs at least "
                '{"question": "...", "answers": ["..."], "file": "..."}.'
            ) from error
    if not questions:
        raise DataFileError(f"There are no questions in {path}.")
    return questions


def evaluate_folder(
    ask: Callable[[str], Answers],
    questions: Sequence[FolderQuestion],
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[FolderOutcome]:
    """Ask each question; `ask` is a corpus's own method, so what is measured is what users get."""
    outcomes = []
    for number, question in enumerate(questions, start=1):
        outcomes.append(FolderOutcome(question, ask(question.text)))
        on_progress(number, len(questions))
    return outcomes


def summarize_folder(outcomes: Sequence[FolderOutcome]) -> dict[str, Any]:
    """What `docqa eval --folder --json` prints: counts, percentages with intervals, and the result of each question."""
    answerable = [outcome for outcome in outcomes if outcome.question.accepted]
    others = [outcome for outcome in outcomes if not outcome.question.accepted]
    measures = {
        "right_file_first": [float(outcome.right_file) for outcome in answerable],
        "right_page_first": [float(outcome.right_page) for outcome in answerable],
        "answer_first": [float(outcome.rank == 1) for outcome in answerable],
        "answer_in_three": [float(outcome.rank is not None and outcome.rank <= 3) for outcome in answerable],
        "unanswerable_refused": [float(outcome.answers.best is None) for outcome in others],
    }
    figures: dict[str, Any] = {
        "schema": SCHEMA,
        "questions": len(outcomes),
        "answerable": len(answerable),
        **{
            name: {
                "count": int(sum(values)),
                "of": len(values),
                "percent": percent(values),
                "interval": interval(values),
            }
            for name, values in measures.items()
        },
        "results": [_result(outcome) for outcome in outcomes],
    }
    judged = [
        (outcome.answers.best.probability, float(outcome.rank == 1))
        for outcome in outcomes
        if outcome.answers.best is not None and outcome.answers.best.probability is not None
    ]
    if judged:
        figures["reliability"] = reliability([chance for chance, _ in judged], [right for _, right in judged]).to_dict()
    return figures


def _result(outcome: FolderOutcome) -> dict[str, Any]:
    best = outcome.answers.best
    return {
        "question": outcome.question.text,
        "accepted": list(outcome.question.accepted),
        "answer": best.text if best else None,
        "path": best.sources[0].path if best else None,
        "page": best.sources[0].page if best else None,
        "probability": best.probability if best else None,
        "rank": outcome.rank,
        "right_file": outcome.right_file,
        "right_page": outcome.right_page,
    }


def _is_file(path: str, wanted: str) -> bool:
    return bool(wanted) and (path == wanted or path.endswith("/" + wanted))


def _is_page(page: int, wanted: Sequence[int]) -> bool:
    return not wanted or page in wanted
