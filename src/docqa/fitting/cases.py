"""What was read for a question whose answers are known, kept so that rankings and calibrations can be tried on it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from docqa.answers.normal import normal_form
from docqa.answers.promise import read_candidates
from docqa.answers.ranking import RankedAnswer, rank_answers
from docqa.errors import DataFileError
from docqa.evaluation.given import SPANS
from docqa.evaluation.metrics import f1
from docqa.reading.reader import ParagraphReading, Reader, Span
from docqa.reading.settings import Ranking

#: The F1 from which words say the same as those that a single person marked.
ALIKE = 0.5


@dataclass(frozen=True)
class ReadCase:
    """A question with the paragraphs read for it, their retriever scores, and what the reader made of them.

    `accepted` are the texts that count as right. `answerable` says whether what could be found holds an answer at all,
    `given` that the question's own paragraph was read without asking a retriever. `paths` are the paragraphs'
    documents and `file` the one an answer has to come from ("": any).
    """

    question: str
    accepted: tuple[str, ...]
    answerable: bool
    given: bool
    texts: tuple[str, ...]
    retriever_scores: tuple[float, ...]
    readings: tuple[ParagraphReading, ...]
    paths: tuple[str, ...] = ()
    file: str = ""

    def ranked(self, ranking: Ranking, top_k: int = 3) -> list[RankedAnswer]:
        """The answers under a ranking."""
        return rank_answers(self.readings, self.retriever_scores, self.texts, ranking, top_k)

    def words(self, paragraph: int, span: Span) -> str:
        """The words of a span of a paragraph."""
        return self.texts[paragraph][span.start : span.end]

    def is_right(self, answer: RankedAnswer) -> bool:
        """Whether an answer's words are accepted ones, in normal form, and stand in the right file.

        Where one person alone marked the answer, words that share most of theirs with it are right too: others
        would have marked a little more or less (`ALIKE`).
        """
        if not self.answerable:
            return False
        words = self.words(answer.best.paragraph, answer.best.span)
        return self._accepts(words) and (
            not self.file or any(self.paths[candidate.paragraph].endswith(self.file) for candidate in answer.candidates)
        )

    def _accepts(self, words: str) -> bool:
        if len(self.accepted) == 1:
            return f1(words, self.accepted) >= ALIKE
        return any(normal_form(words) == normal_form(text) for text in self.accepted)

    def to_dict(self) -> dict[str, Any]:
        """The case as JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> ReadCase:
        """The case that `to_dict` made."""
        readings = tuple(
            ParagraphReading(**{**reading, "spans": tuple(Span(**span) for span in reading["spans"])})
            for reading in stored["readings"]
        )
        lists = {name: tuple(stored[name]) for name in ("accepted", "texts", "retriever_scores", "paths")}
        return cls(**{**stored, **lists, "readings": readings})


def read_open(
    reader: Reader, question: str, accepted: Sequence[str], texts: Sequence[str], scores: Sequence[float], **known: Any
) -> ReadCase:
    """Read the candidates that a retriever found; `known` are further fields of the case."""
    readings = read_candidates(reader, question, texts, scores, spans=SPANS, stop=None)
    fields = {"answerable": bool(accepted), "given": False, **known}
    return ReadCase(
        question,
        tuple(accepted),
        texts=tuple(texts),
        retriever_scores=tuple(scores),
        readings=tuple(readings),
        **fields,
    )


def read_given(
    reader: Reader, questions: Sequence[str], paragraphs: Sequence[str], accepted: Sequence[Sequence[str]]
) -> list[ReadCase]:
    """Read each question's own paragraph; no accepted answers means that it has none."""
    readings = reader.read_pairs(questions, paragraphs, spans=SPANS)
    return [
        ReadCase(
            question,
            tuple(texts),
            answerable=bool(texts),
            given=True,
            texts=(paragraph,),
            retriever_scores=(0.0,),
            readings=(reading,),
        )
        for question, paragraph, texts, reading in zip(questions, paragraphs, accepted, readings, strict=True)
    ]


def save_cases(cases: Sequence[ReadCase], file: Path) -> None:
    """Keep what was read, one case a line."""
    file.write_text("".join(json.dumps(case.to_dict()) + "\n" for case in cases), encoding="utf-8")


def load_cases(file: Path) -> list[ReadCase]:
    """What `save_cases` kept. Raises `DataFileError` when the file is not of that kind."""
    try:
        return [ReadCase.from_dict(json.loads(line)) for line in file.read_text(encoding="utf-8").splitlines()]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataFileError(f"{file} holds no readings ({error!r}); remove it, and they are made anew.") from error
