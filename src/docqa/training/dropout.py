"""Dropout (Srivastava et al. 2014) from random bytes, which a CPU draws much faster than a number an element."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor, nn

#: A share is rounded to this many parts: the values of a byte.
PARTS = 256


def drop(values: Tensor, share: float) -> Tensor:
    """Set about a share of the values to 0 and scale the others so that the mean stays what it was.

    The share is rounded to a whole number of 256ths, so that one random byte an element decides; torch's own dropout on
    a CPU makes a training step five times slower. Any shape; draws from torch's default generator.

    >>> import torch
    >>> drop(torch.ones(4), 0.0)
    tensor([1., 1., 1., 1.])
    """
    import torch

    dropped = round(share * PARTS)
    if not dropped:
        return values
    words = torch.empty(-(-values.numel() // 8), dtype=torch.int64).random_(-(2**63), None)
    kept = (words.view(torch.uint8)[: values.numel()] >= dropped).view(values.shape).to(values.device)
    return values * (kept.to(values.dtype) * (PARTS / (PARTS - dropped)))


def drop_hidden_states(model: nn.Module, share: float) -> None:
    """While `model` trains, drop a share of the hidden states wherever it has a dropout of its own.

    Those of attention weights, of four dimensions, stay whole: they are most of the elements and matter least.
    """
    import torch

    if not round(share * PARTS):
        return

    def hook(module: nn.Module, _: Any, output: Tensor) -> Tensor | None:
        return drop(output, share) if module.training and output.dim() == 3 else None

    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.register_forward_hook(hook)
