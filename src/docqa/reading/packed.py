"""Weights in the order in which a CPU's matrix units for bfloat16 take them, put so once and not at each product.

The products are the same to the last bit. With few tokens ordering costs as much as multiplying.
"""

from __future__ import annotations

from typing import Any

import torch


class PackedLinear(torch.nn.Module):
    """A linear layer in bfloat16 whose weights are packed; it is saved as an ordinary one."""

    def __init__(self, linear: torch.nn.Linear) -> None:
        super().__init__()
        self.bias = None if linear.bias is None else linear.bias.detach()
        # The operations that torch's compiler uses; they have no public names.
        self.packed = torch.ops.mkldnn._reorder_linear_weight(linear.weight.detach(), None)  # noqa: SLF001

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Inputs of shape (..., columns) to outputs of shape (..., rows of the weights)."""
        product = torch.ops.mkldnn._linear_pointwise  # noqa: SLF001
        outputs: torch.Tensor = product(inputs, self.packed, self.bias, "none", [], "")
        return outputs

    def added_to(self, added: torch.Tensor, inputs: torch.Tensor) -> torch.Tensor:
        """What the inputs become, plus `added` of the outputs' shape, rounded once and not twice."""
        product = torch.ops.mkldnn._linear_pointwise.binary  # noqa: SLF001
        outputs: torch.Tensor = product(inputs, added, self.packed, self.bias, "add")
        return outputs

    def _save_to_state_dict(self, destination: dict[str, Any], prefix: str, keep_vars: bool) -> None:  # noqa: FBT001
        super()._save_to_state_dict(destination, prefix, keep_vars)
        destination[f"{prefix}weight"] = self.packed.to_dense()
        if self.bias is not None:
            destination[f"{prefix}bias"] = self.bias


def use_packed_weights(model: torch.nn.Module, *, but: torch.nn.Module) -> None:
    """Put packed layers in the place of a model's linear ones, where this torch can; `but` stays as it is."""
    if not packs_weights():
        return
    for module in list(model.modules()):
        for name, child in list(module.named_children()):
            if type(child) is torch.nn.Linear and child is not but:
                setattr(module, name, PackedLinear(child))


def packs_weights() -> bool:
    """Whether this torch packs weights, and multiplies with them as without packing."""
    generator = torch.Generator().manual_seed(1)
    # Nothing is drawn from the generator that all of a program share.
    linear = torch.nn.utils.skip_init(torch.nn.Linear, 64, 32, dtype=torch.bfloat16)  # type: ignore[no-untyped-call]
    with torch.inference_mode():
        for weights in linear.parameters():
            weights.copy_(torch.randn(weights.shape, generator=generator))
        inputs = torch.randn(5, 64, generator=generator).to(torch.bfloat16)
        try:
            packed, plain = PackedLinear(linear), linear(inputs)
            added = torch.allclose(packed.added_to(plain, inputs), plain + plain, rtol=0.02)
            return added and torch.equal(packed(inputs), plain)
        except (AttributeError, RuntimeError, TypeError):
            # A torch that has no such operation, or another form of it.
            return False
