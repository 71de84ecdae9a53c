"""Rounds of one thing going wrong each, and what is left of the index after it."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from faulting.folder import QUERIES, ChangingFolder

import docqa
from docqa.retrieval.analyzer import Analyzer
from docqa.retrieval.bm25 import Parameters
from docqa.retrieval.search import score_paragraphs
from docqa.store.paragraphs import pages_of, paragraphs_of

PROGRAMS = Path(__file__).parent
#: Who is killed, in turn.
INDEXER, WITH_WORKERS, WORKER, ASKER = "indexing process", "with its workers", "a worker", "somebody who asks"
VICTIMS = (INDEXER, WITH_WORKERS, INDEXER, WORKER, WITH_WORKERS, ASKER)
ASKERS = 2
#: A run that takes longer hangs.
SECONDS_A_RUN = 120


@dataclass
class Count:
    """What was found in rounds of one kind."""

    rounds: int = 0
    lost: int = 0
    wrong: int = 0
    unsound: int = 0
    said: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def note(self, what: str, found: list[str]) -> None:
        """Count what was found as `lost`, `wrong` or `unsound`."""
        setattr(self, what, getattr(self, what) + len(found))
        self.said += found


class Rounds:
    """Owns an index over a folder that changes, those who ask it, and what was found."""

    def __init__(self, place: Path, seed: int, files: int) -> None:
        self.chosen = random.Random(seed)
        (place / "documents").mkdir(parents=True)
        self.place, self.index = place, place / "docqa.db"
        self.folder = ChangingFolder(place / "documents", self.chosen)
        self.folder.fill(files)
        self.counts = {name: Count() for name in dict.fromkeys(VICTIMS)}
        self.asked = self.refused = 0
        self._answers: list[Path] = []

    def run(self, largest: int = 0, wait: float = 30, folder: Path | None = None) -> subprocess.Popen[str]:
        """Start a run of indexing, in a group of its own."""
        command = [sys.executable, str(PROGRAMS / "index.py"), str(self.index), str(folder or self.folder.path)]
        return subprocess.Popen(
            [*command, str(wait), str(largest)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            cwd=self.place,
        )

    def finish(self, process: subprocess.Popen[str]) -> tuple[list[str], str]:
        """Wait for a run: the documents whose commit it told, and its error."""
        # Not by `communicate`, which leaves out what was read ahead with an earlier line.
        out, error = (stream.read() if stream else "" for stream in (process.stdout, process.stderr))
        process.wait(timeout=SECONDS_A_RUN)
        for stream in (process.stdout, process.stderr):
            if stream:
                stream.close()
        return [line for line in out.splitlines() if line not in {"open", "done"}], error

    @contextmanager
    def asking(self) -> Iterator[list[subprocess.Popen[bytes]]]:
        """Some processes ask meanwhile."""
        askers = [self.ask() for _ in range(ASKERS)]
        try:
            yield askers
        finally:
            for asker in askers:
                asker.kill()
                asker.wait()

    def ask(self) -> subprocess.Popen[bytes]:
        """Start one who asks."""
        self._answers.append(self.place / f"asked-{len(self._answers)}.jsonl")
        command = [sys.executable, str(PROGRAMS / "ask.py"), str(self.index), *QUERIES]
        with self._answers[-1].open("wb") as answers:
            return subprocess.Popen(command, stdout=answers, stderr=answers)

    def kill_one(self, victim: str, askers: list[subprocess.Popen[bytes]]) -> None:
        """Change the folder, begin a run, kill somebody at a random moment, and look what is left."""
        count = self.counts[victim]
        begun = time.perf_counter()
        before = self.held() if self.index.exists() else {}
        self.folder.change()
        process = self.run()
        told = self._until_a_random_moment(process)
        if victim == ASKER:
            place = self.chosen.randrange(len(askers))
            askers[place].kill()
            askers[place].wait()
            askers[place] = self.ask()
        elif victim == WORKER:
            for worker in _children(process.pid)[:1]:
                _kill(worker)
        elif victim == WITH_WORKERS:
            for one in [process.pid, *_children(process.pid)]:
                _kill(one)
        else:
            process.kill()
        more, error = self.finish(process)
        if victim in {WORKER, ASKER} and process.returncode:
            count.note("unsound", [f"a run ended with {process.returncode} after {victim} was killed: {error}"])
        self.look(count, before, [*told, *more])
        count.rounds += 1
        count.seconds += time.perf_counter() - begun

    def _until_a_random_moment(self, process: subprocess.Popen[str]) -> list[str]:
        told = []
        if process.stdout is not None and self.chosen.random() < 0.9:
            for _ in range(self.chosen.randint(1, 10)):
                line = process.stdout.readline().strip()
                if line in {"", "done"}:
                    break
                if line != "open":
                    told.append(line)
        time.sleep(self.chosen.uniform(0, 0.03))
        return told

    def look(self, count: Count, before: dict[str, str], told: list[str]) -> None:
        """Count what is lost, wrong or unsound in the index as it is left."""
        if not self.index.exists():
            # It was killed before there was one.
            count.note("lost", [f"{path} was committed and the index is gone" for path in {*before, *told}])
            return
        try:
            with docqa.open(self.index) as corpus:
                report = corpus.check()
        except docqa.DocqaError as error:
            count.note("unsound", [str(error)])
            return
        count.note("unsound", [finding.sentence for finding in report.findings])
        held = self.held()
        now = {f"documents/{name}": digest for name, digest in self.folder.now.items()}
        count.note("lost", [f"{path} was told and is not there" for path in told if held.get(path) != now.get(path)])
        still = set(held.values())
        for path, digest in before.items():
            # A file that is as it was keeps its document; of one that changed or moved it is there before or after.
            if (now.get(path) == digest and held.get(path) != digest) or (
                path in now and held.get(path) not in {digest, now[path]}
            ):
                count.note("lost", [f"{path} was there before and is not"])
            elif path not in now and digest in now.values() and digest not in still:
                count.note("lost", [f"{path} moved and is gone"])
        count.note("wrong", differences(contents(self.index), self.fresh(held)))

    def held(self) -> dict[str, str]:
        """The SHA-256 of the documents that the index holds, by path."""
        try:
            with docqa.open(self.index, create=False) as corpus:
                return {document.path: document.sha256 for document in corpus.documents()}
        except docqa.IndexNotFoundError:
            # It was begun and not finished.
            return {}

    def fresh(self, held: dict[str, str]) -> dict[str, Any]:
        """What a new index of such documents holds."""
        with tempfile.TemporaryDirectory() as temporary:
            for path, digest in held.items():
                file = Path(temporary) / path
                file.parent.mkdir(exist_ok=True)
                file.write_text(self.folder.versions.get(digest, ""), encoding="utf-8")
            # Paths are those from the current folder.
            with chdir(temporary):
                if held:
                    with docqa.open("docqa.db") as corpus:
                        corpus.index("documents", workers=1)
                return contents(Path("docqa.db"))

    def check_answers(self, count: Count) -> None:
        """Look whether each answer was in a file when the document it cites was indexed."""
        for line in (line for file in self._answers for line in file.read_text(encoding="utf-8").splitlines()):
            try:
                answer = json.loads(line)
            except ValueError:
                # Its process was killed while it wrote; anything else is what must not come.
                if line.startswith("{"):
                    continue
                count.note("wrong", [line])
                continue
            if "error" in answer:
                self.refused += 1
                continue
            self.asked += 1
            for path, digest, text, cited in answer["hits"]:
                known = " ".join(self.folder.versions.get(digest, "").replace("<p>", "").replace("</p>", "").split())
                words = cited if path.endswith(".csv") else " ".join(cited.split())
                if text.split() != cited.split() or (not path.endswith(".csv") and words not in known):
                    count.note("wrong", [f"{path} does not say {text!r}"])


def contents(index: Path) -> dict[str, Any]:
    """All that an index holds and gives, by path and number of the paragraph."""
    found: dict[str, Any] = {}
    places: dict[int, tuple[str, int]] = {}
    with docqa.open(index) as corpus:
        db = corpus._db  # noqa: SLF001 - everything is compared
        for document in corpus.documents():
            paragraphs = paragraphs_of(db, document.id)
            places.update({entry.id: (document.path, entry.number) for entry in paragraphs})
            found[document.path] = (
                document.sha256,
                document.status,
                pages_of(db, document.id),
                [entry.paragraph for entry in paragraphs],
            )
        for query in QUERIES:
            numbers, scores = score_paragraphs(db, query, analyzer=Analyzer(), parameters=Parameters())
            pairs = zip(numbers.tolist(), scores.tolist(), strict=True)
            found[query] = {places.get(number, ("", number)): round(score, 9) for number, score in pairs}
    return found


def differences(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """In what two indexes differ."""
    return [f"{key} differs from a new index" for key in sorted({*one, *other}) if one.get(key) != other.get(key)]


def _children(parent: int) -> list[int]:
    folder = Path(f"/proc/{parent}/task/{parent}/children")
    threads = [file / "children" for file in folder.parent.parent.glob("*")] if folder.parent.parent.is_dir() else []
    found: list[int] = []
    for file in threads:
        try:
            found += map(int, file.read_text(encoding="ascii").split())
        except OSError:
            continue
    return sorted(found)


def _kill(process: int) -> None:
    try:
        os.kill(process, signal.SIGKILL)
    except ProcessLookupError:
        # It ended by itself meanwhile.
        return
