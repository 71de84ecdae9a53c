"""The retriever beside peers: the same terms of the same paragraphs, the same queries, in one run.

python benchmarks/retrieval_peers.py --environments FOLDER --index INDEX --qa FILE...

INDEX is an index that benchmarks/scale.py made. Each peer builds its own index of the paragraphs' terms in a process
of its own and finds the 20 best for 400 questions; docqa's index is the one on the disk. What docqa takes includes the
analysis of the question and fetching the paragraphs with their documents, which the peers leave to others.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from scale import QUESTIONS, SEED

from docqa.corpus import open_corpus
from docqa.evaluation.squad import load_squad
from docqa.retrieval.analyzer import Analyzer

LIMIT = 20
PEERS = ("rank_bm25", "bm25s", "SQLite FTS5", "tantivy")
PACKAGES = ["bm25s==0.3.16", "tantivy==0.27.0", "rank_bm25==0.2.2", "numpy"]
RUNNER = Path(__file__).resolve().parent / "peers" / "retrieve.py"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--environments", type=Path, required=True)
    parser.add_argument("--index", type=Path, required=True)
    parser.add_argument("--qa", nargs="+", required=True)
    parser.add_argument("--leave-out", nargs="*", default=[], choices=PEERS)
    options = parser.parse_args()
    questions = [question.text for file in options.qa for question in load_squad(file)]
    asked = random.Random(SEED).sample(questions, QUESTIONS)
    python = interpreter(options.environments)
    analyzer = Analyzer()
    with tempfile.TemporaryDirectory() as temporary:
        corpus, work = Path(temporary) / "corpus.txt", Path(temporary) / "work.json"
        count = write_terms(options.index, corpus, analyzer)
        queries = [analyzer.terms(question) for question in asked]
        work.write_text(json.dumps({"corpus": str(corpus), "queries": queries, "limit": LIMIT}))
        print(f"{count} paragraphs, {len(asked)} questions, the {LIMIT} best.\n")
        print("| retriever | p50 ms | p95 ms | build s | memory MB |\n|---|---|---|---|---|")
        show("docqa", ours(options.index, asked))
        for peer in PEERS:
            if peer in options.leave_out:
                continue
            done = subprocess.run([python, str(RUNNER), str(work), peer], check=True, capture_output=True, text=True)
            show(peer, json.loads(done.stdout.splitlines()[-1]))
        show("docqa again", ours(options.index, asked))


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


def show(name: str, result: dict[str, Any]) -> None:
    """One row."""
    took = sorted(result["took"])
    built = "on the disk" if result["build"] is None else f"{result['build']:.0f}"
    p50, p95 = took[len(took) // 2], took[int(0.95 * len(took))]
    print(f"| {name} | {p50:.2f} | {p95:.2f} | {built} | {result['memory_mb']:.0f} |", flush=True)


def interpreter(folder: Path) -> str:
    """The Python of the peers' environment, which is built when it is not there."""
    python = folder / "retrieval" / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder / "retrieval")], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
    return str(python)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--time-docqa"]:
        time_docqa(Path(sys.argv[2]))
    else:
        main()
