"""Retrieves for benchmarks/retrieval_peers.py with one peer: its own index of the same terms, times and memory."""

from __future__ import annotations

import json
import resource
import sqlite3
import sys
import time
from collections.abc import Callable
from pathlib import Path

Search = Callable[[list[str]], list[int]]


def rank_bm25(corpus: list[list[str]], limit: int) -> Search:
    """Every paragraph scored by rank_bm25's class that docqa's scores mean."""
    import numpy as np
    from rank_bm25 import BM25Plus

    index = BM25Plus(corpus, k1=0.9, b=0.75, delta=1.0)
    return lambda query: np.argsort(-index.get_scores(query))[:limit].tolist()


def bm25s(corpus: list[list[str]], limit: int) -> Search:
    """Scores computed when the index is built, summed by numpy."""
    import bm25s as library

    index = library.BM25(k1=0.9, b=0.75, method="bm25+")
    index.index(corpus, show_progress=False)
    return lambda query: index.retrieve([query], k=limit, show_progress=False)[0][0].tolist() if query else []


def fts5(corpus: list[list[str]], limit: int) -> Search:
    """SQLite's own full-text search, in memory."""
    db = sqlite3.connect(":memory:")
    db.execute("CREATE VIRTUAL TABLE paragraphs USING fts5(terms, tokenize = 'ascii')")
    db.executemany("INSERT INTO paragraphs (terms) VALUES (?)", ((" ".join(terms),) for terms in corpus))
    select = "SELECT rowid - 1 FROM paragraphs WHERE paragraphs MATCH ? ORDER BY bm25(paragraphs) LIMIT ?"

    def search(query: list[str]) -> list[int]:
        words = " OR ".join(f'"{term}"' for term in dict.fromkeys(query))
        return [row for (row,) in db.execute(select, (words, limit))] if words else []

    return search


def tantivy(corpus: list[list[str]], limit: int) -> Search:
    """The search engine in Rust, its index in memory."""
    import tantivy as library

    builder = library.SchemaBuilder()
    builder.add_text_field("terms", stored=False, tokenizer_name="whitespace", index_option="freq")
    builder.add_unsigned_field("number", stored=True)
    index = library.Index(builder.build())
    writer = index.writer(heap_size=256_000_000, num_threads=2)
    for number, terms in enumerate(corpus):
        writer.add_document(library.Document(terms=" ".join(terms), number=number))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher, schema = index.searcher(), index.schema

    def search(query: list[str]) -> list[int]:
        words = [
            (library.Occur.Should, library.Query.term_query(schema, "terms", term, "freq"))
            for term in dict.fromkeys(query)
        ]
        hits = searcher.search(library.Query.boolean_query(words), limit).hits
        return [searcher.doc(place)["number"][0] for _, place in hits]

    return search


def main() -> None:
    """Build, search and print."""
    work, name = json.loads(Path(sys.argv[1]).read_text()), sys.argv[2]
    build = {"rank_bm25": rank_bm25, "bm25s": bm25s, "SQLite FTS5": fts5, "tantivy": tantivy}[name]
    corpus = [line.split() for line in Path(work["corpus"]).read_text(encoding="utf-8").splitlines()]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun = time.perf_counter()
    search = build(corpus, work["limit"])
    built = time.perf_counter() - begun
    took = []
    for query in work["queries"]:
        begun = time.perf_counter()
        search(query)
        took.append(1000 * (time.perf_counter() - begun))
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"build": built, "took": took, "memory_mb": (after - before) / 1024}))


if __name__ == "__main__":
    main()
