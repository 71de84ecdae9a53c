"""What docqa makes of a folder of hostile files with its usual limits: read, refused and why, crashes, hangs, memory.

python benchmarks/stress.py FOLDER [--extractor pypdfium2] [--names]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from process_memory import watched
from results import Column, Table, add_json_option, publish

import docqa
from docqa.documents.discovery import find_files
from docqa.store.documents import FAILED, PARTIAL, StoredDocument

#: Codes of the ledger that say that a worker had to be ended, or ended by itself.
HANG, CRASH = "FILE-SLOW", "FILE-CRASH"
#: The whole run is taken for hung when it takes longer.
SECONDS_A_RUN = 3600
#: So many files are given to one process of pypdf alone, which may take so many seconds for each.
BATCH, SECONDS_A_FILE = 25, 60
ALONE = Path(__file__).parent / "peers" / "text_by_pypdf.py"


def main() -> None:
    """Print and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--extractor", choices=["pypdf", "pypdfium2"], default="pypdf")
    parser.add_argument("--names", action="store_true", help="name the files that pypdf alone gets more from")
    add_json_option(parser)
    options = parser.parse_args()
    files = find_files([options.folder])
    with tempfile.TemporaryDirectory() as temporary:
        index = Path(temporary) / "docqa.db"
        command = [sys.executable, "-m", "docqa", "index", str(options.folder), "--index", str(index)]
        begun = time.perf_counter()
        code, peak, said = watched([*command, "--pdf", options.extractor], SECONDS_A_RUN)
        seconds = time.perf_counter() - begun
        documents = stored(index)
    if code not in {0, 1}:
        print(f"docqa index ended with {code}: {said}", file=sys.stderr)
    codes = Counter(document.code or "" for document in documents if document.status == FAILED)
    with_text = {Path(document.path).name for document in documents if document.status != FAILED}
    alone = {file.name for file in files if file.suffix.lower() == ".pdf"} & text_by_pypdf(files)
    rows = [
        ("files", len(files)),
        ("read", sum(document.status not in {FAILED, PARTIAL} for document in documents)),
        ("read in part", sum(document.status == PARTIAL for document in documents)),
        ("refused", sum(codes.values())),
        ("without text or a reason", len(files) - len(documents)),
        ("crashes of docqa", int(code not in {0, 1})),
        ("crashes of a worker", codes[CRASH]),
        ("hangs", codes[HANG] + int(seconds > SECONDS_A_RUN)),
        ("PDFs with text", sum(name.lower().endswith(".pdf") for name in with_text)),
        ("PDFs with text by pypdf alone", len(alone)),
        ("of these without text by docqa", len(alone - with_text)),
        ("most memory of all processes, MB", peak),
        ("seconds", seconds),
    ]
    refused = Table("refused", "Refused", (Column("code"), Column("files")), tuple(codes.most_common()))
    extractors = Counter(document.extractor or "" for document in documents if document.status != FAILED)
    read = Table("extractors", "Read by", (Column("extractor"), Column("files")), tuple(extractors.most_common()))
    what = Table("stress", "Hostile files", (Column("what"), Column("number")), tuple(rows))
    publish("stress", f"A folder of hostile files, by {options.extractor}", [what, refused, read], options.json)
    if options.names:
        print("\n".join(sorted(alone - with_text)))


def stored(index: Path) -> list[StoredDocument]:
    """What the index holds, nothing when there is none."""
    if not index.exists():
        return []
    with docqa.open(index, create=False) as corpus:
        return corpus.documents()


def text_by_pypdf(files: list[Path]) -> set[str]:
    """The names of the files from which pypdf gets text, in processes that may crash and hang."""
    waiting, found = [file for file in files if file.suffix.lower() == ".pdf"], set()
    while waiting:
        batch = waiting[:BATCH]
        answers = _answers(batch)
        found |= {file.name for file, answer in zip(batch, answers, strict=False) if answer == "1"}
        # The file after the last answer crashed or hung.
        waiting = waiting[min(len(answers) + 1, len(batch)) :]
    return found


def _answers(batch: list[Path]) -> list[str]:
    with tempfile.TemporaryFile() as output:
        command = [sys.executable, str(ALONE), *map(str, batch)]
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.DEVNULL)
        try:
            process.wait(SECONDS_A_FILE * len(batch))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        output.seek(0)
        return output.read().decode("ascii").split()


if __name__ == "__main__":
    main()
