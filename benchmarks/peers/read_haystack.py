"""Reads the questions of benchmarks/peers.py with Haystack's extractive reader and prints seconds and best answers."""

import json
import sys
from pathlib import Path

from haystack import Document
from haystack_integrations.components.readers.transformers import TransformersExtractiveReader
from timing import report


def main() -> None:
    """Read and print."""
    work, batch = json.loads(Path(sys.argv[1]).read_text()), int(sys.argv[2])
    reader = TransformersExtractiveReader(
        model=work["plain"], max_seq_length=384, max_batch_size=batch, top_k=1, no_answer=False
    )
    reader.warm_up()

    def answer(entry: dict) -> str:
        documents = [Document(content=text) for text in entry["paragraphs"]]
        return reader.run(query=entry["question"], documents=documents)["answers"][0].data

    report(work, answer)


if __name__ == "__main__":
    main()
