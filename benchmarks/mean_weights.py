"""The mean of the weights of two readers of one shape, the second trained on from the first or both from a third.

python benchmarks/mean_weights.py --readers FOLDER FOLDER --out FOLDER

What a reader learned last lies between both and mostly stays, and so does what it would have forgotten by then
(Wortsman et al. 2022, "Robust fine-tuning of zero-shot models"). The result is in half precision.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from docqa.reading.loading import load_for_training
from docqa.training.train import save_reader


def main() -> None:
    """Write the folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--readers", nargs=2, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    (model, tokenizer), (other, _) = (load_for_training(reader) for reader in options.readers)
    with torch.no_grad():
        for weights, others in zip(model.parameters(), other.parameters(), strict=True):
            weights.add_(others).div_(2)
    save_reader(model, tokenizer, options.out)


if __name__ == "__main__":
    main()
