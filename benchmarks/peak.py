"""How much of the machine's speed at matrix products reading reaches.

python benchmarks/peak.py --readers docqa-base docqa-small --tokens 128 192 256 384

A window of T tokens costs an encoder of L layers, h wide, with feed-forward layers of i,

    L · (T · (8h² + 4hi) + 4T²h) + 4Th

floating point operations, a multiplication and an addition counted as two: the four h by h matrices of the attention,
the two h by i matrices after it, the two products of T by T with h, and the two score vectors. Embeddings, softmax,
GELU and layer norms are not counted, so the share says how much of the time the products alone would need.

Three speeds are compared, in turn, the best of several runs each: a product of two large square matrices, which is the
peak; the reader's own linear products, those of all layers with weights of their own, one after the other with nothing
between them; and the reader, with one window and with as many as it reads at once.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from results import Cell, Column, Table, add_json_option, publish
from shapes import seconds

from docqa.reading.arithmetic import choose_arithmetic
from docqa.reading.loading import load_reader
from docqa.reading.reader import Reader

SQUARE, REPEATS = 2048, 7
COLUMNS = (
    Column("reader"),
    Column("arithmetic"),
    Column("tokens"),
    Column("windows at once"),
    Column("operations a window, billions", 1),
    Column("square product, billions a second"),
    Column("own products, billions a second"),
    Column("reading, billions a second"),
    Column("reading a window, ms", 1),
    Column("share of square, %"),
    Column("share of own products, %"),
)


@dataclass(frozen=True)
class Shape:
    """What decides how many operations a window costs."""

    layers: int
    width: int
    inner: int

    def operations(self, tokens: int) -> int:
        """Operations of a window.

        >>> Shape(layers=1, width=2, inner=8).operations(tokens=3)
        384
        """
        h, i, t = self.width, self.inner, tokens
        return self.layers * (t * (8 * h * h + 4 * h * i) + 4 * t * t * h) + 4 * t * h

    def linear_products(self, tokens: int) -> list[tuple[int, int, int]]:
        """Rows, inner size and columns of the products of so many tokens with matrices of weights, in their order."""
        attention = [(tokens, self.width, self.width)] * 4
        return [*attention, (tokens, self.width, self.inner), (tokens, self.inner, self.width)] * self.layers


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--readers", nargs="+", default=["docqa-base", "docqa-small"])
    parser.add_argument("--tokens", type=int, nargs="+", default=[128, 192, 256, 384])
    add_json_option(parser)
    options = parser.parse_args()
    rows: list[tuple[Cell, ...]] = []
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    usual = choose_arithmetic(device, eight_bit=False, mended=False)
    for arithmetic in dict.fromkeys([usual, "float32"]):
        number_format = getattr(torch, arithmetic)
        for name in options.readers:
            loaded = load_reader(name, arithmetic=arithmetic)
            shape = shape_of(loaded.model.config)
            seconds(loaded, 1, 96)
            for tokens in options.tokens:
                at_once = max(1, Reader(loaded).batch_size.tokens // tokens)
                for windows in dict.fromkeys([1, at_once]):
                    read = partial(seconds, loaded, windows, tokens)
                    measured = compare(shape, number_format, tokens, windows, read)
                    rows.append((loaded.name, arithmetic, tokens, windows, *measured))
    title = f"threads of torch: {torch.get_num_threads()}; products of {SQUARE} by {SQUARE}"
    note = (
        "Operations of a window of T tokens: L · (T · (8h² + 4hi) + 4T²h) + 4Th, with L layers, h wide, i in the "
        "feed-forward layers."
    )
    publish("peak", "Share of the peak", [Table("peak", title, COLUMNS, tuple(rows), note)], options.json)


def compare(
    shape: Shape, number_format: torch.dtype, tokens: int, windows: int, read: Callable[[], float]
) -> tuple[float, float, float, float, float, float, float]:
    """The cells of a row from the operations on."""
    square = product(SQUARE, SQUARE, SQUARE, number_format)
    sizes = shape.linear_products(windows * tokens)
    own = [product(*size, number_format) for size in sizes]
    took: list[tuple[float, float, float]] = []
    read()
    for _ in range(REPEATS):
        took.append((once([square]), once(own), read()))  # noqa: PERF401 - a loop shows that they take turns
    square_seconds, own_seconds, reading_seconds = map(min, zip(*took, strict=True))
    operations = shape.operations(tokens) / 1e9
    peak = 2 * SQUARE**3 / 1e9 / square_seconds
    own_speed = sum(2 * a * b * c for a, b, c in sizes) / 1e9 / own_seconds
    speed = windows * operations / reading_seconds
    shares = (100 * speed / peak, 100 * speed / own_speed)
    return operations, peak, own_speed, speed, 1000 * reading_seconds / windows, *shares


def product(rows: int, inner: int, columns: int, number_format: torch.dtype) -> Callable[[], Any]:
    """A product with a matrix of weights, as a linear layer without a bias makes it."""
    left, weights = torch.randn(rows, inner).to(number_format), torch.randn(columns, inner).to(number_format)
    return lambda: torch.nn.functional.linear(left, weights)


def once(calls: Sequence[Callable[[], Any]]) -> float:
    """Seconds of the calls one after the other, once they have been made before."""
    with torch.inference_mode():
        calls[0]()
        begun = time.perf_counter()
        for call in calls:
            call()
        return time.perf_counter() - begun


def shape_of(config: Any) -> Shape:
    """The shape of an encoder; DistilBERT has other names for the same."""
    return Shape(
        layers=getattr(config, "num_hidden_layers", None) or config.n_layers,
        width=getattr(config, "hidden_size", None) or config.dim,
        inner=getattr(config, "intermediate_size", None) or config.hidden_dim,
    )


if __name__ == "__main__":
    main()
