"""Store a reader with 8 bits a weight, and measure what that costs.

python benchmarks/storage.py --reader FOLDER --out FOLDER --qa FILE [--limit N]
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from docqa.evaluation.given import evaluate_given
from docqa.evaluation.outcome import summarize
from docqa.evaluation.squad import load_squad
from docqa.reading.eight_bit import save_eight_bit
from docqa.reading.loading import find_reader, load_for_training
from docqa.reading.reader import Reader


def main() -> None:
    """Write the folder, then print bytes, exact match and F1 of both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reader", required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--qa")
    parser.add_argument("--limit", type=int, default=600)
    options = parser.parse_args()
    source = Path(find_reader(options.reader))
    weights = shutil.ignore_patterns("*.safetensors", "*.safetensors.index.json", "checkpoint*")
    shutil.copytree(source, options.out, ignore=weights, dirs_exist_ok=True)
    model, _ = load_for_training(source)
    save_eight_bit(model.state_dict(), options.out)
    print("| reader | bytes of weights | exact match | F1 |\n|---|---|---|---|")
    for name, folder in (("as it was", source), ("8 bits a weight", options.out)):
        size = sum(file.stat().st_size for file in folder.glob("*.safetensors"))
        if options.qa:
            figures = summarize(evaluate_given(Reader.load(str(folder)), load_squad(options.qa, options.limit)))
            print(f"| {name} | {size:,} | {figures['exact_match']:.2f} | {figures['f1']:.2f} |")
        else:
            print(f"| {name} | {size:,} | | |")


if __name__ == "__main__":
    main()
