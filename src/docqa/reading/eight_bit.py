"""Weights stored with 8 bits each: half the size of half precision, and the same answers nearly always.

Each row of a matrix becomes whole numbers from -127 to 127 and one scale, the row's largest weight divided by 127
(symmetric quantization row by row, as in Jacob et al. 2018, section 2). They are read back to float32 before anything
is computed, so only the rounding of weights is lost: less than a scale each.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch

#: The files of a reader's weights begin so.
STEM = "weights-8bit"
#: No file is larger than so many bytes: hosts of code refuse larger ones.
LARGEST_FILE = 80_000_000
SCALE = ".scale"
#: The start and end vectors decide between answers and are small: they stay as they are.
WHOLE = "qa_outputs"


#: Decides how weights are rounded when they are stored.
SEED = 13


def quantize_rows(matrix: torch.Tensor, chance: torch.Generator | None = None) -> tuple[torch.Tensor, torch.Tensor]:
    """Whole numbers of a matrix, shape (rows, columns), and a scale for each row, shape (rows,).

    With `chance` a weight between two whole numbers becomes either, so often that it is kept on average (stochastic
    rounding, Gupta et al. 2015, section 3.1). A model that was read back from whole numbers and trained on has moved
    each weight by a small part of a scale; to the nearest, nearly all would go back to where they were.

    >>> import torch
    >>> numbers, scales = quantize_rows(torch.tensor([[0.5, -1.27]]))
    >>> numbers.tolist(), [round(scale, 3) for scale in scales.tolist()]
    ([[50, -127]], [0.01])
    """
    import torch

    matrix = matrix.float()
    # A row of zeros has any scale; one avoids dividing by nothing.
    scales = matrix.abs().amax(dim=1) / 127.0
    scales = torch.where(scales > 0, scales, torch.ones_like(scales))
    numbers = matrix / scales[:, None]
    between = torch.full_like(numbers, 0.5) if chance is None else torch.rand(numbers.shape, generator=chance)
    return (numbers + between).floor().clamp(-127, 127).to(torch.int8), scales


def restore_rows(numbers: torch.Tensor, scales: torch.Tensor) -> torch.Tensor:
    """The matrix that whole numbers and scales stand for, in float32."""
    return numbers.float() * scales[:, None]


def save_eight_bit(state: Mapping[str, torch.Tensor], folder: Path) -> list[Path]:
    """Write a model's weights into a folder, in as many files as `LARGEST_FILE` asks for, and return these."""
    import torch
    from safetensors.torch import save_file

    chance = torch.Generator().manual_seed(SEED)
    stored: dict[str, torch.Tensor] = {}
    for name, tensor in state.items():
        if tensor.ndim == 2 and tensor.is_floating_point() and WHOLE not in name:
            stored[name], stored[name + SCALE] = quantize_rows(tensor.cpu(), chance)
        elif tensor.is_floating_point():
            stored[name] = tensor.to(torch.float32 if WHOLE in name else torch.float16).contiguous()
    shards: list[dict[str, torch.Tensor]] = [{}]
    size = 0
    for name, tensor in stored.items():
        if shards[-1] and size + tensor.nbytes > LARGEST_FILE:
            shards.append({})
            size = 0
        shards[-1][name] = tensor
        size += tensor.nbytes
    folder.mkdir(parents=True, exist_ok=True)
    for old in eight_bit_files(folder):
        old.unlink()
    files = [folder / f"{STEM}-{number}-of-{len(shards)}.safetensors" for number in range(1, len(shards) + 1)]
    for file, shard in zip(files, shards, strict=True):
        save_file(shard, file)
    return files


def eight_bit_files(folder: Path) -> list[Path]:
    """The files of a folder that hold weights of 8 bits, in their order; none when it has none."""
    return sorted(folder.glob(f"{STEM}-*.safetensors"))


def load_eight_bit(folder: Path) -> dict[str, torch.Tensor]:
    """The weights of a folder in float32. Raises `ValueError` when some of its files are missing."""
    from safetensors.torch import load_file

    files = eight_bit_files(folder)
    count = int(files[0].stem.rpartition("-")[2])
    if len(files) != count:
        raise ValueError(f"it has {len(files)} of its {count} files of weights")
    stored = {name: tensor for file in files for name, tensor in load_file(file).items()}
    return {
        name: restore_rows(tensor, stored[name + SCALE]) if name + SCALE in stored else tensor.float()
        for name, tensor in stored.items()
        if not name.endswith(SCALE)
    }
