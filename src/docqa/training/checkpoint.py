"""Saving and resuming a training run: weights and optimizer state as safetensors, the rest as JSON."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from docqa.errors import TrainingError

if TYPE_CHECKING:
    from torch import nn
    from torch.optim import AdamW


@dataclass(frozen=True)
class Position:
    """Where a run stands: steps done, seconds spent, and the fingerprint of its settings and data."""

    step: int
    seconds: float
    fingerprint: str


def save_checkpoint(folder: Path, model: nn.Module, optimizer: AdamW, position: Position) -> None:
    """Write a checkpoint beside the old one, then swap, so that a crash leaves one of the two whole."""
    from safetensors.torch import save_file

    fresh, old = _beside(folder)
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    save_file({name: tensor.contiguous() for name, tensor in model.state_dict().items()}, fresh / "model.safetensors")
    moments = {
        f"{number}.{key}": value
        for number, state in optimizer.state_dict()["state"].items()
        for key, value in state.items()
    }
    save_file(moments, fresh / "optimizer.safetensors")
    (fresh / "position.json").write_text(json.dumps(asdict(position)), encoding="utf-8")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    fresh.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def load_checkpoint(folder: Path, model: nn.Module, optimizer: AdamW, fingerprint: str) -> Position | None:
    """Bring model and optimizer to the state of a checkpoint; None when there is none.

    Raises `TrainingError` when the checkpoint belongs to other settings or data.
    """
    from safetensors.torch import load_file

    fresh, _ = _beside(folder)
    if not folder.exists() and (fresh / "position.json").exists():
        fresh.rename(folder)
    if not (folder / "position.json").exists():
        return None
    position = Position(**json.loads((folder / "position.json").read_text(encoding="utf-8")))
    if position.fingerprint != fingerprint:
        raise TrainingError(
            f"The checkpoint in {folder} belongs to a run with other data or options; "
            "use the same ones, or another --out, or --restart to begin again."
        )
    model.load_state_dict(load_file(folder / "model.safetensors"))
    state: dict[int, dict[str, object]] = {}
    for name, tensor in load_file(folder / "optimizer.safetensors").items():
        number, key = name.split(".", 1)
        state.setdefault(int(number), {})[key] = tensor
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
    return position


def remove_checkpoint(folder: Path) -> None:
    """Remove the checkpoint of a run that is done."""
    for part in (folder, *_beside(folder)):
        shutil.rmtree(part, ignore_errors=True)


def _beside(folder: Path) -> tuple[Path, Path]:
    # Where a new checkpoint is written, and where the one it takes the place of waits to be removed.
    return folder.with_name(folder.name + ".new"), folder.with_name(folder.name + ".old")
