"""Asking: candidates from the retriever, spans from the reader, answers with their sources."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sqlite_utils import Database

from docqa.answers.answer import Answer, Answers, IndexInfo, Source, Timings
from docqa.answers.calibration import answer_features, probability
from docqa.answers.cascade import CandidateReadings, read_promising
from docqa.answers.citation import cite
from docqa.answers.question import check_question
from docqa.answers.ranking import RankedAnswer, rank_answers
from docqa.documents.document import Page
from docqa.errors import UsageError
from docqa.reading.reader import ParagraphReading, Reader
from docqa.reading.settings import Ranking
from docqa.retrieval.analyzer import Analyzer
from docqa.retrieval.bm25 import Parameters
from docqa.retrieval.postings import corpus_statistics, generation
from docqa.retrieval.search import Hit, search_paragraphs
from docqa.store.contradictions import check_agreement, contradictions
from docqa.store.opening import reading
from docqa.store.paragraphs import page_of

#: Candidate paragraphs read for a question unless asked otherwise; docs/reading.md shows what more and fewer give.
CANDIDATES = 20
TOP_K = 3
#: Spans kept of each paragraph beyond the answers wanted, because equal answers are merged.
SPARE_SPANS = 5


@dataclass(frozen=True)
class AskOptions:
    """How to answer: see `docqa ask --help`.

    `ranking` None takes the one stored with the reader. `threshold` keeps answers that are at least so probable; None
    shows all alternatives when the best one reaches the threshold stored with the reader, and none otherwise.
    `exhaustive` reads every candidate, even when none that is left is likely to give the best answer.
    """

    top_k: int = TOP_K
    candidates: int = CANDIDATES
    path: str | None = None
    ranking: Ranking | None = None
    threshold: float | None = None
    exhaustive: bool = False


@dataclass(frozen=True)
class Found:
    """What the index gave for a question, read in one transaction: hits, the pages they stand on, the index's state.

    `pages` are by document, then by number.
    """

    hits: tuple[Hit, ...]
    pages: dict[int, dict[int, Page]]
    index: IndexInfo


def find(
    db: Database,
    index_file: Path,
    question: str,
    options: AskOptions,
    *,
    analyzer: Analyzer,
    parameters: Parameters,
) -> Found:
    """The candidate paragraphs for a question, with all that citing them needs, from one state of the index.

    Raises `DamagedIndexError` where the text of a paragraph is not that of its page.
    """
    with reading(db), contradictions(index_file):
        hits = search_paragraphs(
            db, question, limit=options.candidates, analyzer=analyzer, parameters=parameters, path=options.path
        )
        pages: dict[int, dict[int, Page]] = {}
        for hit in hits:
            held = pages.setdefault(hit.document.id, {})
            for number in (hit.paragraph.paragraph.page, hit.paragraph.paragraph.end_page):
                if number not in held:
                    held[number] = page_of(db, hit.document.id, number)
            check_agreement(index_file, hit.document.path, hit.paragraph.paragraph, held)
        return Found(tuple(hits), pages, index_info(db, index_file))


def index_info(db: Database, index_file: Path) -> IndexInfo:
    """The state of the index as it is cited in answers."""
    (documents,) = db.conn.execute("SELECT count(*) FROM documents WHERE status != 'failed'").fetchone()
    paragraphs, _ = corpus_statistics(db)
    return IndexInfo(str(index_file), documents, paragraphs, generation(db))


def answer_question(
    db: Database,
    index_file: Path,
    reader: Reader,
    question: str,
    options: AskOptions,
    *,
    analyzer: Analyzer,
    parameters: Parameters,
) -> Answers:
    """The best answers to a question.

    Raises `QuestionError` when the question cannot be read, `UsageError` for a threshold that the reader has no
    probabilities for.
    """
    begun = time.perf_counter()
    question = check_question(question)
    if options.threshold and reader.settings.calibration is None:
        raise UsageError(
            f"The reader {reader.name} gives no probabilities that a threshold could be compared with; "
            "leave the threshold out, or calibrate the reader with `docqa calibrate`."
        )
    found = find(db, index_file, question, options, analyzer=analyzer, parameters=parameters)
    retrieved = time.perf_counter()
    texts = [hit.paragraph.paragraph.text for hit in found.hits]
    read = read_promising(
        reader,
        question,
        texts,
        [hit.score for hit in found.hits],
        spans=options.top_k + SPARE_SPANS,
        exhaustive=options.exhaustive,
        ranking=options.ranking,
    )
    read_at = time.perf_counter()
    answers, no_answer = assemble(found, read, reader, options)
    done = time.perf_counter()
    timings = Timings(
        retrieve_ms=round((retrieved - begun) * 1000, 3),
        read_ms=round((read_at - retrieved) * 1000, 3),
        total_ms=round((done - begun) * 1000, 3),
    )
    return Answers(
        question,
        tuple(answers),
        no_answer,
        timings,
        found.index,
        reader.name,
        candidates=len(found.hits),
        read=len(read.numbers),
    )


def assemble(
    found: Found, read: CandidateReadings, reader: Reader, options: AskOptions
) -> tuple[list[Answer], float | None]:
    """The ranked answers with their citations, and the probability that there is none.

    `read` says which of the hits were read, and how.
    """
    candidates, readings = len(found.hits), read.readings
    found = replace(found, hits=tuple(found.hits[number] for number in read.numbers))
    texts = [hit.paragraph.paragraph.text for hit in found.hits]
    ranking = options.ranking or reader.settings.ranking
    ranked = rank_answers(readings, [hit.score for hit in found.hits], texts, ranking, options.top_k)
    calibration = reader.settings.calibration
    if calibration is None:
        return [_answer(entry, found, readings, None) for entry in ranked], None
    if not ranked:
        return [], 1.0
    features = [answer_features(entry, readings, candidates) for entry in ranked]
    chances = [probability(calibration.other if rank else calibration.right, row) for rank, row in enumerate(features)]
    no_answer = probability(calibration.no_answer, features[0])
    # The reader's own threshold says whether anything was found at all; one that is asked for holds for every answer.
    if options.threshold is None and chances[0] < reader.settings.threshold:
        return [], no_answer
    least = options.threshold or 0.0
    return [
        _answer(entry, found, readings, chance)
        for entry, chance in zip(ranked, chances, strict=True)
        if chance >= least
    ], no_answer


def _answer(entry: RankedAnswer, found: Found, readings: Sequence[ParagraphReading], chance: float | None) -> Answer:
    sources: list[Source] = []
    cited: set[tuple[str, int, int]] = set()
    words: str | None = None
    for candidate in entry.candidates:
        hit = found.hits[candidate.paragraph]
        quoted = cite(hit, candidate, readings[candidate.paragraph].null, found.pages[hit.document.id], words)
        if quoted is None:
            continue
        places, shown = quoted
        words = words or shown
        for source in places:
            place = source.path, source.page, source.start
            if place not in cited:
                cited.add(place)
                sources.append(source)
    return Answer(sources[0].text, entry.best.span.score, chance, tuple(sources), words or "")
