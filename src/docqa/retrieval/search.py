"""Searching: the paragraphs with the highest BM25 scores for a query."""

from __future__ import annotations

import fnmatch
from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlite_utils import Database

from docqa.errors import AnalyzerMismatchError
from docqa.retrieval.analyzer import Analyzer
from docqa.retrieval.bm25 import IDF, WEIGHT, Parameters
from docqa.retrieval.postings import corpus_statistics, fetch_postings
from docqa.store.documents import (
    StoredDocument,
    StoredParagraph,
    documents_by_id,
    get_setting,
    paragraphs_by_id,
    set_setting,
)

ANALYZER_SETTING = "analyzer"


@dataclass(frozen=True)
class Hit:
    """A paragraph the retriever found: its score, itself and its document."""

    score: float
    paragraph: StoredParagraph
    document: StoredDocument


def search_paragraphs(
    db: Database,
    query: str,
    *,
    limit: int,
    analyzer: Analyzer,
    parameters: Parameters,
    path: str | None = None,
) -> list[Hit]:
    """The `limit` best paragraphs that hold a word of the query, best first; ties by lower paragraph id.

    `path` is a glob on the documents' paths. Corpus statistics are always those of the whole index.
    """
    numbers, scores = score_paragraphs(db, query, analyzer=analyzer, parameters=parameters)
    if path is not None:
        allowed = _paragraphs_under(db, path)
        keep = np.isin(numbers, allowed)
        numbers, scores = numbers[keep], scores[keep]
    best = top(numbers, scores, limit)
    paragraphs = paragraphs_by_id(db, (int(numbers[i]) for i in best))
    documents = documents_by_id(db, (stored.document for stored in paragraphs.values()))
    found = [(float(scores[i]), paragraphs[int(numbers[i])]) for i in best]
    return [Hit(score, stored, documents[stored.document]) for score, stored in found]


def score_paragraphs(
    db: Database, query: str, *, analyzer: Analyzer, parameters: Parameters
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The ids of all paragraphs that hold a word of the query, ascending, and their scores."""
    paragraphs, mean_length = corpus_statistics(db)
    collected: list[tuple[NDArray[np.int64], NDArray[np.float64]]] = []
    for term, repeats in Counter(analyzer.terms(query)).items():
        postings = fetch_postings(db, term)
        if not len(postings):
            continue
        idf = IDF[parameters.variant](paragraphs, len(postings))
        frequency = postings["frequency"].astype(np.float64)
        relative_length = postings["length"].astype(np.float64) / mean_length
        weight = WEIGHT[parameters.variant](frequency, relative_length, parameters)
        collected.append((postings["paragraph"].astype(np.int64), repeats * idf * weight))
    if not collected:
        return np.empty(0, np.int64), np.empty(0, np.float64)
    numbers, place = np.unique(np.concatenate([ids for ids, _ in collected]), return_inverse=True)
    scores = np.bincount(place, weights=np.concatenate([added for _, added in collected]))
    return numbers.astype(np.int64), scores.astype(np.float64)


def top(numbers: NDArray[np.int64], scores: NDArray[np.float64], limit: int) -> list[int]:
    """Positions of the `limit` highest scores above 0, highest first, ties by lower number.

    >>> top(np.array([4, 7, 9]), np.array([1.0, 2.0, 1.0]), 2)
    [1, 0]
    """
    if limit < len(scores):
        threshold = np.partition(scores, -limit)[-limit]
        candidates = np.flatnonzero(scores >= threshold)
    else:
        candidates = np.arange(len(scores))
    candidates = candidates[scores[candidates] > 0]
    order = np.lexsort((numbers[candidates], -scores[candidates]))
    return [int(position) for position in candidates[order][:limit]]


def check_analyzer(db: Database, analyzer: Analyzer, *, store: bool) -> None:
    """Make sure the index was built with this analyzer, and note it down in a new one when `store` is set."""
    built_with = get_setting(db, ANALYZER_SETTING)
    if built_with is None:
        if store:
            set_setting(db, ANALYZER_SETTING, analyzer.to_json())
    elif built_with != analyzer.to_json():
        raise AnalyzerMismatchError(
            f"The index was built with the tokenizer {built_with}, this docqa uses {analyzer.to_json()}; "
            "index the documents into a new file."
        )


def _paragraphs_under(db: Database, path: str) -> NDArray[np.int64]:
    documents = [
        number
        for number, name in db.conn.execute("SELECT id, path FROM documents")
        if fnmatch.fnmatchcase(name, path) or fnmatch.fnmatchcase(name, path.rstrip("/") + "/*")
    ]
    found = [
        number
        for document in documents
        for (number,) in db.conn.execute("SELECT id FROM paragraphs WHERE document = ?", (document,))
    ]
    return np.array(found, np.int64)
