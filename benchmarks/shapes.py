"""What a batch of windows costs a reader, by rows and tokens: the first time a shape is met, and then.

python benchmarks/shapes.py --reader docqa-base
"""

from __future__ import annotations

import argparse
import time

import torch

from docqa.reading.loading import LoadedReader, load_reader

SHAPES = ((1, 64), (4, 64), (1, 128), (4, 128), (1, 192), (4, 192), (8, 192), (1, 256), (4, 256), (1, 201), (1, 224))
REPEATS = 5


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reader", default="docqa-base")
    options = parser.parse_args()
    loaded = load_reader(options.reader)
    seconds(loaded, 2, 96)
    print(f"{loaded.name}, {loaded.arithmetic}, {torch.get_num_threads()} threads\n")
    print("| rows | tokens | first time, ms | then, ms | then, microseconds a token |\n|---|---|---|---|---|")
    for rows, tokens in SHAPES:
        took = [1000 * seconds(loaded, rows, tokens) for _ in range(REPEATS)]
        best = min(took[1:])
        print(f"| {rows} | {tokens} | {took[0]:.0f} | {best:.0f} | {1000 * best / rows / tokens:.0f} |")


def seconds(loaded: LoadedReader, rows: int, tokens: int) -> float:
    """How long one forward pass takes."""
    ids = torch.randint(1000, 2000, (rows, tokens))
    inputs = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
    if getattr(loaded.model.config, "type_vocab_size", 0) > 1:
        inputs["token_type_ids"] = torch.zeros_like(ids)
    begun = time.perf_counter()
    with torch.inference_mode():
        loaded.model(**inputs)
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
