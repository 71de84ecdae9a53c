"""Matrix products in whole numbers, for CPUs that multiply bytes fast and have no bfloat16.

A weight stored with 8 bits is one byte already. An activation becomes one byte (Jacob et al. 2018, with a scale for
each row), which moves scores a little, as bfloat16 does, or two, which keeps them: each row is divided by a scale, so
that its largest magnitude is 32,639, and rounded; the high byte of that number is its first digit, the low byte its
second. Both digits go through one product of bytes, one below the other, with sums in 32 bits.
"""

from __future__ import annotations

import platform
from collections.abc import Callable
from dataclasses import dataclass

import torch

from docqa.reading.eight_bit import quantize_rows

#: The largest magnitude of a weight or a digit; bytes are stored from 0 on, with this for 0.
LARGEST, ZERO = 127, 128
#: A row's scale is not taken from smaller numbers than this, so that a row of zeros has one.
SMALLEST = 1e-30
#: So many second digits are one first; the largest number that two of them write, and what makes bytes of it.
SECOND = 256
LARGEST_NUMBER = LARGEST * SECOND + LARGEST
OFFSET = ZERO * SECOND + ZERO
#: From 2^23 on a float32 has no digits after the point, so a sum with this is rounded to a whole number, and its bits
#: are those of that number in their lower bytes.
ROUNDING = 1.5 * 2**23


@dataclass(frozen=True)
class Digits:
    """Digits of rows, bytes: the only ones, or first ones above second ones; and a scale for each row, (rows, 1)."""

    digits: torch.Tensor
    scales: torch.Tensor


def one_digit(rows: torch.Tensor) -> Digits:
    """Rows in float32 as one digit a number.

    >>> one = one_digit(torch.tensor([[254.0, -2.0]]))
    >>> (one.digits.int() - ZERO).tolist(), one.scales.item()
    ([[127, -1]], 2.0)
    """
    scales = _scales(rows, LARGEST)
    return Digits(_numbers(rows, scales, ZERO).to(torch.uint8), scales)


def two_digits(rows: torch.Tensor) -> Digits:
    """Rows in float32 as two digits a number.

    >>> both = two_digits(torch.tensor([[32639.0, -255.0]]))
    >>> (both.digits.int() - ZERO).tolist(), both.scales.item()
    ([[127, -1], [127, 1]], 1.0)
    """
    scales = _scales(rows, LARGEST_NUMBER)
    numbers = _numbers(rows, scales, OFFSET)
    digits = torch.empty(2 * len(rows), rows.shape[1], dtype=torch.uint8)
    digits[len(rows) :] = numbers
    digits[: len(rows)] = numbers.bitwise_right_shift_(8)
    return Digits(digits, scales)


#: How numbers become digits in an arithmetic: the name says how many bits an activation has.
DIGITS: dict[str, Callable[[torch.Tensor], Digits]] = {"int8": one_digit, "int16": two_digits}


class WholeNumberLinear(torch.nn.Module):
    """A linear layer whose weights have 8 bits each and whose inputs become digits."""

    def __init__(self, linear: torch.nn.Linear, digits: Callable[[torch.Tensor], Digits]) -> None:
        super().__init__()
        weights, self.scales = quantize_rows(linear.weight.detach())
        self.bias = torch.zeros(len(weights)) if linear.bias is None else linear.bias.detach().float()
        self.zeros = torch.zeros(len(weights), dtype=torch.int64)
        self.packed = torch.ops.onednn.qlinear_prepack(weights, None)
        self.digits = digits

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Inputs of shape (..., columns) in float32 to outputs of shape (..., rows of the weights)."""
        outputs = self.of_digits(self.digits(inputs.reshape(-1, inputs.shape[-1])))
        return outputs.reshape(*inputs.shape[:-1], outputs.shape[-1])

    def of_digits(self, inputs: Digits) -> torch.Tensor:
        """The digits of some rows, which several layers can take, to outputs of shape (rows, rows of the weights)."""
        product = _product(inputs.digits, self.packed, self.scales, self.zeros)
        rows = len(inputs.scales)
        if len(product) > rows:
            product = torch.add(product[rows:], product[:rows], alpha=SECOND)
        # In the place of the product, because what lies in new memory pushes out of the cache what comes next.
        return torch.addcmul(self.bias, product, inputs.scales, out=product)


def use_whole_numbers(
    model: torch.nn.Module, digits: Callable[[torch.Tensor], Digits], *, but: torch.nn.Module
) -> None:
    """Put layers of whole numbers in the place of a model's linear ones; `but` stays as it is."""
    for module in list(model.modules()):
        for name, child in list(module.named_children()):
            if type(child) is torch.nn.Linear and child is not but:
                setattr(module, name, WholeNumberLinear(child, digits))


def multiplies_bytes() -> bool:
    """Whether this CPU and this torch multiply bytes fast, and exactly.

    CPUs of the x86 family without VNNI add products of bytes in 16 bits, which overflow; other families may fall back
    to a reference implementation. So the largest numbers are multiplied and looked at.
    """
    if platform.machine().lower() not in {"x86_64", "amd64"}:
        return False
    columns = 64
    weights = torch.full((32, columns), LARGEST, dtype=torch.int8)
    rows = torch.full((32, columns), 2 * ZERO - 1, dtype=torch.uint8)
    try:
        packed = torch.ops.onednn.qlinear_prepack(weights, None)
        product = _product(rows, packed, torch.ones(32), torch.zeros(32, dtype=torch.int64))
    except (AttributeError, RuntimeError, TypeError):
        # A torch that has no such operation, or another form of it.
        return False
    return bool((product == (ZERO - 1) * LARGEST * columns).all())


def _product(rows: torch.Tensor, packed: torch.Tensor, scales: torch.Tensor, zeros: torch.Tensor) -> torch.Tensor:
    product: torch.Tensor = torch.ops.onednn.qlinear_pointwise(
        rows, 1.0, ZERO, packed, scales, zeros, None, 1.0, 0, torch.float32, "none", [], ""
    )
    return product


def _scales(rows: torch.Tensor, largest: int) -> torch.Tensor:
    """What a one counts in each row, so that the row's largest magnitude is the largest number."""
    # Two passes that only read are faster than one that writes all magnitudes first.
    lowest, highest = rows.amin(dim=1, keepdim=True), rows.amax(dim=1, keepdim=True)
    return torch.maximum(highest, lowest.neg_()).clamp_min_(SMALLEST).div_(largest)


def _numbers(rows: torch.Tensor, scales: torch.Tensor, offset: int) -> torch.Tensor:
    """Whole numbers whose two lower bytes are those of the rows over their scales, rounded, plus the offset."""
    # A whole row of offsets, because with a single number torch takes five times as long.
    return torch.addcdiv(torch.full(rows.shape[1:], ROUNDING + offset), rows, scales).view(torch.int32)
