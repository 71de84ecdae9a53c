"""Time and memory of asking with a model of BERT large's shape (24 layers, 1024 wide), with random weights.

python benchmarks/large_model.py --folder data/sample

The weights are random, so the answers mean nothing; the shape is that of
bert-large-uncased-whole-word-masking-finetuned-squad, so time and memory are those of that model.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from results import Column, Table, add_json_option, publish
from transformers import AutoTokenizer, BertConfig, BertForQuestionAnswering

from docqa.reading.loading import READERS_FOLDER, quiet

SAMPLE = Path(__file__).resolve().parent.parent / "data" / "sample"
QUESTION = "In which year did Congress establish the Department of Homeland Security?"


def main() -> None:
    """Make the model, ask with it in a process of its own, print what that took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=SAMPLE)
    add_json_option(parser)
    options = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as temporary:
        reader, index = Path(temporary) / "bert-large", Path(temporary) / "docs.db"
        make_reader(reader)
        run(["index", str(options.folder), "--index", str(index)])
        for candidates in (5, 20):
            how = ["--index", str(index), "--reader", str(reader), "--candidates", str(candidates), "--json"]
            begun = time.perf_counter()
            answer = json.loads(run(["ask", QUESTION, *how]))
            rows.append((candidates, time.perf_counter() - begun, answer["timings"]["read_ms"]))
        weights = (reader / "model.safetensors").stat().st_size / 1e9
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6
    columns = (Column("candidates"), Column("whole command, s", 1), Column("reading, ms"))
    note = f"Peak memory {peak:.2f} GB; weights {weights:.2f} GB in float32."
    title = "docqa ask with 24 layers, 1,024 wide, random weights"
    publish("large_model", "A large model", [Table("asking", title, columns, tuple(rows), note)], options.json)


def make_reader(folder: Path) -> None:
    """A reader's folder with random weights in single precision, as the hub's model has."""
    tokenizer = AutoTokenizer.from_pretrained(READERS_FOLDER / "docqa-small")
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=1024,
        num_hidden_layers=24,
        num_attention_heads=16,
        intermediate_size=4096,
    )
    with quiet():
        BertForQuestionAnswering(config).save_pretrained(folder)
        tokenizer.save_pretrained(folder)


def run(arguments: list[str]) -> str:
    """The standard output of a docqa command."""
    call = [sys.executable, "-m", "docqa", *arguments]
    return subprocess.run(call, check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    main()
