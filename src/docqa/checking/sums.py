"""Sums of postings for each document: equal when the postings are, in whatever order and parts they are stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from docqa.retrieval.postings import Postings

#: Odd numbers, so that multiplying by them loses no bit.
FIRST, SECOND = np.uint64(0x9D1B6F24C83A57E3), np.uint64(0xC6A4F19E2D75B80B)
HALF = np.uint64(32)


@dataclass(frozen=True)
class Sums:
    """For each document, by its place: how many postings it has, and the sum of their marks, modulo 2**64."""

    counts: NDArray[np.int64]
    sums: NDArray[np.uint64]

    @classmethod
    def of_none(cls, documents: int) -> Self:
        """The sums before anything was added."""
        return cls(np.zeros(documents, np.int64), np.zeros(documents, np.uint64))

    def add(self, places: NDArray[np.int64], marks: NDArray[np.uint64]) -> None:
        """Add postings, given the places of their documents."""
        np.add.at(self.counts, places, 1)
        np.add.at(self.sums, places, marks)

    def differing(self, other: Sums) -> NDArray[np.int64]:
        """The places of documents whose postings are not the same."""
        return np.flatnonzero((self.counts != other.counts) | (self.sums != other.sums))


def marks_of(terms: NDArray[np.uint32], postings: Postings) -> NDArray[np.uint64]:
    """A number of 64 bits for each posting, of its term and all it says; like ones have like numbers.

    >>> one = Postings(np.array([7], "<u4"), np.array([2], "<u2"), np.array([90], "<u2"))
    >>> other = Postings(np.array([7], "<u4"), np.array([3], "<u2"), np.array([90], "<u2"))
    >>> bool(marks_of(np.array([5], "<u4"), one)[0] == marks_of(np.array([5], "<u4"), other)[0])
    False
    """
    place = (terms.astype(np.uint64) << HALF) | postings.paragraphs.astype(np.uint64)
    said = (postings.frequencies.astype(np.uint64) << np.uint64(16)) | postings.lengths.astype(np.uint64)
    return _mixed(_mixed(place) ^ said)


def _mixed(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Numbers of which each bit depends on all bits of what they were."""
    numbers = (numbers ^ (numbers >> HALF)) * FIRST
    numbers = (numbers ^ (numbers >> np.uint64(29))) * SECOND
    return numbers ^ (numbers >> HALF)
