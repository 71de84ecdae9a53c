"""Reading windows as one row of tokens, without padding them to one length.

What a layer does to a token alone (its products with weights, its norms) does not ask in which window the token is,
so the tokens of several windows go through it together, and through few shapes of products. Attention goes from
window to window, each in whole blocks of tokens. docs/benchmarks.md has what that saves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from docqa.reading.attention import Attention, Place, in_blocks
from docqa.reading.batches import TokenRow
from docqa.reading.packed import PackedLinear
from docqa.reading.whole_numbers import WholeNumberLinear

#: Kinds of models whose layers are those of BERT, and MPNet, whose layers differ in names and in what a distance adds.
LIKE_BERT = frozenset({"bert", "electra", "roberta", "xlm-roberta"})
MPNET = "mpnet"


@dataclass(frozen=True)
class Layer:
    """The modules of a layer in the order of their use; `raised` widens and bends, `lowered` narrows again."""

    query: Any
    key: Any
    value: Any
    attended: Any
    attended_norm: Any
    raised: Any
    lowered: Any
    norm: Any


@dataclass(frozen=True)
class Blocks:
    """A row's windows as attention takes them, in whole blocks.

    `tokens` says which token of the row stands at each place in the blocks, `back` at which place each token stands.
    """

    tokens: Tensor
    back: Tensor
    places: tuple[Place, ...]


class UnpaddedModel:
    """A model for answering that takes a row of tokens; its weights are those of the model it is made of."""

    def __init__(self, model: Any, attention: Attention) -> None:
        base, self._config = model.base_model, model.config
        self._embeddings, self._head = base.embeddings, model.qa_outputs
        self._project = getattr(base, "embeddings_project", None)
        self._heads = self._config.num_attention_heads
        # RoBERTa and MPNet count positions from past the one of padding.
        self._first_position = getattr(self._embeddings, "padding_idx", -1) + 1
        self._has_segments = getattr(self._config, "type_vocab_size", 0) > 1
        self._attention = attention
        self._dtype: torch.dtype = attention.dtype or self._embeddings.word_embeddings.weight.dtype
        self._layers = tuple(map(_layer, base.encoder.layer))
        self._bias = None
        if self._config.model_type == MPNET:
            self._bias = _bias_of_distances(base.encoder, self._config).to(self._dtype)

    def __call__(self, row: TokenRow) -> tuple[Tensor, Tensor]:
        """Start and end scores of shape (tokens of the row,); those between windows mean nothing."""
        positions = torch.from_numpy(row.positions)[None] + self._first_position
        segments = {"token_type_ids": torch.from_numpy(row.segment_ids)[None]} if self._has_segments else {}
        hidden: Tensor = self._embeddings(torch.from_numpy(row.input_ids)[None], position_ids=positions, **segments)[0]
        if self._project is not None:
            hidden = self._project(hidden)
        blocks = self._in_blocks(row)
        for layer in self._layers:
            hidden = self._through(layer, hidden, blocks)
        start, end = self._head(hidden).float().unbind(dim=-1)
        return start, end

    def _through(self, layer: Layer, hidden: Tensor, blocks: Blocks) -> Tensor:
        products = _products((layer.query, layer.key, layer.value), hidden)
        query, key, value = (product.to(self._dtype).index_select(0, blocks.tokens) for product in products)
        attended = self._attention.attend(query, key, value, self._heads, blocks.places)
        attended = attended.index_select(0, blocks.back).to(hidden.dtype)
        hidden = layer.attended_norm(_added_product(layer.attended, attended, hidden))
        outputs: Tensor = layer.norm(_added_product(layer.lowered, layer.raised(hidden), hidden))
        return outputs

    def _in_blocks(self, row: TokenRow) -> Blocks:
        places: list[Place] = []
        tokens, back = [], torch.zeros(len(row.input_ids), dtype=torch.int64)
        end = 0
        for begin, length in row.windows:
            whole = in_blocks(length)
            bias = None if self._bias is None else self._bias[:, :whole, :whole]
            places.append(Place(end, length, bias, self._dtype))
            # Any token fills the last block up: nothing attends to it.
            tokens.append(torch.arange(begin, begin + whole).clamp_(max=begin + length - 1))
            back[begin : begin + length] = torch.arange(end, end + length)
            end += whole
        return Blocks(torch.cat(tokens), back, tuple(places))


def unpadded(model: Any, attention: Attention) -> UnpaddedModel | None:
    """The model as one that takes a row of tokens; None when it is of a kind that this module does not know."""
    kind = model.config.model_type
    if kind not in LIKE_BERT | {MPNET} or getattr(model.config, "is_decoder", False):
        return None
    return UnpaddedModel(model, attention)


def _layer(layer: Any) -> Layer:
    inside = getattr(layer.attention, "self", None)
    if inside is not None:
        query, key, value, outside = inside.query, inside.key, inside.value, layer.attention.output
        attended, attended_norm = outside.dense, outside.LayerNorm
    else:
        inside, attended_norm = layer.attention.attn, layer.attention.LayerNorm
        query, key, value, attended = inside.q, inside.k, inside.v, inside.o
    lowered, norm = layer.output.dense, layer.output.LayerNorm
    return Layer(query, key, value, attended, attended_norm, layer.intermediate, lowered, norm)


def _bias_of_distances(encoder: Any, config: Any) -> Tensor:
    # What a distance between tokens adds is the same in a shorter window, which is a corner of the longest.
    with torch.inference_mode():
        bias: Tensor = encoder.compute_position_bias(torch.empty(1, in_blocks(config.max_position_embeddings)))
    return bias[0]


def _products(linears: Sequence[Any], inputs: Tensor) -> list[Tensor]:
    """The products of the same inputs with several layers' weights."""
    if all(isinstance(linear, WholeNumberLinear) for linear in linears):
        digits = linears[0].digits(inputs)
        return [linear.of_digits(digits) for linear in linears]
    return [linear(inputs) for linear in linears]


def _added_product(linear: Any, inputs: Tensor, added: Tensor) -> Tensor:
    if isinstance(linear, PackedLinear):
        return linear.added_to(added, inputs)
    product: Tensor = linear(inputs)
    return product.add_(added)
