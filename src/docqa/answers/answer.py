"""What an answer is made of, and its form as JSON (docs/answer.schema.json)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from docqa.paragraphs.paragraph import Place

SCHEMA = "docqa.answer/1"


@dataclass(frozen=True)
class Source:
    """A place that says an answer: characters `start` to `end` (half-open) of the text of page `page` of a file.

    `text` is what stands there, the answer's but for blanks, hyphens and ligatures. `end` is on page `end_page`: where
    that is another one, `parts` are two, the text is that of both with a line break between, and what stands between
    them at the edges of the pages is in neither.
    `context` is the sentence around it, as it stands on the page, and `context_start` and `context_end` the answer's
    place in that; `context_display` is the same as it is shown to people, without line breaks, broken words and
    characters that are not seen, with `display_start` and `display_end`. `headings` are those of the sections it is in,
    outermost first. `score` is S·T_i + E·T_j, `null_score` the paragraph's score for holding no answer,
    `retriever_score` its BM25 score and `ranking_score` what all of them make together. `changed` says that the file
    holds something else now than what was indexed, `missing` that it is gone; `author` is empty when it names none.
    """

    path: str
    sha256: str
    title: str
    page: int
    start: int
    end: int
    page_label: str | None
    paragraph: int
    context: str
    context_start: int
    context_end: int
    retriever_score: float
    score: float
    null_score: float
    ranking_score: float
    link: str
    context_display: str
    display_start: int
    display_end: int
    headings: tuple[str, ...]
    text: str
    end_page: int
    parts: tuple[Place, ...]
    changed: bool = False
    missing: bool = False
    author: str = ""


@dataclass(frozen=True)
class Answer:
    """One text, word for word as it stands at the first of its sources, best source first.

    `display` is the same as it is shown to people: on one line, without broken words and characters that are not seen.
    `probability` is the calibrated chance that it is right; None when the reader has no calibration.
    """

    text: str
    score: float
    probability: float | None
    sources: tuple[Source, ...]
    display: str


@dataclass(frozen=True)
class Timings:
    """Milliseconds spent on finding paragraphs, on reading them, and on both with everything around."""

    retrieve_ms: float
    read_ms: float
    total_ms: float


@dataclass(frozen=True)
class IndexInfo:
    """Which index answered, and how large it was."""

    path: str
    documents: int
    paragraphs: int
    generation: int


@dataclass(frozen=True)
class Answers:
    """The answers to a question, best first; empty when nothing was found.

    `read` of the `candidates` that the retriever found were read.
    """

    question: str
    answers: tuple[Answer, ...]
    no_answer_probability: float | None
    timings: Timings
    index: IndexInfo
    reader: str
    partial: bool = False
    candidates: int = 0
    read: int = 0

    @property
    def best(self) -> Answer | None:
        """The best answer, None when there is none."""
        return self.answers[0] if self.answers else None

    def __iter__(self) -> Iterator[Answer]:
        return iter(self.answers)

    def __len__(self) -> int:
        return len(self.answers)

    def to_dict(self, *, explain: bool = False) -> dict[str, Any]:
        """The answers as `docqa ask --json` prints them; `explain` adds what the ranking is made of."""
        return {
            "schema": SCHEMA,
            "question": self.question,
            "answers": [
                {
                    "text": answer.text,
                    "display": answer.display,
                    "score": answer.score,
                    "probability": answer.probability,
                    "sources": [_source(source, answer.text, explain=explain) for source in answer.sources],
                }
                for answer in self.answers
            ],
            "no_answer_probability": self.no_answer_probability,
            "partial": self.partial,
            "timings": asdict(self.timings),
            "index": asdict(self.index),
            "reader": self.reader,
            **({"candidates": self.candidates, "read": self.read} if explain else {}),
        }


def _source(source: Source, text: str, *, explain: bool) -> dict[str, Any]:
    row = {**asdict(source), "headings": list(source.headings), "parts": [asdict(place) for place in source.parts]}
    # Said only when it is so: who knows nothing of it sees what was always there.
    for mark in ("changed", "missing", "author"):
        if not row[mark]:
            del row[mark]
    if source.text == text:
        del row["text"]
    if source.end_page == source.page:
        del row["end_page"], row["parts"]
    if not explain:
        del row["null_score"], row["ranking_score"]
    return row
