"""MPNet's attention by one fused kernel, which transformers uses for BERT and others and not for MPNet."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention
from transformers.modeling_outputs import BaseModelOutput


def use_fused_attention(model: nn.Module) -> None:
    """Have an MPNet model for answering attend by the fused kernel; scores change by rounding alone.

    Its modules and their names stay as they are otherwise, so that it can be saved.
    """
    encoder: Any = model.get_submodule("mpnet.encoder")
    for layer in encoder.layer:
        layer.attention.attn = FusedAttention(layer.attention.attn)
    model.get_submodule("mpnet").encoder = FusedEncoder(encoder)


class FusedEncoder(nn.Module):
    """The layers; what a distance between tokens adds, and the mask, are put together once for all of them."""

    def __init__(self, encoder: Any) -> None:
        super().__init__()
        self.layer, self.relative_attention_bias = encoder.layer, encoder.relative_attention_bias
        self._bucket = encoder.relative_position_bucket
        #: By the number of tokens, of which reading uses few.
        self._bias: dict[int, Tensor] = {}

    def forward(self, hidden_states: Tensor, attention_mask: Tensor | None = None, **_: Any) -> BaseModelOutput:
        """`hidden_states` of shape (rows, tokens, width); the mask is added to scores."""
        bias = self._bias_of(hidden_states.shape[1])
        added = bias if attention_mask is None else bias + attention_mask
        for layer in self.layer:
            (hidden_states,) = layer(hidden_states, position_bias=added)
        return BaseModelOutput(last_hidden_state=hidden_states)

    def _bias_of(self, tokens: int) -> Tensor:
        bias = self._bias.get(tokens)
        if bias is None:
            places = torch.arange(tokens, device=self.relative_attention_bias.weight.device)
            buckets = self._bucket(places[None, :] - places[:, None])
            bias = self.relative_attention_bias(buckets).permute(2, 0, 1).unsqueeze(0).contiguous()
            self._bias[tokens] = bias
        return bias


class FusedAttention(nn.Module):
    """The attention of one layer, with the weights of the one it stands for."""

    def __init__(self, attention: Any) -> None:
        super().__init__()
        self.q, self.k, self.v, self.o = attention.q, attention.k, attention.v, attention.o
        self.heads, self.size = attention.num_attention_heads, attention.attention_head_size

    def forward(
        self, hidden_states: Tensor, _mask: None = None, position_bias: Tensor | None = None, **_: Any
    ) -> tuple[Tensor]:
        """`position_bias`, of shape (rows or 1, heads, tokens, tokens), is added to scores and holds the mask too."""
        rows, tokens, _width = hidden_states.shape
        q, k, v = (
            part(hidden_states).view(rows, tokens, self.heads, self.size).transpose(1, 2)
            for part in (self.q, self.k, self.v)
        )
        attended = scaled_dot_product_attention(q, k, v, attn_mask=position_bias)
        return (self.o(attended.transpose(1, 2).reshape(rows, tokens, -1)),)
