"""Fewer layers, and layers that stay as they are: what makes training and reading cheaper."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docqa.errors import TrainingError

if TYPE_CHECKING:
    from torch import nn
    from transformers import PreTrainedModel


def evenly_spaced(count: int, of: int) -> list[int]:
    """Numbers of `count` layers out of `of`, the first and the last among them.

    >>> evenly_spaced(6, 12)
    [0, 2, 4, 7, 9, 11]
    """
    if count == 1:
        return [of - 1]
    return [round(number * (of - 1) / (count - 1)) for number in range(count)]


def keep_layers(model: PreTrainedModel, count: int | None) -> None:
    """Drop all layers of an encoder but `count` evenly spaced ones (Sanh et al. 2019, section 3); None drops none.

    Raises `TrainingError` when it has not so many or is not built of such layers.
    """
    if count is None:
        return
    import torch

    encoder, stack = _stack(model)
    if encoder is None or stack is None or not 1 <= count <= len(stack):
        raise TrainingError(f"{count} layers cannot be kept of this model; leave --layers out or give another number.")
    encoder.layer = torch.nn.ModuleList(stack[number] for number in evenly_spaced(count, len(stack)))
    model.config.num_hidden_layers = count


def freeze(model: PreTrainedModel, count: int) -> None:
    """Leave the embeddings and the `count` lowest layers out of training; 0 trains everything.

    Raises `TrainingError` when it has not so many or is not built of such layers.
    """
    if not count:
        return
    encoder, stack = _stack(model)
    embeddings = getattr(model.base_model, "embeddings", None)
    if encoder is None or stack is None or embeddings is None or count > len(stack):
        raise TrainingError(
            f"{count} layers cannot be frozen in this model; leave --freeze out or give a smaller number."
        )
    # What all layers share (MPNet's relative positions) would send gradients through the frozen ones.
    shared = [part for name, part in encoder.named_children() if name != "layer"]
    for part in (embeddings, *stack[:count], *shared):
        part.requires_grad_(requires_grad=False)


def _stack(model: PreTrainedModel) -> tuple[nn.Module | None, nn.ModuleList | None]:
    encoder = getattr(model.base_model, "encoder", None)
    return encoder, getattr(encoder, "layer", None)
