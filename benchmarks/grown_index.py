"""Indexes that benchmarks search: real sentences grown to any number of paragraphs, or the paragraphs as they are."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sample_text import draw_paragraph, sentences_of

from docqa.evaluation.squad import AnnotatedQuestion, load_squad

PARAGRAPHS_A_FILE, FILES_A_FOLDER, SEED = 100, 1000, 11
#: Written beside an index when it is complete, so that one which was broken off is not taken for it.
COMPLETE = "built.json"


@dataclass(frozen=True)
class GrownIndex:
    """An index, the folder of its files, the bytes of their text and how long `docqa index` took."""

    index: Path
    files: Path
    text_bytes: int
    build_seconds: float


def grown_index(question_files: Sequence[str], paragraphs: int, folder: Path) -> GrownIndex:
    """The index of so many paragraphs in `folder`, made of the sentences of question files if it is not there.

    Ends the program when the folder holds something else: an index of another size, or one that was broken off.
    """
    index, files, complete = folder / "docqa.db", folder / "files", folder / COMPLETE
    if not complete.exists() and not index.exists():
        size = grow(question_files, paragraphs, files)
        took = run_index(files, index)
        complete.write_text(
            json.dumps({"paragraphs": paragraphs, "text_bytes": size, "build_seconds": round(took, 1)}),
            encoding="utf-8",
        )
    built = json.loads(complete.read_text(encoding="utf-8")) if complete.exists() else {}
    if built.get("paragraphs") != paragraphs:
        raise SystemExit(f"{folder} holds no complete index of {paragraphs} paragraphs; remove it or name another.")
    return GrownIndex(index, files, built["text_bytes"], built["build_seconds"])


def grow(question_files: Sequence[str], paragraphs: int, folder: Path, a_file: int = PARAGRAPHS_A_FILE) -> int:
    """Write files of `a_file` paragraphs each; returns their bytes."""
    draw = random.Random(SEED)
    sentences = sentences_of(dict.fromkeys(question.paragraph for question in load_all(question_files)))
    size = 0
    for number in range(0, paragraphs, a_file):
        file = folder / f"{number // (a_file * FILES_A_FOLDER):03}" / f"{number:09}.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        drawn = (" ".join(draw_paragraph(draw, sentences)) for _ in range(min(a_file, paragraphs - number)))
        size += file.write_bytes("\n\n".join(drawn).encode())
    return size


def write_articles(question_files: Sequence[str], folder: Path) -> None:
    """The paragraphs of question files as they are, one text file an article, or a hundred paragraphs."""
    articles: dict[str, dict[str, None]] = {}
    for question in load_all(question_files):
        articles.setdefault(question.title, {})[question.paragraph] = None
    folder.mkdir(parents=True, exist_ok=True)
    for number, texts in enumerate(map(list, articles.values())):
        for begin in range(0, len(texts), PARAGRAPHS_A_FILE):
            text = "\n\n".join(" ".join(text.split()) for text in texts[begin : begin + PARAGRAPHS_A_FILE])
            (folder / f"{number:04}-{begin:06}.txt").write_text(text, encoding="utf-8")


def run_index(files: Path, index: Path) -> float:
    """Seconds that `docqa index` takes as a process of its own."""
    begun = time.perf_counter()
    command = [sys.executable, "-m", "docqa", "index", str(files), "--index", str(index)]
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - begun


def load_all(question_files: Sequence[str]) -> list[AnnotatedQuestion]:
    """All questions of files."""
    return [question for file in question_files for question in load_squad(file)]


def draw_questions(question_files: Sequence[str], count: int) -> list[str]:
    """Different questions, drawn with the same seed each time; all of them where there are fewer."""
    texts = list(dict.fromkeys(question.text for question in load_all(question_files)))
    return random.Random(SEED).sample(texts, min(count, len(texts)))
