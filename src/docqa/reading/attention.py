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

from docqa.reading.arithmetic import ROUGH, Arithmetic, multiplies_bfloat16_by

#: Attention takes a window in whole blocks of so many tokens: it is twice as slow at other lengths.
BLOCK = 32
#: Between these a sum of exponentials has lost nothing, and leaves room for what it is multiplied by.
SMALLEST_SUM, LARGEST_SUM = 1e-30, 1e36


def in_blocks(tokens: int) -> int:
    """So many tokens or, in whole blocks, more."""
    return -(-tokens // BLOCK) * BLOCK


@dataclass(frozen=True)
class Place:
    """Where a window stands among tokens in blocks: its first one, and their number before those that fill it up.

    `bias` is what distances between tokens add to scores, of shape (heads, `whole`, `whole`), None for none; `dtype`
    the type of the numbers that are added to scores.
    """

    begin: int
    length: int
    bias: Tensor | None
    dtype: torch.dtype

    @property
    def whole(self) -> int:
        """How many tokens it takes."""
        return in_blocks(self.length)

    @property
    def tokens(self) -> slice:
        """The place of all its tokens."""
        return slice(self.begin, self.begin + self.whole)

    @cached_property
    def added(self) -> Tensor | None:
        """The bias, and what rules out the tokens that fill blocks up; None where there is neither."""
        if self.length == self.whole:
            return self.bias
        ruled_out = torch.zeros(self.whole, dtype=self.dtype)
        ruled_out[self.length :] = -math.inf
        return ruled_out.expand(self.whole, self.whole) if self.bias is None else self.bias + ruled_out


#: Query, key and value of windows in blocks, each of shape (tokens, width), the number of heads, and the windows, which
#: take all tokens one after another; gives (tokens, width).
Attend = Callable[[Tensor, Tensor, Tensor, int, Sequence[Place]], Tensor]


@dataclass(frozen=True)
class Attention:
    """How attention is computed; its query, key and value have to come in numbers of this type, None for any."""

    attend: Attend
    dtype: torch.dtype | None = None


def attention_in(arithmetic: Arithmetic) -> Attention:
    """The attention for an arithmetic on this CPU."""
    if arithmetic in ROUGH and multiplies_bfloat16_by("instructions"):
        return Attention(attend_by_products, torch.bfloat16)
    return Attention(attend_by_kernel)


def attend_by_kernel(query: Tensor, key: Tensor, value: Tensor, heads: int, places: Sequence[Place]) -> Tensor:
    """Attention by torch's fused kernel."""
    attended = torch.empty_like(query)
    for place in places:
        queries, keys, values, out = (_by_head(part[place.tokens], heads, 1) for part in (query, key, value, attended))
        out.copy_(scaled_dot_product_attention(queries, keys, values, attn_mask=place.added))
    return attended


def attend_by_products(query: Tensor, key: Tensor, value: Tensor, heads: int, places: Sequence[Place]) -> Tensor:
    """Attention by two batched products with an exponential between them, neighbours of one length at once.

    The largest score of each query is not taken off first, as a softmax does for fear of numbers that are too large:
    bfloat16 reaches as far as float32. Where sums become too large or too small nevertheless, the kernel does it.
    """
    attended = torch.empty_like(query)
    scaled = query * (1 / math.sqrt(query.shape[1] // heads))
    for whole, equal in groupby(places, key=lambda place: place.whole):
        windows = tuple(equal)
        together = slice(windows[0].begin, windows[-1].tokens.stop)
        queries, keys, values, out = (
            _by_head(part[together], heads, len(windows)) for part in (scaled, key, value, attended)
        )
        queries, keys, values = (part.flatten(0, 1) for part in (queries, keys, values))
        weights = torch.bmm(queries, keys.transpose(1, 2)).view(len(windows), heads, whole, whole)
        if windows[0].bias is not None:
            weights.add_(windows[0].bias)
        weights.exp_()
        for number, window in enumerate(windows):
            weights[number, :, :, window.length :] = 0.0
        totals = weights.sum(dim=-1, keepdim=True)
        lowest, highest = totals.aminmax()
        # Both comparisons are false for what is not a number.
        if not (lowest > SMALLEST_SUM and highest < LARGEST_SUM):
            return attend_by_kernel(query, key, value, heads, places)
        torch.div(torch.bmm(weights.flatten(0, 1), values).view_as(out), totals, out=out)
    return attended


def _by_head(rows: Tensor, heads: int, windows: int) -> Tensor:
    """Windows of one length one after another, (tokens, width), as (windows, heads, tokens of one, width of a head)."""
    return rows.view(windows, len(rows) // windows, heads, -1).transpose(1, 2)
