"""A few worker processes that read files; one that hangs or dies costs the file it was reading and no other."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self

from docqa.documents.formats import DEFAULT_PDF_EXTRACTOR
from docqa.retrieval.analyzer import Analyzer

#: A file that takes longer is given up.
SECONDS_A_FILE = 300.0
#: How many files are read ahead of the writer, for each worker.
READ_AHEAD = 4
#: Bytes read from a worker at once; an answer of a file of ordinary size is about as long.
BUFFER = 1 << 18


class Workers:
    """Owns `count` worker processes, started when first needed and ended by `close`."""

    def __init__(
        self,
        count: int,
        analyzer: Analyzer,
        seconds: float = SECONDS_A_FILE,
        pdf_extractor: str = DEFAULT_PDF_EXTRACTOR,
    ) -> None:
        self._settings = {"analyzer": asdict(analyzer), "pdf_extractor": pdf_extractor}
        self._seconds = seconds
        self._ahead = count * READ_AHEAD
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="docqa-worker")
        self._mine = threading.local()
        self._processes: list[subprocess.Popen[bytes]] = []

    def read(self, paths: Sequence[Path]) -> Iterator[tuple[Path, dict[str, Any]]]:
        """Each path with what `docqa.indexing.worker.read_file` gives for it, in the order of `paths`."""
        pending: deque[tuple[Path, Future[dict[str, Any]]]] = deque()
        remaining = iter(paths)
        for path in remaining:
            pending.append((path, self._threads.submit(self._read, path)))
            if len(pending) >= self._ahead:
                first, future = pending.popleft()
                yield first, future.result()
        for path, future in pending:
            yield path, future.result()

    def close(self) -> None:
        """End all workers at once."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for process in self._processes:
            process.kill()
        self._threads.shutdown(wait=True)
        for process in self._processes:
            _end(process)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _read(self, path: Path) -> dict[str, Any]:
        process: subprocess.Popen[bytes] | None = getattr(self._mine, "process", None)
        if process is None or process.poll() is not None:
            process = self._mine.process = self._start()
        overdue = threading.Event()

        def give_up(process: subprocess.Popen[bytes] = process) -> None:
            overdue.set()
            process.kill()

        timer = threading.Timer(self._seconds, give_up)
        timer.start()
        try:
            answer = _exchange(process, _line(str(path)))
        except (BrokenPipeError, ValueError):
            answer = b""
        finally:
            timer.cancel()
        if answer.endswith(b"\n"):
            return dict(json.loads(answer))
        _end(process)
        if overdue.is_set():
            return _failure("FILE-SLOW", f"Reading the file took longer than {self._seconds:.0f} seconds.")
        return _failure("FILE-CRASH", "The process that was reading the file died; the file is probably damaged.")

    def _start(self) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            # -P: no file of the current folder is taken for a module.
            [sys.executable, "-P", "-m", "docqa.indexing.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=BUFFER,
        )
        self._processes.append(process)
        if process.stdin is not None:
            process.stdin.write(_line(self._settings))
        return process


def _line(message: Any) -> bytes:
    return json.dumps(message).encode("ascii") + b"\n"


def _exchange(process: subprocess.Popen[bytes], request: bytes) -> bytes:
    if process.stdin is None or process.stdout is None:
        return b""
    process.stdin.write(request)
    process.stdin.flush()
    return process.stdout.readline()


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            # What was not sent yet has nobody to go to.
            with suppress(BrokenPipeError):
                stream.close()


def _failure(code: str, sentence: str) -> dict[str, Any]:
    return {"state": None, "error": {"code": code, "sentence": sentence}}
