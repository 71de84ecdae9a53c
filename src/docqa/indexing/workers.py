"""A few worker processes that read files; one that hangs or dies costs the file it was reading and no other."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self

from docqa.documents.formats import DEFAULT_PDF_EXTRACTOR
from docqa.documents.limits import DEFAULT_LIMITS, Limits, too_slow
from docqa.errors import DocumentError
from docqa.indexing.answer import LONGEST_LINE, checked_answer, code_of, learn, sizes_of
from docqa.retrieval.analyzer import Analyzer
from docqa.retrieval.numbered import Vocabulary

#: How many files are read ahead of the writer, for each worker, at least.
READ_AHEAD = 4
#: More of them are, up to so many and so many bytes in all, lest workers stand idle while the writer settles.
MOST_AHEAD, BYTES_AHEAD = 256, 32_000_000
#: Bytes read from a worker at once; an answer of a file of ordinary size is about as long.
BUFFER = 1 << 18
#: Whether processes can be put into groups here.
HAS_GROUPS = hasattr(os, "killpg")


class Workers:
    """Owns `count` worker processes, started when first needed and ended by `close`."""

    def __init__(
        self,
        count: int,
        analyzer: Analyzer,
        pdf_extractor: str = DEFAULT_PDF_EXTRACTOR,
        limits: Limits = DEFAULT_LIMITS,
        passwords: Sequence[str] = (),
        ocr: str | None = None,
    ) -> None:
        self._settings = {
            "analyzer": asdict(analyzer),
            "pdf_extractor": pdf_extractor,
            "limits": asdict(limits),
            "passwords": list(passwords),
            "ocr": ocr,
        }
        self._limits = limits
        self._ahead = count * READ_AHEAD
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="docqa-worker")
        self._mine = threading.local()
        self._processes: list[subprocess.Popen[bytes]] = []
        self._closed = False

    def read(self, paths: Sequence[Path]) -> Iterator[tuple[Path, dict[str, Any]]]:
        """Each path with what `docqa.indexing.worker.read_file` gives for it, in the order of `paths`."""
        pending: deque[tuple[Path, int, Future[dict[str, Any]]]] = deque()
        ahead = 0
        for path in paths:
            size = _size(path)
            pending.append((path, size, self._threads.submit(self._read, path)))
            ahead += size
            while len(pending) >= self._ahead and (ahead > BYTES_AHEAD or len(pending) >= MOST_AHEAD):
                first, size, future = pending.popleft()
                ahead -= size
                yield first, future.result()
        for path, _, future in pending:
            yield path, future.result()

    def close(self) -> None:
        """End all workers at once."""
        self._closed = True
        self._threads.shutdown(wait=False, cancel_futures=True)
        for process in self._processes:
            _kill(process)
        self._threads.shutdown(wait=True)
        for process in self._processes:
            _end(process)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _read(self, path: Path, *, again: bool = False) -> dict[str, Any]:
        process: subprocess.Popen[bytes] | None = getattr(self._mine, "process", None)
        fresh = process is None or _is_over(process)
        answer = self._ask(path, process if process is not None and not fresh else self._start())
        code = code_of(answer)
        if code == "FILE-CRASH" and not again and not self._closed:
            # Somebody else may have ended the process, the system when it had no memory left for instance.
            return self._read(path, again=True)
        if code != "FILE-MEMORY":
            return answer
        # What ran out of memory is not to be trusted with the next file.
        _end(self._mine.process)
        # A process that has read other files holds more than this one needs.
        return answer if fresh else self._read(path, again=again)

    def _ask(self, path: Path, process: subprocess.Popen[bytes]) -> dict[str, Any]:
        self._mine.process = process
        overdue, begun = threading.Event(), time.monotonic()

        def give_up() -> None:
            overdue.set()
            _kill(process)

        timer = threading.Timer(self._limits.seconds, give_up)
        timer.start()
        try:
            answer = checked_answer(_exchange(process, _line(str(path)), self._limits.answer_bytes))
            if answer is not None and "error" not in answer:
                self._mine.vocabulary = learn(answer, self._mine.vocabulary)
        except (BrokenPipeError, ValueError):
            # A worker whose answers do not follow one another is of no more use than one that died.
            answer = None
        finally:
            timer.cancel()
        if answer is not None:
            return answer
        _end(process)
        seconds = round(time.monotonic() - begun, 3)
        if overdue.is_set():
            return _failure(too_slow(self._limits), seconds)
        died = "The process that was reading the file died or went wrong; the file is probably damaged."
        return _failure(DocumentError("FILE-CRASH", died), seconds)

    def _start(self) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            # -P: no file of the current folder is taken for a module.
            [sys.executable, "-P", "-m", "docqa.indexing.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=BUFFER,
            # What the worker starts is in its group, and ends with it.
            process_group=0 if HAS_GROUPS else None,
            # Tesseract would start a thread a core for each worker.
            env={**os.environ, "OMP_THREAD_LIMIT": "1"} if self._settings["ocr"] else None,
        )
        self._processes.append(process)
        self._mine.vocabulary = Vocabulary()
        if process.stdin is not None:
            process.stdin.write(_line(self._settings))
        return process


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        # Why it cannot be read is told when it is.
        return 0


def _line(message: Any) -> bytes:
    return json.dumps(message).encode("ascii") + b"\n"


def _exchange(process: subprocess.Popen[bytes], request: bytes, longest: int) -> bytes:
    if process.stdin is None or process.stdout is None:
        return b""
    process.stdin.write(request)
    process.stdin.flush()
    line = process.stdout.readline(LONGEST_LINE)
    sizes = sizes_of(line)
    if sizes is None or sum(sizes) > longest:
        return b""
    return line + process.stdout.read(sum(sizes))


def _is_over(process: subprocess.Popen[bytes]) -> bool:
    known = process.returncode is not None
    over = process.poll() is not None
    if over and not known:
        _kill_group(process)
    return over


def _kill(process: subprocess.Popen[bytes]) -> None:
    # Until it is known to have ended, nothing else can get its number, nor that of its group.
    if process.returncode is None:
        _kill_group(process)
    process.kill()


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    if HAS_GROUPS:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)


def _end(process: subprocess.Popen[bytes]) -> None:
    _kill(process)
    process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            # What was not sent yet has nobody to go to.
            with suppress(BrokenPipeError):
                stream.close()


def _failure(error: DocumentError, seconds: float) -> dict[str, Any]:
    return {"state": None, "error": {"code": error.code, "sentence": str(error)}, "seconds": seconds}
