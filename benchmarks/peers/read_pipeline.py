"""Reads the questions of benchmarks/peers.py with the pipeline of transformers 4, prints seconds and best answers."""

import json
import sys
from pathlib import Path

from timing import report
from transformers import pipeline


def main() -> None:
    """Read and print."""
    work, batch = json.loads(Path(sys.argv[1]).read_text()), int(sys.argv[2])
    reader = pipeline("question-answering", model=work["plain"], tokenizer=work["plain"], device="cpu")

    def answer(entry: dict) -> str:
        found = reader(
            question=[entry["question"]] * len(entry["paragraphs"]),
            context=entry["paragraphs"],
            batch_size=batch,
            max_seq_len=384,
            max_answer_len=30,
        )
        return max(found, key=lambda one: one["score"])["answer"]

    report(work, answer)


if __name__ == "__main__":
    main()
