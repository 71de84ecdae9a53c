"""Readers in a number format of the benchmark's choice, where docqa chooses by the processor."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from docqa.reading import loading


def own_number_format() -> torch.dtype:
    """The number format that docqa chooses on this machine."""
    return loading._number_format(torch.device("cuda" if torch.cuda.is_available() else "cpu"))  # noqa: SLF001


@contextmanager
def in_number_format(number_format: torch.dtype | None) -> Iterator[None]:
    """Readers that are loaded inside are in this format; None leaves the choice to docqa."""
    usual = loading._number_format  # noqa: SLF001
    if number_format is not None:
        loading._number_format = lambda device: number_format  # noqa: SLF001
    try:
        yield
    finally:
        loading._number_format = usual  # noqa: SLF001
