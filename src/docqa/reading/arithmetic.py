"""The arithmetic that a reader computes in: the fastest one of this machine that keeps the answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import torch

#: "int8" and "int16" are those of `docqa.reading.whole_numbers`, for readers that are stored with 8 bits a weight.
Arithmetic = Literal["float32", "bfloat16", "float16", "int16", "int8"]
#: Those that move scores so that of two close ones the wrong one can come first.
ROUGH = frozenset({"bfloat16", "float16", "int8"})


def multiplies_bfloat16_by(means: Literal["units", "instructions"]) -> bool:
    """Whether this CPU has matrix units for bfloat16 (AMX), or only instructions (AVX512_BF16)."""
    import torch

    units = bool(torch.cpu._is_amx_tile_supported())  # noqa: SLF001
    return units if means == "units" else bool(torch.cpu._is_avx512_bf16_supported()) and not units  # noqa: SLF001


def is_fast_here(arithmetic: Arithmetic) -> bool:
    """Whether this machine has what an arithmetic is made for; without it others are faster, or sums are not exact."""
    import torch

    if torch.cuda.is_available():
        return arithmetic in {"float32", _fast_on_gpu()}
    if arithmetic in {"int8", "int16"}:
        from docqa.reading.whole_numbers import multiplies_bytes

        return multiplies_bytes()
    if arithmetic == "bfloat16":
        return multiplies_bfloat16_by("units") or multiplies_bfloat16_by("instructions")
    return arithmetic == "float32"


def choose_arithmetic(device: torch.device, *, eight_bit: bool, mended: bool) -> Arithmetic:
    """bfloat16 or float16 on a GPU; bfloat16 on CPUs that compute in it; whole numbers or else float32 on others.

    `eight_bit` says that the reader's weights are stored with 8 bits, so that whole numbers take nothing from them;
    `mended` that it is known what int8 has to read again.
    """
    if device.type == "cuda":
        return _fast_on_gpu()
    # Instructions multiply bytes twice as fast, but int8 moves scores five times as far as bfloat16.
    if is_fast_here("bfloat16"):
        return "bfloat16"
    exact = exact_arithmetic(eight_bit=eight_bit)
    return "int8" if exact == "int16" and mended else exact


def exact_arithmetic(*, eight_bit: bool) -> Arithmetic:
    """The faster one here that gives the answers of float32: int16 on a CPU that multiplies bytes, else itself."""
    return "int16" if eight_bit and is_fast_here("int16") else "float32"


def _fast_on_gpu() -> Arithmetic:
    import torch

    return "bfloat16" if torch.cuda.is_bf16_supported() else "float16"
