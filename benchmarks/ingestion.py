"""How fast `docqa index` takes in PDFs, beside pypdf alone, and what memory it needs for many files.

python benchmarks/ingestion.py FOLDER --rounds 3

The peer is a process that extracts the text of all pages of the same PDFs with pypdf, one file after the other, and
throws it away; docqa cuts it into paragraphs, makes the index of their terms and stores both, with a worker process a
core. Whole commands, imports included; they take turns, medians over rounds. Files that cannot be read cost time in all
of them and give no pages.

Memory is measured in runs of their own, because looking costs time: of the PDFs, and of small text files of one
paragraph each, whose sentences are those of the sample documents.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from process_memory import peak_memory_mb
from results import Cell, Column, Table, add_json_option, publish
from sample_text import SAMPLE, write_files

from docqa.corpus import open_corpus
from docqa.documents.pdfium import is_installed

PEER = Path(__file__).resolve().parent / "peers" / "extract_pypdf.py"
DOCQA = (sys.executable, "-m", "docqa", "index")
FILES = (100, 1_000, 10_000)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", default=SAMPLE)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--files", type=int, nargs="+", default=list(FILES), help="sizes of folders of small files")
    add_json_option(parser)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        count = copy_pdfs(options.folder, folder / "pdfs")
        tables = [taking_in_pdfs(folder / "pdfs", count, options.rounds, folder), many_files(options.files, folder)]
    publish("ingestion", "Taking in documents", tables, options.json)


def copy_pdfs(source: Path, folder: Path) -> int:
    """All PDFs of a folder in one without other files, as the peer reads no others; returns how many there are."""
    files = sorted(file for file in source.rglob("*") if file.suffix.lower() == ".pdf" and file.is_file())
    folder.mkdir()
    for number, file in enumerate(files):
        shutil.copyfile(file, folder / f"{number:05}.pdf")
    return len(files)


def taking_in_pdfs(pdfs: Path, count: int, rounds: int, folder: Path) -> Table:
    """Pages a second of the peer and of docqa with each extractor, in turn, and the memory of one more run."""
    index = folder / "docqa.db"
    commands = {
        "pypdf alone, one process": [sys.executable, str(PEER), str(pdfs)],
        "docqa index": [*DOCQA, str(pdfs), "--index", str(index)],
        "docqa index --workers 1": [*DOCQA, str(pdfs), "--index", str(index), "--workers", "1"],
    }
    if is_installed():
        commands["docqa index --pdf pypdfium2"] = [*DOCQA, str(pdfs), "--index", str(index), "--pdf", "pypdfium2"]
    took: dict[str, list[float]] = {name: [] for name in commands}
    pages: dict[str, int] = {}
    for _ in range(rounds):
        for name, command in commands.items():
            remove_index(index)
            begun = time.perf_counter()
            said = run(command)
            took[name].append(time.perf_counter() - begun)
            pages[name] = pages_in(index) if index.exists() else json.loads(said)["pages"]
    rows: list[tuple[Cell, ...]] = []
    for name, command in commands.items():
        remove_index(index)
        seconds = statistics.median(took[name])
        spread = (pages[name] / min(took[name]), pages[name] / max(took[name]))
        rows.append((name, pages[name], seconds, pages[name] / seconds, *spread, peak_memory_mb(command)))
    remove_index(index)
    columns = (
        Column("command"),
        Column("pages"),
        Column("median seconds", 1),
        Column("pages a second"),
        Column("fastest round"),
        Column("slowest round"),
        Column("peak memory, MB"),
    )
    note = "Memory is that of all processes of the command together."
    return Table("pdfs", f"{count} PDFs, {rounds} rounds in turn", columns, tuple(rows), note)


def many_files(sizes: Sequence[int], folder: Path) -> Table:
    """Seconds, bytes and memory by the number of files, which are small."""
    rows: list[tuple[Cell, ...]] = []
    for size in sizes:
        files, index = folder / f"files-{size}", folder / "docqa.db"
        write_files(files, size)
        command = [*DOCQA, str(files), "--index", str(index)]
        begun = time.perf_counter()
        run(command)
        seconds = time.perf_counter() - begun
        held = index.stat().st_size / 1e6
        remove_index(index)
        memory = peak_memory_mb(command)
        begun = time.perf_counter()
        run(command)
        again = time.perf_counter() - begun
        remove_index(index)
        rows.append((size, seconds, size / seconds, held, memory, again))
    columns = (
        Column("files"),
        Column("seconds", 1),
        Column("files a second"),
        Column("index file, MB", 1),
        Column("peak memory, MB"),
        Column("again, nothing changed, s", 1),
    )
    note = "Text files of one paragraph each. Memory is that of all processes of the command together."
    return Table("files", "Many small files", columns, tuple(rows), note)


def run(command: Sequence[str]) -> str:
    """The standard output of a command, which may say by 1 that some file could not be read."""
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode not in {0, 1}:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}: {done.stderr}")
    return done.stdout


def pages_in(index: Path) -> int:
    """How many pages an index holds."""
    with open_corpus(index, create=False) as corpus:
        return sum(document.pages for document in corpus.documents() if document.status != "failed")


def remove_index(index: Path) -> None:
    """Remove an index and what SQLite keeps beside it."""
    for suffix in ("", "-wal", "-shm"):
        Path(f"{index}{suffix}").unlink(missing_ok=True)


if __name__ == "__main__":
    main()
