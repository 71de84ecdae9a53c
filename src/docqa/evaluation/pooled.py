"""Open evaluation: all paragraphs of a file pooled, the retriever finds candidates, the reader answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from docqa.answers.ranking import rank_answers
from docqa.documents.document import Document, Page
from docqa.errors import DataFileError
from docqa.evaluation.given import SCHEMA, Progress, percent
from docqa.evaluation.metrics import exact_match, f1
from docqa.evaluation.squad import AnnotatedQuestion
from docqa.paragraphs.paragraph import Paragraph, Run
from docqa.reading.reader import Reader
from docqa.reading.settings import Ranking
from docqa.retrieval.analyzer import Analyzer
from docqa.retrieval.bm25 import Parameters
from docqa.retrieval.postings import add_postings
from docqa.retrieval.search import Hit, search_paragraphs
from docqa.store.documents import FileState, add_document
from docqa.store.opening import writing
from docqa.store.schema import migrations

#: Recall is reported at these numbers of paragraphs.
RECALL_AT = (1, 5, 20)


@dataclass(frozen=True)
class OpenEvaluation:
    """Recall in percent, mean reciprocal rank, exact match and F1 in percent of the answers through the retriever.

    A paragraph counts as found when it is the question's own. `missed` is the share of questions whose paragraph
    was not among the candidates, `misread` of those where it was and the answer in first place is not right.
    """

    questions: int
    paragraphs: int
    candidates: int
    exact_match: float
    f1: float
    recall: dict[int, float]
    mrr: float
    missed: float
    misread: float

    def to_dict(self) -> dict[str, Any]:
        """The evaluation as `docqa eval --open --json` prints it."""
        return {
            "schema": SCHEMA,
            "questions": self.questions,
            "paragraphs": self.paragraphs,
            "candidates": self.candidates,
            "exact_match": self.exact_match,
            "f1": self.f1,
            "recall": {str(limit): share for limit, share in self.recall.items()},
            "mrr": self.mrr,
            "errors": {"missed_by_retriever": self.missed, "misread_or_misranked": self.misread},
        }


def pool_paragraphs(questions: Sequence[AnnotatedQuestion], analyzer: Analyzer) -> Database:
    """An index in memory with every paragraph of the questions once, without names and titles.

    The page of paragraph i has the number i + 1.
    """
    db = Database(memory=True)
    db.conn.isolation_level = None
    migrations.apply(db)
    texts = list(dict.fromkeys(question.paragraph for question in questions))
    pages = tuple(Page(number, text) for number, text in enumerate(texts, start=1))
    paragraphs = [Paragraph(page.number, page.text, (Run(0, 0, len(page.text)),)) for page in pages]
    counts = [Counter(analyzer.terms(text)) for text in texts]
    with writing(db):
        document, ids = add_document(
            db,
            FileState("pool", "", 0, 0.0),
            Document(pages, "", "pool", "1"),
            paragraphs,
            [sum(count.values()) for count in counts],
        )
        add_postings(db, document, ids, counts)
    return db


def evaluate_open(
    reader: Reader,
    questions: Sequence[AnnotatedQuestion],
    *,
    pool: Database,
    candidates: int,
    ranking: Ranking | None = None,
    analyzer: Analyzer | None = None,
    parameters: Parameters | None = None,
    on_progress: Progress = lambda done, total: None,
) -> OpenEvaluation:
    """Answer each answerable question from the pooled paragraphs.

    `pool` is what `pool_paragraphs` made. Raises `DataFileError` when there are no answerable questions.
    """
    answerable = [question for question in questions if question.answers]
    if not answerable:
        raise DataFileError("The file has no answerable questions to evaluate on.")
    ranks: list[int | None] = []
    scores: list[tuple[float, float]] = []
    for number, question in enumerate(answerable, start=1):
        hits = search_paragraphs(
            pool,
            question.text,
            limit=max(candidates, *RECALL_AT),
            analyzer=analyzer or Analyzer(),
            parameters=parameters or Parameters(),
        )
        ranks.append(_rank(hits, question.paragraph))
        prediction = _predict(reader, question.text, hits[:candidates], ranking or reader.settings.ranking)
        scores.append((exact_match(prediction, question.answer_texts), f1(prediction, question.answer_texts)))
        on_progress(number, len(answerable))
    found = [rank is not None and rank <= candidates for rank in ranks]
    return OpenEvaluation(
        questions=len(answerable),
        paragraphs=pool["paragraphs"].count,
        candidates=candidates,
        exact_match=percent([em for em, _ in scores]),
        f1=percent([f for _, f in scores]),
        recall={limit: percent([float(rank is not None and rank <= limit) for rank in ranks]) for limit in RECALL_AT},
        mrr=sum(1 / rank for rank in ranks if rank) / len(ranks),
        missed=percent([float(not there) for there in found]),
        misread=percent([float(there and em < 1) for there, (em, _) in zip(found, scores, strict=True)]),
    )


def _rank(hits: Sequence[Hit], paragraph: str) -> int | None:
    return next((rank for rank, hit in enumerate(hits, start=1) if hit.paragraph.paragraph.text == paragraph), None)


def _predict(reader: Reader, question: str, hits: Sequence[Hit], ranking: Ranking) -> str:
    texts = [hit.paragraph.paragraph.text for hit in hits]
    readings = reader.read_paragraphs(question, texts, spans=1)
    ranked = rank_answers(readings, [hit.score for hit in hits], texts, ranking, 1)
    if not ranked:
        return ""
    best = ranked[0].best
    return texts[best.paragraph][best.span.start : best.span.end]
