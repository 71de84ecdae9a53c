"""Searching: the paragraphs with the highest BM25 scores for a query."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlite_utils import Database

from docqa.errors import AnalyzerMismatchError
from docqa.memory import keep_freed_memory
from docqa.retrieval.analyzer import Analyzer
from docqa.retrieval.best import best_paragraphs, top
from docqa.retrieval.bm25 import Parameters
from docqa.retrieval.terms import query_terms
from docqa.store.copies import paths_of
from docqa.store.documents import StoredDocument, documents_by_id, get_setting, set_setting
from docqa.store.paragraphs import StoredParagraph, paragraphs_by_id
from docqa.store.places import storable

ANALYZER_SETTING = "analyzer"


@dataclass(frozen=True)
class Hit:
    """A paragraph the retriever found: its score, itself and its document.

    `paths` are those of the files that hold it, in their order: the document's own and its copies', or those of them
    that were asked for.
    """

    score: float
    paragraph: StoredParagraph
    document: StoredDocument
    paths: tuple[str, ...]

    def path_ending(self, file: str) -> str:
        """Of the paths the first that ends like this; the first of all when none does."""
        return next((path for path in self.paths if path.endswith(file)), self.paths[0])


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

    `path` is a glob on the paths of documents and their copies. Corpus statistics are always those of the whole index.
    The process keeps memory that it has given up (see `docqa.memory`).
    """
    keep_freed_memory()
    if path is None:
        (highest,) = db.conn.execute("SELECT coalesce(max(id), 0) FROM paragraphs").fetchone()
        numbers, scores = best_paragraphs(query_terms(db, query, analyzer, parameters), limit, highest)
    else:
        numbers, scores = score_paragraphs(db, query, analyzer=analyzer, parameters=parameters)
        keep = np.isin(numbers, _paragraphs_under(db, path))
        numbers, scores = numbers[keep], scores[keep]
    best = top(numbers, scores, limit)
    paragraphs = paragraphs_by_id(db, (int(numbers[i]) for i in best))
    documents = documents_by_id(db, (stored.document for stored in paragraphs.values()))
    paths = {
        number: tuple(name for name in names if path is None or _matches(name, path))
        for number, names in paths_of(db, documents).items()
    }
    found = [(float(scores[i]), paragraphs[int(numbers[i])]) for i in best]
    return [Hit(score, stored, documents[stored.document], paths[stored.document]) for score, stored in found]


def score_paragraphs(
    db: Database, query: str, *, analyzer: Analyzer, parameters: Parameters
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The ids of all paragraphs that hold a word of the query, ascending, and their scores."""
    collected = [term.all() for term in query_terms(db, query, analyzer, parameters)]
    if not collected:
        return np.empty(0, np.int64), np.empty(0, np.float64)
    numbers, place = np.unique(np.concatenate([ids for ids, _ in collected]), return_inverse=True)
    scores = np.bincount(place, weights=np.concatenate([added for _, added in collected]))
    return numbers.astype(np.int64), scores.astype(np.float64)


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
    path = storable(path)
    names = db.conn.execute("SELECT id, path FROM documents UNION ALL SELECT document, path FROM copies")
    documents = {number for number, name in names if _matches(name, path)}
    found = [
        number
        for document in documents
        for (number,) in db.conn.execute("SELECT id FROM paragraphs WHERE document = ?", (document,))
    ]
    return np.array(found, np.int64)


def _matches(name: str, path: str) -> bool:
    return fnmatch.fnmatchcase(name, path) or fnmatch.fnmatchcase(name, path.rstrip("/") + "/*")
