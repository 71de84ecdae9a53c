"""Recall of the retriever with and without the titles and the authors of documents in what is indexed.

python benchmarks/metadata.py --folder DIR --questions FILE.jsonl

The folder is indexed once. For each variant the stored titles are changed and the inverted index is made anew from what
is stored. Besides the questions of the file, each document that states an author is looked for by the author's name.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

from retrieval import AT, folder_recall
from sqlite_utils import Database

from docqa.checking.repair import repair_index
from docqa.indexing.run import index_paths
from docqa.retrieval.analyzer import Analyzer
from docqa.retrieval.bm25 import Parameters
from docqa.retrieval.search import search_paragraphs
from docqa.store.documents import StoredDocument, stored_documents
from docqa.store.opening import open_database


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", required=True)
    parser.add_argument("--questions", required=True)
    options = parser.parse_args()
    lines = Path(options.questions).read_text(encoding="utf-8").splitlines()
    questions = [entry for line in lines if (entry := json.loads(line))["answers"]]
    with tempfile.TemporaryDirectory() as temporary:
        file = Path(temporary) / "docqa.db"
        db = open_database(file, create=True)
        index_paths(db, file, [options.folder], analyzer=Analyzer())
        documents = [document for document in stored_documents(db) if document.pages]
        authored = [document for document in documents if document.author]
        titled = sum(bool(document.title) for document in documents)
        print(f"{len(documents)} documents: {titled} have a title, {len(authored)} state an author.\n")
        print("| indexed with each paragraph | question @1 | @5 | @20 | author's name @1 | @5 | @20 |")
        print("|---|---|---|---|---|---|---|")
        for variant in ("neither", "title", "title and author"):
            _index_with(db, file, documents, variant)
            shares = [
                *folder_recall(db, questions, Analyzer(), Parameters()),
                *_author_recall(db, authored),
            ]
            print(f"| {variant} | {' | '.join(f'{share:.1f}' for share in shares)} |", flush=True)


def _index_with(db: Database, file: Path, documents: Sequence[StoredDocument], variant: str) -> None:
    """Make the inverted index as if titles and authors, one after the other, were the titles."""
    for document in documents:
        parts = [document.title if "title" in variant else "", document.author if "author" in variant else ""]
        db.table("documents").update(document.id, {"title": " ".join(filter(None, parts)), "author": None})
    repair_index(db, file, analyzer=Analyzer())


def _author_recall(db: Database, authored: Sequence[StoredDocument]) -> list[float]:
    """Percent of the documents that are among the first so many paragraphs when their author is asked for."""
    ranks = []
    for document in authored:
        hits = search_paragraphs(db, document.author or "", limit=AT[-1], analyzer=Analyzer(), parameters=Parameters())
        names = [hit.document.id for hit in hits]
        ranks.append(names.index(document.id) if document.id in names else AT[-1])
    return [100 * sum(rank < limit for rank in ranks) / len(ranks) for limit in AT]


if __name__ == "__main__":
    main()
