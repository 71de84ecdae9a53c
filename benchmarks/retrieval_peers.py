"""The retriever beside peers: the same terms of the same paragraphs, the same queries, in one run.

python benchmarks/retrieval_peers.py --environments FOLDER --index INDEX --qa FILE...

INDEX is an index that benchmarks/scale.py made. Each peer builds its own index of the paragraphs' terms in a process
of its own and finds the 20 best for 400 questions; docqa's index is the one on the disk. What docqa takes includes the
analysis of the question and fetching the paragraphs with their documents, which the peers leave to others. Peers are
left out where their environment cannot be built. They hold all terms in memory, so a hundred thousand paragraphs suit.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from environments import peer_python
from grown_index import draw_questions
from results import Cell, Column, Table, add_json_option, percentile, publish
from scale import LIMIT, QUESTIONS

from docqa.corpus import open_corpus
from docqa.retrieval.analyzer import Analyzer

PEERS = ("rank_bm25", "bm25s", "SQLite FTS5", "tantivy")
PACKAGES = ["bm25s==0.3.16", "tantivy==0.27.0", "rank_bm25==0.2.2", "numpy"]
RUNNER = Path(__file__).resolve().parent / "peers" / "retrieve.py"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--environments", type=Path, required=True)
    parser.add_argument("--index", type=Path, required=True)
    parser.add_argument("--qa", nargs="+", required=True)
    parser.add_argument("--leave-out", nargs="*", default=[], choices=PEERS)
    add_json_option(parser)
    options = parser.parse_args()
    asked = draw_questions(options.qa, QUESTIONS)
    python = peer_python(options.environments / "retrieval", PACKAGES)
    analyzer = Analyzer()
    with tempfile.TemporaryDirectory() as temporary:
        corpus, work = Path(temporary) / "corpus.txt", Path(temporary) / "work.json"
        count = write_terms(options.index, corpus, analyzer)
        queries = [analyzer.terms(question) for question in asked]
        work.write_text(json.dumps({"corpus": str(corpus), "queries": queries, "limit": LIMIT}))
        rows = [row("docqa", ours(options.index, asked))]
        for peer in PEERS:
            if python is not None and peer not in options.leave_out:
                command = [python, str(RUNNER), str(work), peer]
                done = subprocess.run(command, check=True, capture_output=True, text=True)
                rows.append(row(peer, json.loads(done.stdout.splitlines()[-1])))
        rows.append(row("docqa again", ours(options.index, asked)))
    columns = (Column("retriever"), Column("p50 ms", 2), Column("p95 ms", 2), Column("build s"), Column("memory MB"))
    title = f"{count:,} paragraphs, {len(asked)} questions, the {LIMIT} best"
    note = "docqa's index is on the disk already. Memory is what building and searching added to the process."
    table = Table("retrievers", title, columns, tuple(rows), note)
    publish("retrieval_peers", "Retrieval, beside peers", [table], options.json)


def write_terms(index: Path, file: Path, analyzer: Analyzer) -> int:
    """The terms of each paragraph, one a line; returns how many there are."""
    with open_corpus(index, create=False) as corpus, file.open("w", encoding="utf-8") as lines:
        texts = corpus.paragraph_texts()
        for text in texts:
            lines.write(" ".join(analyzer.terms(text)) + "\n")
    return len(texts)


def ours(index: Path, asked: list[str]) -> dict[str, Any]:
    """Docqa's times, in a process of its own."""
    command = [sys.executable, __file__, "--time-docqa", str(index)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, input=json.dumps(asked))
    return dict(json.loads(done.stdout.splitlines()[-1]))


def time_docqa(index: Path) -> None:
    """Search for the questions on standard input; print times and memory."""
    import resource

    asked = json.loads(sys.stdin.read())
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    took = []
    with open_corpus(index, create=False) as corpus:
        for question in asked:
            begun = time.perf_counter()
            corpus.search(question, LIMIT)
            took.append(1000 * (time.perf_counter() - begun))
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"build": None, "took": took, "memory_mb": (after - before) / 1024}))


def row(name: str, result: dict[str, Any]) -> tuple[Cell, ...]:
    """A row of the table."""
    took = result["took"]
    return name, percentile(took, 0.5), percentile(took, 0.95), result["build"], result["memory_mb"]


if __name__ == "__main__":
    if sys.argv[1:2] == ["--time-docqa"]:
        time_docqa(Path(sys.argv[2]))
    else:
        main()
