"""Fuzzes every reader of documents, and the cutting into paragraphs, with changed real files.

python benchmarks/fuzz.py [FOLDER...] --seconds 600 [--kinds .pdf .html] [--keep FOLDER]

Needs atheris (`pip install atheris`). A finding is any exception but `DocumentError`, text that cannot be stored,
characters of a page that are in no paragraph or lead elsewhere, an answer of a worker that is not read back as it was,
an input that takes longer than a minute, and a process that dies. Files in the folders are what it begins with.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from results import Column, Table, add_json_option, publish

from docqa.documents.formats import READERS

FUZZING = Path(__file__).parent / "fuzzing"
SAMPLE = Path(__file__).parent.parent / "data" / "sample"
#: The longest input in bytes, and the seconds after which an input counts as a hang.
LONGEST, HANGS = 200_000, 60
#: Kinds that are read like another one that is in the list.
SAME = frozenset({".text", ".markdown", ".asciidoc", ".htm", ".xhtml"})
KINDS = [*(kind for kind in READERS if kind not in SAME), "pypdfium2", ".txt.gz", "segment"]


def main() -> None:
    """Fuzz one kind after the other, print and write the table, and what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path, help="files to begin with, beside data/sample")
    parser.add_argument("--seconds", type=int, default=600, help="for all kinds together")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="where to leave the inputs that led to findings")
    add_json_option(parser)
    options = parser.parse_args()
    rows, found = [], []
    with tempfile.TemporaryDirectory() as temporary:
        keep = options.keep or Path(temporary) / "findings"
        keep.mkdir(parents=True, exist_ok=True)
        for kind in options.kinds:
            seconds = max(1, options.seconds // len(options.kinds))
            inputs, took, findings = fuzz(kind, [SAMPLE, *options.folders], keep, seconds, options.seed)
            rows.append((kind, inputs, took, len(findings)))
            found += [(kind, finding["place"], finding["message"]) for finding in findings]
    rows.append(("all", *(sum(column) for column in list(zip(*rows, strict=True))[1:])))
    columns = (Column("reader"), Column("inputs"), Column("seconds"), Column("findings"))
    tables = [Table("fuzz", "Fuzzed", columns, tuple(rows))]
    tables.append(Table("findings", "Findings", (Column("reader"), Column("where"), Column("message")), tuple(found)))
    publish("fuzz", "Readers of documents under a fuzzer", tables, options.json)
    sys.exit(1 if found else 0)


def fuzz(
    kind: str, folders: list[Path], keep: Path, seconds: int, seed: int
) -> tuple[int, float, list[dict[str, str]]]:
    """The number of inputs, the seconds it took, and what was found."""
    sys.path.insert(0, str(FUZZING))
    from seeds import seeds_of

    name = kind.strip(".").replace(".", "-")
    log = keep / f"{name}.jsonl"
    suffix = {"pypdfium2": ".pdf", "segment": ".txt"}.get(kind, kind)
    with tempfile.TemporaryDirectory() as corpus:
        for number, data in enumerate(seeds_of(suffix, folders)):
            (Path(corpus) / f"seed-{number}").write_bytes(data[:LONGEST])
        limits = [f"-max_total_time={seconds}", f"-max_len={LONGEST}", f"-timeout={HANGS}", "-rss_limit_mb=3000"]
        options = [*limits, f"-seed={seed}", f"-artifact_prefix={keep / name}-", corpus]
        begun = time.perf_counter()
        with (keep / f"{name}.log").open("wb") as said:
            command = [sys.executable, str(FUZZING / "one_kind.py"), kind, str(log), *options]
            code = subprocess.run(command, stdout=said, stderr=said, check=False).returncode
        took = time.perf_counter() - begun
    findings = [json.loads(line) for line in log.read_text(encoding="ascii").splitlines()] if log.exists() else []
    if code:
        findings.append({"place": f"ended with {code}", "message": _last_words(keep / f"{name}.log")})
    count = log.with_suffix(".count")
    return int(count.read_text(encoding="ascii")) if count.exists() else 0, took, findings


def _last_words(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    told = [line for line in lines if line.startswith(("==", "ALARM", "SUMMARY"))] or lines
    return told[-1][:200] if told else ""


if __name__ == "__main__":
    main()
