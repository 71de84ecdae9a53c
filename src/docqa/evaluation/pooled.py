"""Open evaluation: all paragraphs of files pooled, the retriever finds candidates, the reader answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from docqa.answers.cascade import read_promising
from docqa.documents.document import Document, Page
from docqa.errors import DataFileError
from docqa.evaluation.given import SPANS, Progress, judge
from docqa.evaluation.intervals import interval
from docqa.evaluation.outcome import Outcome, percent, summarize
from docqa.evaluation.squad import AnnotatedQuestion
from docqa.paragraphs.paragraph import Paragraph, Run
from docqa.reading.reader import Reader
from docqa.retrieval.analyzer import Analyzer
from docqa.retrieval.bm25 import Parameters
from docqa.retrieval.fresh import add_postings
from docqa.retrieval.search import Hit, search_paragraphs
from docqa.retrieval.segments import settle
from docqa.store.documents import FileState, add_document
from docqa.store.opening import writing
from docqa.store.schema import migrations

#: Recall is reported at these numbers of paragraphs.
RECALL_AT = (1, 5, 20)


@dataclass(frozen=True)
class OpenOutcome:
    """An outcome, the rank at which the question's own paragraph was found (None: not), and how many were read."""

    outcome: Outcome
    rank: int | None
    read: int


def pool_paragraphs(questions: Sequence[AnnotatedQuestion], analyzer: Analyzer) -> Database:
    """An index in memory with every paragraph of the questions once, without names and titles."""
    return pool_texts([question.paragraph for question in questions], analyzer)


def pool_texts(paragraphs_read: Sequence[str], analyzer: Analyzer) -> Database:
    """An index in memory with every text once, in their order: the first one is paragraph 1 on page 1, and so on."""
    db = Database(memory=True, execute_plugins=False)
    db.conn.isolation_level = None
    migrations.apply(db)
    texts = list(dict.fromkeys(paragraphs_read))
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
        settle(db, everything=True)
    return db


def evaluate_open(
    reader: Reader,
    questions: Sequence[AnnotatedQuestion],
    *,
    pool: Database,
    candidates: int,
    exhaustive: bool = False,
    on_progress: Progress = lambda done, total: None,
) -> list[OpenOutcome]:
    """Answer each answerable question from the pooled paragraphs (`pool_paragraphs` made the pool).

    `exhaustive` reads all candidates, where `docqa ask` stops when none that is left is likely to come first.
    Raises `DataFileError` when there are no answerable questions.
    """
    answerable = [question for question in questions if question.answers]
    if not answerable:
        raise DataFileError("The file has no answerable questions to evaluate on.")
    analyzer, parameters = Analyzer(), Parameters()
    limit = max(candidates, *RECALL_AT)
    outcomes = []
    for number, question in enumerate(answerable, start=1):
        hits = search_paragraphs(pool, question.text, limit=limit, analyzer=analyzer, parameters=parameters)
        read = hits[:candidates]
        texts = [hit.paragraph.paragraph.text for hit in read]
        scores = [hit.score for hit in read]
        known = read_promising(reader, question.text, texts, scores, spans=SPANS, exhaustive=exhaustive)
        outcome = judge(
            known.readings,
            [scores[number] for number in known.numbers],
            [texts[number] for number in known.numbers],
            reader.settings,
            question.answer_texts,
        )
        outcomes.append(OpenOutcome(outcome, _rank(hits, question.paragraph), len(known.numbers)))
        on_progress(number, len(answerable))
    return outcomes


def summarize_open(outcomes: Sequence[OpenOutcome], *, paragraphs: int, candidates: int) -> dict[str, Any]:
    """What `docqa eval --open --json` prints: recall and mean reciprocal rank besides the usual figures.

    `read` is the mean number of candidates that were read for a question.
    `missed_by_retriever` is the share of questions whose paragraph was not among the candidates,
    `misread_or_misranked` of those where it was and the best answer is not right.
    """
    ranks = [entry.rank for entry in outcomes]
    found = [rank is not None and rank <= candidates for rank in ranks]
    wrong = [entry.outcome.exact_match < 1 for entry in outcomes]
    recall = {limit: [float(rank is not None and rank <= limit) for rank in ranks] for limit in RECALL_AT}
    figures = summarize([entry.outcome for entry in outcomes])
    reciprocal = [1 / rank if rank else 0.0 for rank in ranks]
    low, high = interval(reciprocal)
    figures["intervals"]["mrr"] = (round(low / 100, 4), round(high / 100, 4))
    figures["intervals"]["recall"] = {str(limit): interval(values) for limit, values in recall.items()}
    return {
        **figures,
        "paragraphs": paragraphs,
        "candidates": candidates,
        "read": sum(entry.read for entry in outcomes) / len(outcomes),
        "recall": {str(limit): percent(values) for limit, values in recall.items()},
        "mrr": sum(reciprocal) / len(reciprocal),
        "errors": {
            "missed_by_retriever": percent([float(not there) for there in found]),
            "misread_or_misranked": percent([float(a and b) for a, b in zip(found, wrong, strict=True)]),
        },
    }


def _rank(hits: Sequence[Hit], paragraph: str) -> int | None:
    return next((rank for rank, hit in enumerate(hits, start=1) if hit.paragraph.paragraph.text == paragraph), None)
