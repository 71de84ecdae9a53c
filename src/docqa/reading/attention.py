"""Attention of the tokens of windows to each other, in the way that is fastest in an arithmetic on this CPU.

torch's fused kernel multiplies bfloat16 fast where a CPU has matrix units for it (AMX). Where it has only
instructions (AVX512_BF16), the kernel computes as in float32, and separate products take half of its time.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

from docqa.reading.arithmetic import ROUGH, Arithmetic

#: Attention sees a window in whole blocks of so many tokens: it is twice as slow at other lengths.
BLOCK = 32


@dataclass(frozen=True)
class Place:
    """Where a window stands in a row of tokens, its first one and their number, and what is added to its scores.

    `bias` is what distances between tokens add, of shape (heads, `whole`, `whole`), None for none; `dtype` the type of
    the numbers that are added.
    """

    begin: int
    length: int
    bias: Tensor | None
    dtype: torch.dtype

    @property
    def tokens(self) -> slice:
        """The place of its tokens."""
        return slice(self.begin, self.begin + self.length)

    @property
    def whole(self) -> int:
        """How many tokens attention sees."""
        return in_blocks(self.length)

    @cached_property
    def added(self) -> Tensor | None:
        """The bias, and what rules out the tokens that fill blocks up; None where there is neither."""
        if self.length == self.whole:
            return self.bias
        ruled_out = torch.zeros(self.whole, dtype=self.dtype)
        ruled_out[self.length :] = -math.inf
        return ruled_out.expand(self.whole, self.whole) if self.bias is None else self.bias + ruled_out


def in_blocks(tokens: int) -> int:
    """So many tokens or, in whole blocks, more."""
    return -(-tokens // BLOCK) * BLOCK


#: Query, key and value, each of shape (tokens, width), the number of heads, and the windows; gives (tokens, width),
#: zeros between windows.
Attend = Callable[[Tensor, Tensor, Tensor, int, Sequence[Place]], Tensor]


@dataclass(frozen=True)
class Attention:
    """How attention is computed; its query, key and value have to come in numbers of this type, None for any."""

    attend: Attend
    dtype: torch.dtype | None = None


def attention_in(arithmetic: Arithmetic) -> Attention:
    """The attention for an arithmetic on this CPU."""
    by_instructions = torch.cpu._is_avx512_bf16_supported() and not torch.cpu._is_amx_tile_supported()  # noqa: SLF001
    if arithmetic in ROUGH and by_instructions:
        return Attention(attend_by_products, torch.bfloat16)
    return Attention(attend_by_kernel)


def attend_by_kernel(query: Tensor, key: Tensor, value: Tensor, heads: int, places: Sequence[Place]) -> Tensor:
    """Attention by torch's fused kernel."""
    attended = torch.zeros_like(query)
    for place in places:
        queries, keys, values = (_by_head(part, heads, [place]) for part in (query, key, value))
        seen = scaled_dot_product_attention(queries, keys, values, attn_mask=place.added)
        attended[place.tokens] = seen[0, :, : place.length].transpose(0, 1).flatten(1)
    return attended


def attend_by_products(query: Tensor, key: Tensor, value: Tensor, heads: int, places: Sequence[Place]) -> Tensor:
    """Attention by two batched products with an exponential between them, neighbours of one length at once.

    The largest score of each query is not taken off first, as a softmax does for fear of numbers that are too large:
    bfloat16 reaches as far as float32. Where sums become too large or vanish nevertheless, the kernel does it.
    """
    attended = torch.zeros_like(query)
    scaled = query * (1 / math.sqrt(query.shape[1] // heads))
    for whole, equal in groupby(places, key=lambda place: place.whole):
        windows = tuple(equal)
        queries, keys, values = (_by_head(part, heads, windows).flatten(0, 1) for part in (scaled, key, value))
        weights = torch.bmm(queries, keys.transpose(1, 2)).view(len(windows), heads, whole, whole)
        if windows[0].bias is not None:
            weights.add_(windows[0].bias)
        weights.exp_()
        for weight, window in zip(weights, windows, strict=True):
            weight[..., window.length :] = 0.0
        totals = weights.sum(dim=-1, keepdim=True)
        lowest, highest = totals.aminmax()
        # Both comparisons are false for what is not a number.
        if not (lowest > 0.0 and highest < math.inf):
            return attend_by_kernel(query, key, value, heads, places)
        seen = torch.bmm(weights.flatten(0, 1), values).view(len(windows), heads, whole, -1)
        for window, sums, divisors in zip(windows, seen, totals, strict=True):
            out = attended[window.tokens].view(window.length, heads, -1).transpose(0, 1)
            torch.div(sums[:, : window.length], divisors[:, : window.length], out=out)
    return attended


def _by_head(rows: Tensor, heads: int, windows: Sequence[Place]) -> Tensor:
    """Windows of as many blocks in a row (tokens, width) as (windows, heads, tokens in blocks, width of a head)."""
    parts = rows.new_empty(len(windows), heads, windows[0].whole, rows.shape[1] // heads)
    for part, window in zip(parts, windows, strict=True):
        part[:, window.length :] = 0.0
        part[:, : window.length] = rows[window.tokens].view(window.length, heads, -1).transpose(0, 1)
    return parts
