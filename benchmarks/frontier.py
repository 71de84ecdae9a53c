"""What readers cost and what they are worth: a table of accuracy, speed and bytes.

python benchmarks/frontier.py NAME=GIVEN.json[,OPEN.json] ...

NAME is a reader or its folder; GIVEN.json and OPEN.json are what `docqa eval FILE --json` and `docqa eval FILE --open
--json` printed for it; without the second its column stays empty. Speed is measured here, readers in turn, on the
candidates of the sample questions.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path

from docqa.corpus import open_corpus
from docqa.reading.loading import find_reader
from docqa.reading.reader import Reader

DATA = Path(__file__).parent.parent / "data"
ROUNDS = 3


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("readers", nargs="+", metavar="NAME=GIVEN.json[,OPEN.json]")
    parser.add_argument("--questions", type=int, default=10)
    options = parser.parse_args()
    lines = (DATA / "sample-questions.jsonl").read_text(encoding="utf-8").splitlines()[: options.questions]
    questions = [json.loads(line)["question"] for line in lines]
    with tempfile.TemporaryDirectory() as temporary, open_corpus(Path(temporary) / "sample.db") as corpus:
        corpus.index(DATA / "sample")
        candidates = [[hit.paragraph.paragraph.text for hit in corpus.search(text, 20)] for text in questions]
    given = [entry.partition("=") for entry in options.readers]
    loaded = [Reader.load(name) for name, _, _ in given]
    seconds: list[list[float]] = [[] for _ in loaded]
    for turn in range(ROUNDS + 1):
        for number, reader in enumerate(loaded):
            begun = time.perf_counter()
            for question, texts in zip(questions, candidates, strict=True):
                reader.read_paragraphs(question, texts, spans=3)
            # The first turn pays for compilations.
            if turn:
                seconds[number].append(time.perf_counter() - begun)
    count = sum(len(texts) for texts in candidates)
    print("| reader | F1 | exact match | pooled: exact match | paragraphs a second | bytes of weights |")
    print("|---|---|---|---|---|---|")
    for (name, _, files), spent in zip(given, seconds, strict=True):
        own, *pooled = (json.loads(Path(file).read_text(encoding="utf-8")) for file in files.split(","))
        size = sum(file.stat().st_size for file in Path(find_reader(name)).glob("*.safetensors"))
        through_retriever = "".join(f"{entry['exact_match']:.1f}" for entry in pooled)
        figures = f"{own['f1']:.1f} | {own['exact_match']:.1f} | {through_retriever}"
        print(f"| {Path(name).name} | {figures} | {count / statistics.median(spent):.0f} | {size:,} |")


if __name__ == "__main__":
    main()
