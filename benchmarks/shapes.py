"""What a batch of windows costs a reader, by rows and tokens: the first time a shape is met, and then.

python benchmarks/shapes.py --reader docqa-base
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import torch
from results import Column, Table, add_json_option, publish

from docqa.reading.batches import BatchSize
from docqa.reading.loading import LoadedReader, load_reader
from docqa.reading.reader import Reader
from docqa.reading.windows import Window

SHAPES = (
    *((rows, 64) for rows in (1, 4, 16)),
    *((rows, tokens) for tokens in (128, 192) for rows in (1, 2, 3, 4, 8, 16)),
    *((rows, 256) for rows in (1, 2, 4, 8)),
    *((1, tokens) for tokens in (201, 224)),
)
REPEATS, SEED = 6, 5


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reader", default="docqa-base")
    add_json_option(parser)
    options = parser.parse_args()
    loaded = load_reader(options.reader)
    seconds(loaded, 2, 96)
    rows = []
    for batch, tokens in SHAPES:
        took = [1000 * seconds(loaded, batch, tokens) for _ in range(REPEATS)]
        best = min(took[1:])
        rows.append((batch, tokens, took[0], best, 1000 * best / batch / tokens))
    columns = (
        Column("rows"),
        Column("tokens"),
        Column("first time, ms"),
        Column("then, ms"),
        Column("then, microseconds a token"),
    )
    title = f"{loaded.name}, {loaded.arithmetic}, threads of torch: {torch.get_num_threads()}"
    publish("shapes", "Shapes of batches", [Table("shapes", title, columns, tuple(rows))], options.json)


def seconds(loaded: LoadedReader, rows: int, tokens: int) -> float:
    """How long one forward pass takes."""
    ids, segments = np.random.default_rng(SEED).integers(1000, 2000, (rows, tokens)), np.zeros(tokens, np.int32)
    windows = [Window(row, ids[row], segments, tokens, np.empty((0, 2), np.int32), 0) for row in range(rows)]
    reader = Reader(loaded)
    begun = time.perf_counter()
    reader.scores(windows, BatchSize(rows))
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
