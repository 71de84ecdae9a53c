"""Many questions at once, from threads of one process: how many a second, and how long each one waits.

An open `docqa.Corpus` is one connection with one transaction at a time, so every thread opens its own. Weights are only
read, so all threads share them; a tokenizer keeps the truncation it was last asked for, so each has its own.
"""

from __future__ import annotations

import copy
import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from docqa.corpus import Corpus, open_corpus
from docqa.reading.loading import LoadedReader
from docqa.reading.reader import Reader

#: A thread that is not ready by then will never be.
START_SECONDS = 120


@dataclass(frozen=True)
class Load:
    """What asking `at_once` questions at a time took: seconds in all, and milliseconds of each question."""

    at_once: int
    seconds: float
    took: tuple[float, ...]

    @property
    def rate(self) -> float:
        """Questions a second."""
        return len(self.took) / self.seconds


def ask_at_once(
    index: Path,
    questions: Sequence[str],
    at_once: int,
    ask: Callable[[Corpus, str], object],
    loaded: LoadedReader | None = None,
) -> Load:
    """Ask all questions, each once, by so many threads that take the next one when they are done with theirs."""
    waiting: queue.SimpleQueue[str] = queue.SimpleQueue()
    for question in questions:
        waiting.put(question)
    ready = threading.Barrier(at_once + 1, timeout=START_SECONDS)

    def work() -> list[float]:
        took: list[float] = []
        reader = Reader(replace(loaded, tokenizer=copy.deepcopy(loaded.tokenizer))) if loaded else None
        with open_corpus(index, reader=reader, create=False) as corpus:
            # The first search of a connection reads what all later ones need.
            corpus.search(questions[0])
            ready.wait()
            while True:
                try:
                    question = waiting.get_nowait()
                except queue.Empty:
                    return took
                begun = time.perf_counter()
                ask(corpus, question)
                took.append(1000 * (time.perf_counter() - begun))

    with ThreadPoolExecutor(at_once) as threads:
        futures = [threads.submit(work) for _ in range(at_once)]
        ready.wait()
        begun = time.perf_counter()
        took = [milliseconds for future in futures for milliseconds in future.result()]
        return Load(at_once, time.perf_counter() - begun, tuple(took))
