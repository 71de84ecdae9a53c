"""The retriever at size: an index of N paragraphs of real sentences, how long building, opening and searching take.

python benchmarks/scale.py --qa FILE... --paragraphs 1000000 --folder FOLDER

Paragraphs are made of sentences drawn with replacement from the paragraphs of question files, five at a time, so words
are as frequent as in real text; a file holds a hundred. The questions are those of the same files.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import time
from pathlib import Path

from docqa.evaluation.squad import load_squad
from docqa.paragraphs.sentences import sentence_ends

SENTENCES, PARAGRAPHS_A_FILE, QUESTIONS, SEED = 5, 100, 400, 11


def main() -> None:
    """Make the files, index them, and print what searching takes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--qa", nargs="+", required=True)
    parser.add_argument("--paragraphs", type=int, default=100_000)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--search-only", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    index = options.folder / "docqa.db"
    if options.search_only:
        print(json.dumps(searching(index, options.qa)))
        return
    result: dict[str, object] = {"paragraphs": options.paragraphs}
    files = options.folder / "files"
    if not files.is_dir():
        result["text_bytes"] = grow(options.qa, options.paragraphs, files)
    if not index.exists():
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-m", "docqa.cli", "index", str(files), "--index", str(index)], check=True)
        result["build_seconds"] = round(time.perf_counter() - begun, 1)
    result["index_bytes"] = index.stat().st_size
    result |= one_more_file(index, files)
    command = [sys.executable, __file__, "--qa", *options.qa, "--folder", str(options.folder), "--search-only"]
    result |= json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    print(json.dumps(result, indent=2))


def grow(question_files: list[str], paragraphs: int, folder: Path) -> int:
    """Write the files; returns their bytes."""
    draw = random.Random(SEED)
    texts = dict.fromkeys(question.paragraph for file in question_files for question in load_squad(file))
    sentences = []
    for text in texts:
        ends = sentence_ends(text)
        sentences += [" ".join(text[a:b].split()) for a, b in zip([0, *ends], ends, strict=False)]
    sentences = [sentence for sentence in sentences if len(sentence) > 20]
    size = 0
    for number in range(0, paragraphs, PARAGRAPHS_A_FILE):
        file = folder / f"{number // 100_000:03}" / f"{number:09}.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        text = "\n\n".join(" ".join(draw.choices(sentences, k=SENTENCES)) for _ in range(PARAGRAPHS_A_FILE))
        size += file.write_bytes(text.encode())
    return size


def one_more_file(index: Path, files: Path) -> dict[str, float]:
    """How long adding one file takes."""
    from docqa.corpus import open_corpus

    file = index.parent / "one-more.txt"
    first = next(iter(sorted(files.rglob("*.txt"))))
    file.write_text(first.read_text(encoding="utf-8")[::-1] + f"\n\n{time.time()}", encoding="utf-8")
    with open_corpus(index) as corpus:
        begun = time.perf_counter()
        corpus.index(file)
        return {"add_one_file_ms": round((time.perf_counter() - begun) * 1000, 1)}


def searching(index: Path, question_files: list[str]) -> dict[str, float]:
    """Milliseconds of opening with a first query, and of many queries after it; memory of the process."""
    from docqa.corpus import open_corpus

    questions = [question.text for file in question_files for question in load_squad(file)]
    asked = random.Random(SEED).sample(questions, QUESTIONS)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun = time.perf_counter()
    with open_corpus(index, create=False) as corpus:
        corpus.search(asked[0], 20)
        first = (time.perf_counter() - begun) * 1000
        took = []
        for question in asked[1:]:
            begun = time.perf_counter()
            corpus.search(question, 20)
            took.append((time.perf_counter() - begun) * 1000)
    took.sort()
    return {
        "first_ms": round(first, 1),
        "p50_ms": round(took[len(took) // 2], 2),
        "p95_ms": round(took[int(0.95 * len(took))], 2),
        "mean_ms": round(sum(took) / len(took), 2),
        "memory_mb": round((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024),
    }


if __name__ == "__main__":
    main()
